/** Elements made by hand: text only ever goes in as text nodes. */

type Child = Node | string;

/** Returns a new element with its classes and children. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = '',
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  if (className) {
    node.className = className;
  }
  node.append(...children);
  return node;
}

/** Returns a push button with a word on it. */
export function button(text: string, onClick: () => void, className = 'jx-button'): HTMLButtonElement {
  const node = h('button', className, text);
  node.type = 'button';
  node.addEventListener('click', onClick);
  return node;
}

/** Sets a node's text, touching the document only when it differs. */
export function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}

/** Sets a node's text and hides the node when there is none. */
export function setLine(node: HTMLElement, text: string): void {
  setText(node, text);
  node.hidden = text === '';
}

const SHAPES: Record<string, string> = {
  waiting: 'M8 4.5V8l2.5 1.5',
  active: '',
  good: 'M5 8.2l2.1 2.1L11 6.2',
  bad: 'M5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8',
  stopped: 'M5.2 8h5.6',
  cancel: 'M4.5 4.5l7 7M11.5 4.5l-7 7',
  rerun: 'M5 3.2L12.5 8 5 12.8z',
  reset: 'M12.5 8A4.5 4.5 0 1 1 11 4.6M11.3 2.2v2.6H8.7',
  open: 'M3 4h10M3 8h10M3 12h6'
};

/** Returns a line drawing; a status has a ring around it, so that shape alone tells them apart. */
export function icon(name: string): SVGSVGElement {
  const svg = svgNode('svg', { viewBox: '0 0 16 16', class: `jx-icon jx-icon-${name}`, 'aria-hidden': 'true' });
  if (['waiting', 'active', 'good', 'bad', 'stopped'].includes(name)) {
    svg.append(svgNode('circle', { cx: '8', cy: '8', r: '6.2' }));
  }
  svg.append(svgNode('path', { d: SHAPES[name] ?? '' }));
  return svg as SVGSVGElement;
}

function svgNode(tag: string, attributes: Record<string, string>): SVGElement {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) {
    node.setAttribute(name, value);
  }
  return node;
}

/** Calls `tick` once a second, but while the server is out of `node`'s reach, until the returned function is called. */
export function everySecond(node: HTMLElement, tick: () => void): () => void {
  const timer = setInterval(() => node.closest('.jx-away') ?? tick(), 1000);
  return () => clearInterval(timer);
}
