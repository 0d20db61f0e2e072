// A number between two others, by the browser's own controls: both have a name, and keys move them.

export default (() => {
  /** Returns a control for the model's number. */
  function control(model, type) {
    const node = document.createElement('input');
    node.type = type;
    node.min = model.get('minimum');
    node.max = model.get('maximum');
    node.step = model.get('by') ?? (type === 'range' ? model.get('step') : 'any');
    return node;
  }

  /** Returns the number nearest to one that can be: 3 times 0.1 is 0.3, as it is written. */
  function nearest(model, number) {
    const by = model.get('by');
    const stepped = by === null ? number : Number((Math.round(number / by) * by).toPrecision(12));
    return Math.min(Math.max(stepped, model.get('minimum')), model.get('maximum'));
  }

  /** Keeps plain keys from the notebook, whose shortcuts some are: arrows fold its headings. */
  function keep(event) {
    if (!(event.ctrlKey || event.metaKey || event.altKey)) {
      event.stopPropagation();
    }
  }

  function render({ model, el }) {
    const label = document.createElement('label');
    const [range, number] = [control(model, 'range'), control(model, 'number')];
    label.className = 'widget-label';
    range.id = `jx-slider-${Math.random()}`;
    label.htmlFor = range.id;
    const show = () => {
      range.value = number.value = model.get('value');
      label.textContent = model.get('description');
      number.setAttribute('aria-label', model.get('description'));
    };
    const take = node => {
      if (Number.isFinite(node.valueAsNumber)) {
        model.set('value', nearest(model, node.valueAsNumber));
        model.save_changes();
      }
      show(); // what can't be read is what it was
    };
    range.addEventListener('input', () => take(range));
    number.addEventListener('change', () => take(number));
    model.on('change:value change:description', show);
    el.classList.add('jx-slider', 'widget-inline-hbox', 'widget-text');
    el.addEventListener('keydown', keep);
    el.append(label, range, number);
    show();
    return () => model.off('change:value change:description', show);
  }

  return { render };
})();
