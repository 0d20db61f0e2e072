// Keeps plain keys from the notebook where a form has the focus: there D D deletes a cell, B adds one, arrows leave it.
// And says when the kernel that made the form is gone: what is pressed would do nothing, and say nothing.

export default (() => {
  const FORGOTTEN = 'The kernel was restarted and no longer knows this form: run its cell again.';

  function render({ model, el }) {
    const form = () => el.closest('.jx-filled-in');
    const said = Object.assign(document.createElement('p'), { className: 'jx-forgotten', textContent: FORGOTTEN });
    said.setAttribute('role', 'status');

    const look = ({ target, ctrlKey, metaKey, altKey }) => {
      if (form()?.contains(target)) {
        // on the target itself: that is looked at first, and most shortcuts are for whatever has the focus
        target.toggleAttribute('data-lm-suppress-shortcuts', !(ctrlKey || metaKey || altKey));
      }
    };

    /** Shows whether the kernel knows the form, as ipywidgets marks it; cards below go on without. */
    const show = () => {
      const node = form();
      if (node) {
        const gone = node.classList.contains('jupyter-widgets-disconnected');
        [...node.children].forEach(part => (part.inert = gone && !part.classList.contains('jx-below')));
        gone ? node.before(said) : said.remove();
      }
    };
    const changed = () => setTimeout(show); // when all of the form is marked

    window.addEventListener('keydown', look, true); // ahead of the notebook, which listens at the document
    model.on('comm_live_update', changed); // ipywidgets' own
    return () => {
      window.removeEventListener('keydown', look, true);
      model.off('comm_live_update', changed);
      said.remove();
    };
  }

  return { render };
})();
