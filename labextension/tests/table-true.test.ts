/** Tables stay true: whatever comes late, fails, or is drawn nowhere. */

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { mount, Refusal } from '../src/view';
import type { Changes, ToldJob } from '../src/view/listed';
import { batch, BATCH, failed, source, Wired } from './samples';

let page: HTMLElement;
let tell: (news: Changes) => void;

beforeEach(() => {
  page = document.createElement('div');
  document.body.append(page);
});

afterEach(() => page.remove());

/** The answer of the server to the question for the first rows. */
function first(status: string): { items: ToldJob[]; next: null } {
  const told = {
    id: 'one', pk: 1, name: 'sweep[0]', status, reason: null, batch: BATCH, notebook: null, batch_index: 0, n_outputs: 0,
    target: { kind: 'function', name: 'f' }, arguments: {}, attempts: []
  };
  return { items: [told], next: null };
}

function open(answer: () => unknown): void {
  const changes = (listener: typeof tell): (() => void) => {
    tell = listener;
    return () => undefined;
  };
  mount(page, source(batch({ SUCCEEDED: 1 }), { ...new Wired({ '': answer }).source, logOpen: true, changes }));
  page.querySelectorAll('details').forEach(fold => fold.dispatchEvent(new Event('toggle')));
}

const status = (): string | null | undefined => page.querySelector('.jx-grid-row .jx-row-title')?.closest('.jx-grid-row')?.getAttribute('data-status');
const gap: Changes = { jobs: [], deleted: [], gap: true };
const news: Changes = { jobs: [failed({ id: 'one', pk: 1, title: 'sweep[0]', batch: BATCH, batch_index: 0 })], deleted: [], gap: false };

it('believes the answer to what it asked last, whichever comes last', async () => {
  const answers: ((page: unknown) => void)[] = [];
  open(() => new Promise(resolve => answers.push(resolve)));
  tell(gap); // the stream begins: what happened before is asked for
  await vi.waitFor(() => expect(answers).toHaveLength(2));
  answers[1]?.(first('RUNNING'));
  answers[0]?.(first('PENDING'));
  await vi.waitFor(() => expect(status()).toBeTruthy());
  await new Promise(resolve => setTimeout(resolve));
  expect(status()).toBe('RUNNING');
});

it('keeps what it shows true while the server can not be asked, and asks until it can', async () => {
  let now: unknown = first('PENDING');
  open(() => now);
  await vi.waitFor(() => expect(status()).toBe('PENDING'));
  vi.useFakeTimers();
  try {
    now = Promise.reject(new Refusal('The job store is busy.'));
    tell(gap);
    await vi.advanceTimersByTimeAsync(100);
    expect(page.querySelector('.jx-table-of-jobs .jx-problem')?.textContent).toContain('busy');
    tell(news);
    await vi.advanceTimersByTimeAsync(300);
    expect(status()).toBe('FAILED');
    now = first('CANCELLED');
    await vi.advanceTimersByTimeAsync(2000);
    expect(status()).toBe('CANCELLED');
    expect(page.querySelector('.jx-table-of-jobs .jx-problem')?.textContent).toBe('');
  } finally {
    vi.useRealTimers();
  }
});

it('draws what changed also where the page gets no frames', async () => {
  open(() => first('PENDING'));
  await vi.waitFor(() => expect(status()).toBe('PENDING'));
  const frames = vi.spyOn(window, 'requestAnimationFrame').mockReturnValue(1);
  try {
    tell(news);
    await vi.waitFor(() => expect(status()).toBe('FAILED'));
  } finally {
    frames.mockRestore();
  }
});
