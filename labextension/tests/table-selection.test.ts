/** A table is gone through by keys; rows are selected by keys and by pointer, one by one and from one to another. */

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { mount, Refusal } from '../src/view';
import { batch, BATCH, source, Wired } from './samples';

const MANY = 10_000;
let page: HTMLElement;
let wired: Wired;
let down: boolean;
const opened = vi.fn();

beforeEach(async () => {
  page = document.createElement('div');
  document.body.append(page);
  down = false;
  wired = new Wired({ '': answer });
  mount(page, source(batch({ SUCCEEDED: MANY }), { ...wired.source, logOpen: true, open: opened }));
  page.querySelectorAll('details').forEach(fold => fold.dispatchEvent(new Event('toggle')));
  await shows(0);
});

afterEach(() => page.remove());

function answer(tail: string): unknown {
  if (down) {
    throw new Refusal('The server does not answer.');
  }
  const bounds = /batch_index >= (\d+) and batch_index < (\d+)/.exec(new URLSearchParams(tail.split('?')[1]).get('filter') ?? '');
  const [low, high] = [Number(bounds?.[1] ?? 0), Number(bounds?.[2] ?? 0)];
  return { items: Array.from({ length: high - low }, (_, at) => listed(low + at)), next: null };
}

function listed(row: number): object {
  return {
    id: `id-${row}`, pk: row, name: `sweep[${row}]`, status: 'SUCCEEDED', reason: null, batch: BATCH, notebook: null, batch_index: row, n_outputs: 0,
    target: { kind: 'function', name: 'f' }, arguments: {}, attempts: []
  };
}

const control = (name: string): HTMLInputElement | null => page.querySelector(`[aria-label="${name}"]`);
const shows = (row: number): Promise<void> => vi.waitFor(() => expect(control(`Select sweep[${row}]`)).not.toBeNull());
const says = (text: string): Promise<void> => vi.waitFor(() => expect(page.querySelector('.jx-bulk')?.textContent).toContain(text));
const rows = (): string[] => [...page.querySelectorAll('[aria-selected=true]')].map(node => node.getAttribute('aria-rowindex') ?? '');

function click(row: number, shiftKey = false): void {
  control(`Select sweep[${row}]`)?.dispatchEvent(new MouseEvent('click', { shiftKey }));
}

function key(name: string, more: KeyboardEventInit = {}): boolean {
  return (document.activeElement ?? page).dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true, ...more }));
}

async function goTo(row: number): Promise<void> {
  const place = control('Go to row');
  if (place) {
    place.value = String(row);
    place.dispatchEvent(new Event('input'));
  }
  await shows(row);
}

it('is gone through by keys, to rows that are not drawn yet too', () => {
  page.querySelector<HTMLElement>('.jx-grid')?.focus();
  ['ArrowDown', 'ArrowDown', ' ', 'Enter'].forEach(name => key(name));
  expect(document.activeElement?.getAttribute('aria-rowindex')).toBe('2');
  expect(control('Select sweep[1]')?.checked).toBe(true);
  expect(opened).toHaveBeenCalledWith({ kind: 'job', id: 'id-1', title: 'sweep[1]' });
  key('End');
  expect(document.activeElement?.getAttribute('aria-rowindex')).toBe('10000');
  ['Home', 'ArrowUp'].forEach(name => key(name));
  expect(document.activeElement?.getAttribute('aria-rowindex')).toBe('1');
});

it('a range by pointer, chosen and taken out again', async () => {
  click(1);
  click(4, true);
  await says('4 selected');
  expect(rows()).toEqual(['2', '3', '4', '5']);
  click(3, true);
  await says('2 selected');
  expect(rows()).toEqual(['2', '3']);
  expect(control('Select sweep[3]')?.checked).toBe(false);
});

it('a range of rows that nobody has looked at', async () => {
  click(1);
  await goTo(999);
  click(999, true);
  await says('999 selected');
});

it('a range that can not be had is complained of, and its end is selected', async () => {
  click(1);
  await goTo(999);
  down = true;
  click(999, true);
  await vi.waitFor(() => expect(page.querySelector('.jx-problem')?.textContent).toBe('The server does not answer.'));
  await says('2 selected');
});

it('a range by keys, one row by the space bar, and all', async () => {
  page.querySelector<HTMLElement>('[aria-rowindex="5"]')?.focus();
  key('ArrowDown', { shiftKey: true });
  key('ArrowDown', { shiftKey: true });
  await says('3 selected');
  expect(rows()).toEqual(['5', '6', '7']);
  key(' ');
  await says('2 selected');
  key('Home', { shiftKey: true });
  await says('7 selected');
  expect(document.activeElement?.getAttribute('aria-rowindex')).toBe('1');
  expect(key('a', { ctrlKey: true })).toBe(false);
  await says('100 selected');
  expect(document.activeElement?.getAttribute('aria-rowindex')).toBe('1');
});

it('what is typed in the grid is looked for, and keys with Ctrl are not', () => {
  page.querySelector<HTMLElement>('.jx-grid')?.focus();
  key('c', { ctrlKey: true });
  expect(document.activeElement?.className).toContain('jx-grid');
  expect(key('s')).toBe(true);
  expect(document.activeElement).toBe(control('Filter jobs by name or expression'));
});
