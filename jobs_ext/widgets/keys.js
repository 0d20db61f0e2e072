// Keeps plain keys from the notebook where a form has the focus: there D D deletes a cell, B adds one, arrows leave it.

export default (() => {
  function render({ el }) {
    const look = ({ target, ctrlKey, metaKey, altKey }) => {
      if (el.closest('.jx-filled-in')?.contains(target)) {
        // on the target itself: that is looked at first, and most shortcuts are for whatever has the focus
        target.toggleAttribute('data-lm-suppress-shortcuts', !(ctrlKey || metaKey || altKey));
      }
    };
    window.addEventListener('keydown', look, true); // ahead of the notebook, which listens at the document
    return () => window.removeEventListener('keydown', look, true);
  }

  return { render };
})();
