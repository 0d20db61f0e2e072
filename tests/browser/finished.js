// What a person would not call finished in a part of a page, as sentences: texts that can hardly be read,
// what is wider than its place, what is cut off, what lies on top of something else.

root => {
  const LEAST = 4.5; // contrast, as WCAG AA asks of text
  const CONTROLS = 'button, input, select, textarea, a[href], summary, [role=progressbar], [role=slider]';
  const WRITTEN = 'input:not([type=range], [type=checkbox], [type=radio]), select, textarea';
  const JUPYTERS = '.jp-OutputArea-prompt, .jp-OutputArea-promptOverlay';
  const found = new Set();

  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const parsed = new Map();

  /** Returns red, green, blue and alpha, each up to 1, of a colour however it is written. */
  function rgba(colour) {
    if (!parsed.has(colour)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      parsed.set(colour, [...canvas.getImageData(0, 0, 1, 1).data].map(part => part / 255));
    }
    return parsed.get(colour);
  }

  const over = (top, below, alpha) => top.map((part, n) => part * alpha + below[n] * (1 - alpha));

  /** Returns the colour that is really behind an element: of all it stands on, what shines through. */
  function behind(element) {
    const above = [];
    for (let node = element; node; node = node.parentElement) {
      const [r, g, b, alpha] = rgba(getComputedStyle(node).backgroundColor);
      above.push([[r, g, b], alpha]);
      if (alpha === 1) {
        break;
      }
    }
    return above.reduceRight((below, [colour, alpha]) => over(colour, below, alpha), [1, 1, 1]);
  }

  function luminance(colour) {
    const [r, g, b] = colour.map(part => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }

  function opacity(element) {
    let product = 1;
    for (let node = element; node; node = node.parentElement) {
      product *= Number(getComputedStyle(node).opacity);
    }
    return product;
  }

  function contrast(element) {
    const back = behind(element);
    const [r, g, b, alpha] = rgba(getComputedStyle(element).color);
    const [one, two] = [over([r, g, b], back, alpha * opacity(element)), back].map(luminance);
    return (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
  }

  /** Tells whether anything of an element can be seen: not what is there for screen readers alone. */
  function seen(element) {
    const { width, height } = element.getBoundingClientRect();
    return width > 1 && height > 1 && element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  }

  const ownText = element =>
    [...element.childNodes].filter(node => node.nodeType === Node.TEXT_NODE).map(node => node.data).join('').trim();
  const words = element => (ownText(element) || element.value || element.getAttribute('aria-label') || '').slice(0, 40);
  const told = element => `${element.tagName.toLowerCase()}.${element.getAttribute('class') ?? ''} “${words(element)}”`;

  /** Returns where an element can be seen: what its scrolling boxes leave of it. */
  function box(element) {
    let { left, top, right, bottom } = element.getBoundingClientRect();
    for (let node = element.parentElement; node && node !== root.parentElement; node = node.parentElement) {
      if (getComputedStyle(node).overflow !== 'visible') {
        const frame = node.getBoundingClientRect();
        [left, top] = [Math.max(left, frame.left), Math.max(top, frame.top)];
        [right, bottom] = [Math.min(right, frame.right), Math.min(bottom, frame.bottom)];
      }
    }
    return { left, top, right, bottom };
  }

  function overlap(one, two) {
    const [a, b] = [box(one), box(two)];
    return (
      Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2
    );
  }

  const all = [...root.querySelectorAll('*')].filter(node => seen(node) && !node.matches(JUPYTERS));
  const frame = root.getBoundingClientRect();
  for (const element of all) {
    const style = getComputedStyle(element);
    const { left, right } = box(element);
    if (right > frame.right + 1 || left < frame.left - 1) {
      found.add(`wider than its cell: ${told(element)}`);
    }
    const written = ownText(element) || element.matches(WRITTEN);
    if (written && !element.matches(':disabled, option')) {
      const ratio = contrast(element);
      if (ratio < LEAST) {
        found.add(`contrast ${ratio.toFixed(1)}: ${told(element)}`);
      }
    }
    const cut = style.overflowX === 'hidden' || style.overflowX === 'clip';
    if (ownText(element) && cut && element.scrollWidth > element.clientWidth + 1 && !element.title) {
      found.add(`cut off, and no title tells the rest: ${told(element)}`);
    }
  }
  const solid = all.filter(element => element.matches(CONTROLS) || ownText(element));
  solid.forEach((one, n) => {
    for (const two of solid.slice(n + 1)) {
      if (!one.contains(two) && !two.contains(one) && overlap(one, two)) {
        found.add(`${told(one)} lies over ${told(two)}`);
      }
    }
  });
  return [...found];
}
