import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { mount, Refusal, type Named, type Source, type View } from '../src/view';
import { batch, BATCH, failed, failure, ID, job, OTHER, source, succeeded, Wired } from './samples';

let page: HTMLElement;

beforeEach(() => {
  page = document.createElement('div');
  document.body.append(page);
});

afterEach(() => page.remove());

function show(view: View, wired: Wired, rest: Partial<Source> = {}): ReturnType<typeof source> {
  const live = source(view, { ...wired.source, ...rest });
  mount(page, live);
  return live;
}

function press(word: string): void {
  const node = [...page.querySelectorAll('button')].find(one => one.textContent === word);
  expect(node, `a button ${word}`).toBeDefined();
  node?.click();
}

const words = (): (string | null)[] => [...page.querySelectorAll('.jx-actions button')].map(node => node.textContent);
const text = (selector: string): string => page.querySelector(selector)?.textContent ?? '';

function fill(name: string, value: string): void {
  const field = [...page.querySelectorAll('.jx-field')].find(one => one.firstChild?.textContent === name);
  const control = field?.querySelector<HTMLInputElement>('input, textarea');
  if (!control) {
    throw new Error(`no field ${name}`);
  }
  control.value = value;
}

const submit = (): void => void page.querySelector('form')?.dispatchEvent(new Event('submit', { cancelable: true }));

it('offers what fits, on live cards alone', () => {
  const live = show(job(), new Wired({}));
  expect(words()).toEqual(['Cancel', 'Copy as code']);
  live.send(failed({ actions: ['reset', 'rerun'] }));
  expect(words()).toEqual(['Retry', 'Run again', 'Edit and run', 'Copy as code', 'Save to folder']);
});

const GIVEN = { arguments: { text: 'data.txt', k: [1, 2], file: { $part: 'p' } }, options: { cpu: 2, memory: '1GB' } };

it('runs a job again with what was changed, and with nothing else', async () => {
  const opened: Named[] = [];
  const wired = new Wired({ [`jobs/${ID}`]: GIVEN, [`jobs/${ID}/rerun`]: { id: OTHER } });
  show(succeeded(), wired, { open: view => opened.push(view) });
  press('Edit and run');
  await vi.waitFor(() => expect(page.querySelectorAll('.jx-field')).toHaveLength(7));
  expect(page.querySelectorAll<HTMLInputElement>('.jx-field input')[2]?.readOnly).toBe(true);
  fill('k', '[3]');
  fill('memory', '');
  fill('timeout', '1h');
  submit();
  await vi.waitFor(() => expect(page.textContent).toContain('Submitted as a new job.'));
  expect(wired.asked.at(-1)).toEqual([`jobs/${ID}/rerun`, { arguments: { k: [3] }, options: { memory: null, timeout: '1h' } }]);
  press('Open');
  expect(opened).toMatchObject([{ kind: 'job', id: OTHER }]);
});

it('tells what is wrong beside the field, whoever finds it', async () => {
  const wired = new Wired({ [`jobs/${ID}`]: GIVEN, [`jobs/${ID}/rerun`]: new Refusal('3 is too large', 'arguments.k') });
  show(succeeded(), wired);
  press('Edit and run');
  await vi.waitFor(() => expect(page.querySelectorAll('.jx-field')).toHaveLength(7));
  fill('k', 'a, b');
  submit();
  await vi.waitFor(() => expect(text('.jx-field .jx-problem:not([hidden])')).toContain('a, b is not JSON'));
  fill('k', '3');
  submit();
  await vi.waitFor(() => expect(text('.jx-field .jx-problem:not([hidden])')).toBe('3 is too large'));
  expect(page.querySelector('[aria-invalid=true]')).not.toBeNull();
});

it('gives a job as code, and selects it where the clipboard is refused', async () => {
  show(succeeded(), new Wired({ [`jobs/${ID}/code`]: { python: "job = jx.submit('wc')" } }));
  press('Copy as code');
  await vi.waitFor(() => expect(text('.jx-drawer')).toContain('Selected'));
  expect(text('.jx-drawer pre')).toBe("job = jx.submit('wc')");
  expect(getSelection()?.toString()).toContain('jx.submit');
  press('Copy as code');
  expect(page.querySelector<HTMLElement>('.jx-drawer')?.hidden).toBe(true);
});

it('saves outputs into a folder, and says when that is done or why not', async () => {
  const archive = `jobs/${ID}/archive`;
  const wired = new Wired({ [archive]: { folder: 'results/count', status: 'done', reason: null } });
  show(succeeded(), wired);
  press('Save to folder');
  submit();
  await vi.waitFor(() => expect(text('.jx-drawer [role=status]')).toBe('Saved in results/count.'));
  expect(wired.asked.at(-1)).toEqual([archive, { folder: 'results/count' }]);
});

it('groups the failed jobs of a batch by reason, and shows them and the slowest when asked', async () => {
  const jobs = (reason: string): object => ({
    items: [{ id: OTHER, name: 'sweep[3]', reason, arguments: { k: 3, long: 'x'.repeat(50) }, attempts: [{ duration: 2.5 }] }]
  });
  const query = encodeURIComponent('status = FAILED and reason_code = exit_code');
  const wired = new Wired({
    [`batches/${BATCH}/jobs?filter=${query}&limit=20`]: jobs('exited with code 1'),
    [`batches/${BATCH}/jobs?order=-duration&limit=5`]: jobs('')
  });
  const opened: string[] = [];
  const view = batch({ SUCCEEDED: 4, FAILED: 3 }, { failed: [failure('exit_code', 2), failure('signal', 1)], actions: ['reset'] });
  show(view, wired, { open: ({ id }) => opened.push(id) });
  expect(words()).toEqual(['Retry failed', 'Copy as code']);
  const folds = [...page.querySelectorAll('details')];
  expect(folds.map(fold => fold.querySelector('summary')?.textContent)).toEqual([
    '2 × exit codek=3: exited with code 1',
    '1 × signalk=3: exited with code 1',
    'Slowest jobs',
    'All jobs'
  ]);
  folds.forEach((fold, at) => (fold.open = at % 2 === 0));
  await vi.waitFor(() => expect(folds[2]?.querySelector('.jx-member')?.textContent).toContain('2.5 s'));
  expect(folds[0]?.querySelector('.jx-member .jx-muted')?.textContent).toBe(`k=3, long=${'x'.repeat(39)}… · exited with code 1`);
  press('sweep[3]');
  expect(opened).toEqual([OTHER]);
});
