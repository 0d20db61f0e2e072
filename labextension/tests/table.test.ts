import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { mount, Refusal, type BatchView, type Source } from '../src/view';
import { isFilter, type Changes, type ToldJob } from '../src/view/listed';
import { variable } from '../src/view/job-row';
import { batch, BATCH, failed, job, source, succeeded, Wired } from './samples';

const MANY = 10_000;
let page: HTMLElement;
let now: Record<number, Partial<ToldJob>>;

beforeEach(() => {
  page = document.createElement('div');
  document.body.append(page);
  now = {};
});

afterEach(() => page.remove());

function listed(row: number): ToldJob {
  return {
    id: `id-${row}`, pk: row, name: `sweep[${row}]`, status: 'SUCCEEDED', reason: null, batch: BATCH, notebook: null, batch_index: row, n_outputs: 1,
    target: { kind: 'function', name: 'f' }, arguments: { k: row }, attempts: [{ duration: 1 }], ...now[row]
  };
}

/** Answers as the server does: a batch by place, everything else page by page. */
function answer(tail: string): unknown {
  if (tail.startsWith('batches?')) {
    return { items: [] };
  }
  const query = new URLSearchParams(tail.split('?')[1]);
  const bounds = /batch_index >= (\d+) and batch_index < (\d+)/.exec(query.get('filter') ?? '');
  if (bounds) {
    const [low, high] = [Number(bounds[1]), Math.min(Number(bounds[2]), MANY)];
    return { items: Array.from({ length: high - low }, (_, at) => listed(low + at)), next: null };
  }
  if (query.get('text') === 'rare') {
    const [at, pages] = [query.get('cursor') ?? '', [[], [listed(7)], [listed(9)]]];
    return { items: pages[at.length], next: at.length < 2 ? `${at}+` : null };
  }
  return { items: Array.from({ length: 100 }, (_, at) => listed(at)), next: 'more' };
}

function open(wired: Wired, rest: Partial<Source> = {}, view: BatchView = batch({ SUCCEEDED: MANY })): ReturnType<typeof source> {
  const live = source(view, { ...wired.source, logOpen: true, ...rest });
  mount(page, live);
  page.querySelectorAll('details').forEach(fold => fold.dispatchEvent(new Event('toggle')));
  return live;
}

const rows = (): (string | undefined)[] => [...page.querySelectorAll('.jx-grid-row .jx-row-title')].map(node => node.textContent ?? undefined);
const control = (name: string): HTMLInputElement => page.querySelector<HTMLInputElement>(`[aria-label="${name}"]`) ?? document.createElement('input');

function set(name: string, value: string, event = 'change'): void {
  control(name).value = value;
  control(name).dispatchEvent(new Event(event));
}

function press(word: string): void {
  [...page.querySelectorAll('button')].find(node => node.textContent === word && !node.hidden)?.click();
}

it('jumps to any row of ten thousand with one request, and draws a few dozen', async () => {
  const wired = new Wired({ '': answer });
  open(wired);
  await vi.waitFor(() => expect(rows()[0]).toBe('sweep[0]'));
  set('Go to row', '8765', 'input');
  await vi.waitFor(() => expect(rows()).toContain('sweep[8765]'));
  expect(page.querySelectorAll('.jx-grid-row').length).toBeLessThan(40);
  const asked = wired.asked.filter(([tail]) => tail.startsWith(`batches/${BATCH}/jobs`));
  expect(asked.length).toBeLessThanOrEqual(3);
  expect(page.querySelector('.jx-table-top')?.textContent).toContain('10,000 jobs');
  expect(page.querySelector('.jx-found')?.getAttribute('aria-rowindex')).toBe('8766');
});

it('lets the server look for what is sought, page by page until what is seen is full', async () => {
  const wired = new Wired({ '': answer });
  open(wired);
  set('Filter jobs by name or expression', 'rare', 'input');
  await vi.waitFor(() => expect(rows()).toEqual(['sweep[7]', 'sweep[9]']));
  expect(wired.asked.map(([tail]) => tail)).toContain(`batches/${BATCH}/jobs?limit=100&text=rare&cursor=%2B`);
  set('Filter jobs by name or expression', 'duration > 5', 'input');
  set('Filter jobs by status', 'active');
  await vi.waitFor(() => expect(wired.asked.at(-1)?.[0]).toContain('filter=duration+%3E+5&status=STARTING&status=RUNNING'));
  expect([isFilter('sweep[3]'), isFilter('name like "a%"')]).toEqual([false, true]);
});

/** What a table hears of. */
class News {
  private tell: (news: Changes) => void = () => undefined;
  readonly changes = (listener: (news: Changes) => void): (() => void) => {
    this.tell = listener;
    return () => undefined;
  };

  send(jobs: Changes['jobs'], deleted: string[] = [], gap = false): void {
    this.tell({ jobs, deleted, gap });
  }
}

const inBatch = (row: number): Partial<ReturnType<typeof job>> => ({ id: `id-${row}`, pk: row, title: `sweep[${row}]`, batch: BATCH, batch_index: row });

it('keeps what is selected while the same is looked for', async () => {
  const wired = new Wired({ '': answer });
  open(wired);
  await vi.waitFor(() => expect(rows()[0]).toBe('sweep[0]'));
  control('Select sweep[0]').click();
  vi.useFakeTimers();
  set('Filter jobs by name or expression', ' ', 'input');
  await vi.advanceTimersByTimeAsync(1000);
  expect(control('Select sweep[0]').checked).toBe(true);
  set('Filter jobs by name or expression', 'rare', 'input');
  await vi.advanceTimersByTimeAsync(1000);
  vi.useRealTimers();
  expect(rows()).toContain('sweep[7]');
  expect(page.textContent).not.toContain('1 selected');
});

it('takes changes in and asks the server nothing; what has not changed stays, and the focus in it', async () => {
  const [wired, news] = [new Wired({ '': answer }), new News()];
  open(wired, news);
  await vi.waitFor(() => expect(rows()).toContain('sweep[2]'));
  const [row, asked] = [page.querySelector('[aria-rowindex="2"]'), wired.asked.length];
  control('Select sweep[1]').focus();
  news.send([failed(inBatch(2)), failed({ ...inBatch(3), batch: 'another' }), succeeded(inBatch(9999))], ['id-4']);
  await vi.waitFor(() => expect(page.querySelector('[aria-rowindex="3"]')?.textContent).toContain('exited with code 2'));
  expect(page.querySelector('[aria-rowindex="2"]')).toBe(row);
  expect(document.activeElement).toBe(control('Select sweep[1]'));
  expect(rows()).not.toContain('sweep[4]');
  news.send([failed({ ...inBatch(5), id: 'rerun', pk: 20_000 }), succeeded(inBatch(5))]);
  await vi.waitFor(() => expect(page.querySelector('[aria-rowindex="6"]')?.getAttribute('data-status')).toBe('FAILED'));
  expect(wired.asked).toHaveLength(asked);
  news.send([], [], true);
  await vi.waitFor(() => expect(wired.asked).toHaveLength(asked + 1));
});

it('lets a changed job come into a filtered list, and go', async () => {
  const [wired, news] = [new Wired({ '': () => ({ items: [listed(3), listed(8)], next: null }) }), new News()];
  open(wired, news);
  set('Filter jobs by status', 'good');
  await vi.waitFor(() => expect(rows()).toEqual(['sweep[3]', 'sweep[8]']));
  const asked = wired.asked.length;
  news.send([succeeded(inBatch(5)), failed(inBatch(3)), job(inBatch(6))]);
  await vi.waitFor(() => expect(rows()).toEqual(['sweep[5]', 'sweep[8]']));
  expect(wired.asked).toHaveLength(asked);
});

it('believes what it heard last, not an answer that was under way', async () => {
  const news = new News();
  const late = (): unknown => {
    news.send([failed(inBatch(3))]);
    return { items: [listed(3)], next: null };
  };
  open(new Wired({ '': late }), news);
  await vi.waitFor(() => expect(page.querySelector('[aria-rowindex="4"]')?.getAttribute('data-status')).toBe('FAILED'));
  set('Filter jobs by name or expression', 'sweep', 'input');
  await vi.waitFor(() => expect(page.querySelector('[aria-rowindex="1"]')?.getAttribute('data-status')).toBe('FAILED'));
});

it('asks again, not for each change, what an expression finds', async () => {
  vi.useFakeTimers();
  try {
    const [wired, news] = [new Wired({ '': () => ({ items: [listed(3)], next: null }) }), new News()];
    open(wired, news);
    set('Filter jobs by name or expression', 'duration > 5', 'input');
    await vi.advanceTimersByTimeAsync(300);
    const asked = wired.asked.length;
    news.send([failed(inBatch(3))]);
    news.send([failed(inBatch(4))]);
    await vi.advanceTimersByTimeAsync(100);
    expect(page.querySelector('.jx-grid-row')?.getAttribute('data-status')).toBe('FAILED');
    await vi.advanceTimersByTimeAsync(2000);
    expect(wired.asked).toHaveLength(asked + 1);
  } finally {
    vi.useRealTimers();
  }
});

it('shows new jobs above the others', async () => {
  const [wired, news] = [new Wired({ 'batches?limit=50': { items: [] }, '': () => ({ items: [listed(4), listed(3)], next: null }) }), new News()];
  mount(page, source({ kind: 'jobs', items: [] }, { ...wired.source, table: true, ...news }));
  await vi.waitFor(() => expect(rows()).toEqual(['sweep[4]', 'sweep[3]']));
  news.send([job(inBatch(9)), job({ ...inBatch(2), title: 'old' })]);
  await vi.waitFor(() => expect([...page.querySelectorAll('.jx-grid-row')].map(row => row.getAttribute('aria-rowindex'))).toHaveLength(4));
  expect(page.querySelector('[aria-rowindex="1"]')?.textContent).toContain('sweep[9]');
});

it('does something to several, says with how many it went well, and takes it back', async () => {
  const told = { ids: ['id-1'], refused: [{ id: 'id-2', message: 'It is not yours.' }] };
  const away = new Refusal('The server is away.');
  const wired = new Wired({ '': answer, 'jobs/bulk/delete': told, 'jobs/bulk/reinstate': { ids: ['id-1'], refused: [] }, 'jobs/bulk/cancel': away });
  open(wired);
  await vi.waitFor(() => expect(rows()).toContain('sweep[2]'));
  for (const row of [1, 2]) {
    control(`Select sweep[${row}]`).click();
  }
  expect(page.querySelector('.jx-bulk')?.textContent).toContain('2 selected');
  press('Delete');
  const said = (): string => page.querySelector('.jx-bulk [role=status]')?.textContent ?? '';
  await vi.waitFor(() => expect(said()).toBe('Deleted 1 job. 1 job refused: It is not yours.'));
  press('Undo');
  await vi.waitFor(() => expect(said()).toBe('Brought back 1 job.'));
  expect(wired.asked).toContainEqual(['jobs/bulk/reinstate', { ids: ['id-1'] }]);
  control('Select sweep[2]').click();
  press('Cancel');
  await vi.waitFor(() => expect(said()).toBe('Cancelled 0 jobs. 1 job not tried: The server is away.'));
});

it('does it to all that match, loaded or not, some at a time, and brings all back', async () => {
  const FOUND = 1_200;
  const large = (tail: string): unknown => {
    const from = Number(new URLSearchParams(tail.split('?')[1]).get('cursor'));
    return { items: Array.from({ length: Math.min(500, FOUND - from) }, (_, at) => listed(from + at)), next: from + 500 < FOUND ? String(from + 500) : null };
  };
  const done = (_: string, body: object): unknown => ({ ids: (body as { ids: string[] }).ids, refused: [] });
  const wired = new Wired({ '': (tail: string) => (tail.includes('limit=500') ? large(tail) : answer(tail)), 'jobs/bulk/delete': done, 'jobs/bulk/reinstate': done });
  open(wired);
  set('Filter jobs by status', 'good');
  await vi.waitFor(() => expect(page.textContent).toContain('100+ jobs'));
  control('Select all rows that are loaded').click();
  const bulk = (): string => page.querySelector('.jx-bulk')?.textContent ?? '';
  expect(bulk()).toContain('100 selected');
  press('Select all that match');
  await vi.waitFor(() => expect(bulk()).toContain('1,200 selected'));
  expect(wired.asked.filter(([tail]) => tail.includes('limit=500') && tail.includes('status=SUCCEEDED'))).toHaveLength(3);
  expect(control('Select sweep[3]').checked).toBe(true);
  control('Select sweep[3]').click();
  press('Delete');
  await vi.waitFor(() => expect(bulk()).toContain('Deleted 1,199 jobs.'));
  const sizes = (verb: string): number[] => wired.asked.filter(([tail]) => tail === `jobs/bulk/${verb}`).map(([, body]) => (body as { ids: string[] }).ids.length);
  expect(sizes('delete')).toEqual([500, 500, 199]);
  press('Undo');
  await vi.waitFor(() => expect(bulk()).toContain('Brought back 1,199 jobs.'));
});

it('lists no page twice, however fast somebody scrolls to its end', async () => {
  const page2 = Array.from({ length: 3 }, (_, at) => listed(100 + at));
  const wired = new Wired({ '': (tail: string) => (tail.includes('cursor') ? { items: page2, next: null } : answer(tail)) });
  mount(page, source({ kind: 'jobs', items: [] }, { ...wired.source, table: true }));
  await vi.waitFor(() => expect(page.textContent).toContain('100+ jobs'));
  const grid = page.querySelector('.jx-grid') ?? page;
  grid.scrollTop = 99 * 28;
  grid.dispatchEvent(new Event('scroll'));
  grid.dispatchEvent(new Event('scroll'));
  await vi.waitFor(() => expect(page.textContent).toContain('103 jobs'));
  expect(wired.asked.filter(([tail]) => tail.includes('cursor'))).toHaveLength(1);
});

it('drops rows that are not found any more', async () => {
  let found = [listed(3), listed(4)];
  const wired = new Wired({ 'batches?limit=50': { items: [] }, '': () => ({ items: found, next: null }), 'jobs/bulk/delete': { ids: ['id-4'], refused: [] } });
  open(wired);
  set('Filter jobs by status', 'good');
  await vi.waitFor(() => expect(rows()).toEqual(['sweep[3]', 'sweep[4]']));
  control('Select sweep[4]').click();
  found = [listed(3)];
  press('Delete');
  await vi.waitFor(() => expect(rows()).toEqual(['sweep[3]']));
  expect(page.querySelector('.jx-table-top')?.textContent).toContain('1 job');
  expect(page.querySelector('.jx-bulk')?.textContent).not.toContain('selected');
});

it('puts a table into a variable where there is a kernel', async () => {
  const take = vi.fn(() => new Promise<string>(done => setTimeout(done, 50, 'sweep_0 is a DataFrame now, 2 × 3.')));
  open(new Wired({ '': answer }), { take });
  await vi.waitFor(() => expect(rows()).toContain('sweep[0]'));
  press('→ df');
  expect(page.querySelector('.jx-bulk')?.textContent).toContain('It waits while a cell runs; if the kernel was restarted, run this cell again.');
  await vi.waitFor(() => expect(page.querySelector('.jx-bulk')?.textContent).toContain('sweep_0 is a DataFrame now'));
  expect(take).toHaveBeenCalledWith('id-0', 'sweep_0');
  expect(['sweep[3]', 'wc -l x', '3 bears'].map(variable)).toEqual(['sweep_3', 'wc_l_x', 'df_3_bears']);
});

it('lists all jobs as they come, and says why it can not', async () => {
  const wired = new Wired({ '': answer });
  mount(page, source({ kind: 'jobs', items: [] }, { ...wired.source, table: true }));
  await vi.waitFor(() => expect(rows()).toContain('sweep[3]'));
  expect(page.textContent).toContain('100+ jobs');
  page.replaceChildren();
  mount(page, source({ kind: 'jobs', items: [] }, { ...new Wired({}).source, table: true }));
  await vi.waitFor(() => expect(page.querySelector('[role=alert]')?.textContent).toContain('nothing at jobs'));
});

it('looks into one batch, and lists the jobs of this notebook', async () => {
  const [wired, news] = [new Wired({ '': answer, 'batches?limit=50': { items: [{ id: BATCH, name: 'sweep', n_jobs: MANY }] } }), new News()];
  mount(page, source({ kind: 'jobs', items: [] }, { ...wired.source, ...news, table: true, notebook: '/srv/work/here.ipynb' }));
  await vi.waitFor(() => expect(control('Filter jobs by batch').textContent).toContain('sweep (10,000)'));
  expect(control('Go to row').hidden).toBe(true);
  set('Filter jobs by batch', BATCH);
  set('Go to row', '8765', 'input');
  await vi.waitFor(() => expect(rows()).toContain('sweep[8765]'));
  set('Filter jobs by batch', '');
  expect([control('Go to row').hidden, control('Go to row').value]).toEqual([true, '']);
  set('Filter jobs by notebook', '/srv/work/here.ipynb');
  await vi.waitFor(() => expect(wired.asked.at(-1)?.[0]).toBe('jobs?limit=100&notebook=%2Fsrv%2Fwork%2Fhere.ipynb'));
  await vi.waitFor(() => expect(rows()).toContain('sweep[1]'));
  news.send([job({ ...inBatch(101), notebook: 'work/here.ipynb', title: 'mine' }), job({ ...inBatch(102), notebook: 'there.ipynb', title: 'other' })]);
  await vi.waitFor(() => expect(page.querySelector('[aria-rowindex="1"]')?.textContent).toContain('mine'));
  expect(rows()).not.toContain('other');
});
