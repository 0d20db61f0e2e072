/** What keys do in a table of jobs. */

export const SEEN = 12; // rows; a page of keys, too

/** By how many rows a key goes on. */
export const STEPS: Record<string, number> = {
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: SEEN,
  PageUp: -SEEN,
  Home: -Infinity,
  End: Infinity
};
/** What a key in a row presses. */
const PRESSED: Record<string, string> = { ' ': 'input', Enter: 'button.jx-row-title' };

/** Returns the row in which a key was pressed. */
export function rowAt({ target }: Event): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>('.jx-grid-row') : null;
}

/** Presses what the key stands for in a row that has the focus itself; tells whether it stands for something. */
export function press({ key, shiftKey, target }: KeyboardEvent): boolean {
  const [row, selector] = [target instanceof Element && target.matches('.jx-grid-row') ? target : null, PRESSED[key]];
  if (!row || selector === undefined) {
    return false;
  }
  row.querySelector(selector)?.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, shiftKey }));
  return true;
}

/** Tells whether a key asks for all rows. */
export function isAll(event: KeyboardEvent): boolean {
  return event.key === 'a' && (event.ctrlKey || event.metaKey);
}

/** Tells whether a key is a character of a text; the space bar presses something. */
export function isTyped({ key, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  return key.length === 1 && key !== ' ' && !(ctrlKey || metaKey || altKey);
}
