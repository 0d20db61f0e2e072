import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { mount, type ItemView, type LogChunk, type StepView, type Tone } from '../src/view';
import { batch, failed, failure, ID, job, OTHER, source, succeeded } from './samples';

let page: HTMLElement;

beforeEach(() => {
  page = document.createElement('div');
  document.body.append(page);
});

afterEach(() => {
  page.remove();
  vi.useRealTimers();
});

function find<E extends HTMLElement = HTMLElement>(selector: string): E {
  const node = page.querySelector<E>(selector);
  if (!node) {
    throw new Error(`no ${selector} in ${page.textContent}`);
  }
  return node;
}

function press(word: string): void {
  const node = [...page.querySelectorAll('button')].find(b => b.textContent === word || b.getAttribute('aria-label') === word);
  expect(node, `a button ${word}`).toBeDefined();
  node?.click();
}

const facts = (): Record<string, string> =>
  Object.fromEntries([...page.querySelectorAll('.jx-facts > div')].map(row => [...row.children].map(cell => cell.textContent) as [string, string]));

describe('the card of a job', () => {
  it('says how an ended job went', () => {
    mount(page, source(succeeded(), { href: (id, name) => `/x/${id}/${name}` }));
    expect(find('.jx-badge').textContent).toBe('SUCCEEDED');
    expect(find('.jx-badge svg').getAttribute('aria-hidden')).toBe('true');
    expect(find('.jx-title').textContent).toBe('count');
    expect(find('.jx-target').textContent).toBe('tool wc-1.0');
    expect(facts()).toMatchObject({ Elapsed: '12 s', 'Peak memory': '34.0 MB', 'Exit code': '0', Attempt: '1' });
    const link = find<HTMLAnchorElement>('.jx-output a');
    expect(link.getAttribute('href')).toBe(`/x/${ID}/out/counts.txt`);
    expect(link.download).toBe('counts.txt');
    expect(find('.jx-output-size').textContent).toBe('12.3 kB');
    expect(find('.jx-progress').hidden).toBe(true);
  });

  it('lists the steps of a tool that has some, each with its reason', () => {
    const steps = (status: string, tone: Tone, reason: string | null): StepView[] => [
      { name: 'list', status: 'SUCCEEDED', tone: 'good', reason: null },
      { name: 'count', status, tone, reason }
    ];
    const live = source(job({ steps: steps('RUNNING', 'active', null) }));
    mount(page, live);
    const rows = (): (string | null)[] => [...page.querySelectorAll('.jx-step')].map(row => row.textContent);
    expect(rows()).toEqual(['SUCCEEDEDlist', 'RUNNINGcount']);
    live.send(failed({ steps: steps('FAILED', 'bad', 'exited with code 3') }));
    expect(rows()).toEqual(['SUCCEEDEDlist', 'FAILEDcountexited with code 3']);
    live.send(job());
    expect(find('.jx-steps').hidden).toBe(true);
  });

  it('moves with its source, and says a change of status once to a screen reader', () => {
    const live = source(job({ progress: { fraction: 0.25, message: 'loading' } }));
    mount(page, live);
    const track = find('[role=progressbar]');
    expect(track.getAttribute('aria-valuenow')).toBe('25');
    expect(find('.jx-progress-text').textContent).toBe('25 % · loading');
    expect(find('[aria-live=polite]').textContent).toBe('');
    live.send(job({ progress: { fraction: 0.5, message: 'loading' } }));
    expect(track.getAttribute('aria-valuenow')).toBe('50');
    expect(find('[aria-live=polite]').textContent).toBe('');
    live.send(failed());
    expect(find('.jx-card').dataset['tone']).toBe('bad');
    expect(find('.jx-reason').textContent).toBe('exited with code 2');
    expect(find('.jx-tail').textContent).toBe('no such column');
    expect(find('[aria-live=polite]').textContent).toContain('FAILED. exited with code 2');
  });

  it('shows a bar without a number while nothing is known of the progress', () => {
    mount(page, source(job()));
    expect(find('[role=progressbar]').hasAttribute('aria-valuenow')).toBe(false);
    expect(find('.jx-track').classList).toContain('jx-unknown');
  });

  it('ticks while the job runs, and stops when it is taken away', () => {
    vi.useFakeTimers({ now: Date.parse('2026-10-01T09:00:11Z') });
    const mounted = mount(page, source(job(), { act: () => Promise.resolve() }));
    expect(facts()['Elapsed']).toBe('10 s');
    vi.advanceTimersByTime(5000);
    expect(facts()['Elapsed']).toBe('15 s');
    mounted.dispose();
    expect(vi.getTimerCount()).toBe(0);
    expect(page.childElementCount).toBe(0);
  });

  it('never reads data as markup', () => {
    const evil = '<img src=x onerror=alert(1)>';
    const view = failed({ title: evil, reason: evil, arguments: [{ name: evil, text: evil }] });
    view.outputs = [{ name: evil, size: 1, media_type: evil, main: false }];
    mount(page, source(view, { label: evil }));
    expect(page.querySelector('img')).toBeNull();
    expect(find('.jx-title').textContent).toBe(evil);
  });

  it('offers nothing when nothing can be done', () => {
    mount(page, source(job(), { label: 'Ran elsewhere' }));
    expect(page.querySelectorAll('button, a')).toHaveLength(0);
    expect(find('.jx-label').textContent).toBe('Ran elsewhere');
    expect(page.textContent).not.toContain('Elapsed'); // nobody knows how long it went on
  });

  it('asks for what its buttons say, once, and shows why that failed', async () => {
    const asked: [string, string][] = [];
    let refuse: (error: Error) => void = () => undefined;
    const act = (action: string, view: ItemView): Promise<void> => {
      asked.push([action, view.id]);
      return new Promise((_, reject) => (refuse = reject));
    };
    mount(page, source(job(), { act }));
    press('Cancel');
    press('Cancel');
    expect(asked).toEqual([['cancel', ID]]);
    refuse(new Error('The store can’t answer.'));
    await vi.waitFor(() => expect(find('[role=alert]').textContent).toBe('The store can’t answer.'));
    expect(find<HTMLButtonElement>('.jx-actions button').disabled).toBe(false);
  });

  it('does not let an answer that is still out hold up the next button', () => {
    const asked: string[] = [];
    const act = (action: string): Promise<void> => new Promise(() => asked.push(action));
    const live = source(job(), { act });
    mount(page, live);
    press('Cancel');
    live.send(failed({ status: 'CANCELLED', tone: 'stopped' }));
    press('Run again');
    expect(asked).toEqual(['cancel', 'rerun']);
  });

  it('replaces its buttons when other things become possible', () => {
    const live = source(job(), { act: () => Promise.resolve() });
    mount(page, live);
    live.send(job({ actions: [] }));
    expect(find('.jx-reason').textContent).toBe('Being cancelled.');
    expect(page.querySelectorAll('.jx-actions button')).toHaveLength(0);
    live.send(succeeded());
    expect([...page.querySelectorAll('.jx-actions button')].map(b => b.textContent)).toEqual(['Run again']);
  });
});

describe('the log', () => {
  const chunk = (text: string, next: number, size = next, final = false): LogChunk => ({ offset: 0, next, size, text, final });

  it('is read only while it is open, and on until the job ends', async () => {
    const answers = [chunk('\u001b[31mone\u001b[0m\n', 13), chunk('two\n', 17), chunk('', 17, 17, true)];
    const asked: [string, number][] = [];
    const log = (_: string, stream: string, offset: number): Promise<LogChunk> => {
      asked.push([stream, offset]);
      return Promise.resolve(answers[Math.min(asked.length, answers.length) - 1] ?? chunk('', 0));
    };
    mount(page, source(job(), { log }));
    expect(asked).toEqual([]);
    vi.useFakeTimers();
    find<HTMLDetailsElement>('.jx-fold:last-of-type').open = true;
    await vi.advanceTimersByTimeAsync(5000);
    expect(asked).toEqual([['stdout', -65536], ['stdout', 13], ['stdout', 17]]);
    expect(find('.jx-log').textContent).toBe('one\ntwo\n');
    press('Errors');
    await vi.advanceTimersByTimeAsync(10);
    expect(asked.at(-1)).toEqual(['stderr', -65536]);
    expect(find('.jx-log').textContent).toBe('Nothing was written.');
  });

  it('stays open when the line above the card changes', () => {
    const mounted = mount(page, source(job(), { log: () => Promise.resolve(chunk('', 0)), label: 'ends soon' }));
    find<HTMLDetailsElement>('.jx-fold:last-of-type').open = true;
    mounted.relabel('');
    expect(find('.jx-label').hidden).toBe(true);
    expect(find<HTMLDetailsElement>('.jx-fold:last-of-type').open).toBe(true);
    mounted.dispose();
  });

  it('of a failed job begins with its errors', async () => {
    const asked: string[] = [];
    const log = (_: string, stream: string): Promise<LogChunk> => {
      asked.push(stream);
      return Promise.resolve(chunk('said', 4, 4, true));
    };
    mount(page, source(failed(), { log }));
    vi.useFakeTimers();
    find<HTMLDetailsElement>('.jx-fold:last-of-type').open = true;
    await vi.advanceTimersByTimeAsync(10);
    expect(asked).toEqual(['stderr']);
    expect(find('.jx-log-bar [aria-pressed=true]').textContent).toBe('Errors');
  });

  it('goes on after a failure, and starts again with a new attempt', async () => {
    vi.useFakeTimers();
    let calls = 0;
    const log = (): Promise<LogChunk> => {
      calls += 1;
      return calls === 1 ? Promise.reject(new Error('503')) : Promise.resolve(chunk(`call ${calls}`, 6, 6, true));
    };
    const live = source(job(), { log, logOpen: true });
    mount(page, live);
    await vi.advanceTimersByTimeAsync(5100);
    expect(find('.jx-log').textContent).toBe('call 2');
    live.send(job({ attempt: 2 }));
    await vi.advanceTimersByTimeAsync(10);
    expect(find('.jx-log').textContent).toBe('call 3');
  });
});

describe('the card of a batch', () => {
  it('counts, in words and in one bar', () => {
    const live = source(batch({ SUCCEEDED: 12, FAILED: 2, RUNNING: 2, RUNNABLE: 4 }, { failed: [failure('exit_code', 1)] }));
    mount(page, live);
    expect(find('.jx-badge').textContent).toBe('RUNNING');
    expect(find('.jx-counts').textContent).toBe('12 succeeded2 failed2 running4 waiting');
    expect(find('.jx-progress-text').textContent).toBe('14 / 20 done');
    const bar = find('[role=progressbar]');
    expect([bar.getAttribute('aria-valuenow'), bar.getAttribute('aria-valuemax')]).toEqual(['14', '20']);
    expect(find('.jx-failure').textContent).toBe('1 × exit codek=3: exited with code 1');
    expect(find('.jx-plain').textContent).toContain('and 1 more');
    live.send(batch({ SUCCEEDED: 20 }));
    expect(find('.jx-badge').textContent).toBe('SUCCEEDED');
    expect(find('[aria-live=polite]').textContent).toBe('sweep: ended. 20 succeeded');
  });
});

describe('the list', () => {
  it('runs no clock in a mere snapshot, and nothing turns', () => {
    const items = [job({ started: '2026-10-01T12:00:00.000000Z' })];
    mount(page, source({ kind: 'jobs', items }));
    expect(find('.jx-row-time').textContent).toBe('');
    expect(find('.jx-view').classList).toContain('jx-still');
    page.replaceChildren();
    mount(page, source({ kind: 'jobs', items }, { act: () => Promise.resolve() }));
    expect(find('.jx-row-time').textContent).not.toBe('');
    expect(find('.jx-view').classList).not.toContain('jx-still');
  });

  it('keeps its rows, and the focus in them, when it moves', () => {
    const live = source({ kind: 'jobs', items: [job(), job({ id: OTHER, title: 'other' })] }, { act: () => Promise.resolve() });
    mount(page, live);
    const row = find(`[data-id="${OTHER}"]`);
    const cancel = row.querySelector('button');
    cancel?.focus();
    live.send({ kind: 'jobs', items: [job({ id: OTHER, title: 'other', progress: { fraction: 0.1, message: '' } }), succeeded()] });
    expect(find(`[data-id="${OTHER}"]`)).toBe(row);
    expect([...page.querySelectorAll('.jx-row')].map(r => r.getAttribute('data-status'))).toEqual(['RUNNING', 'SUCCEEDED']);
    expect(document.activeElement).toBe(cancel);
    expect(cancel?.getAttribute('aria-label')).toBe('Cancel');
  });

  it('folds the jobs of a batch under it, and draws them only when asked', () => {
    const whole = batch({ SUCCEEDED: 1, RUNNING: 1 });
    const given = (k: string): { name: string; text: string }[] => [{ name: 'text', text: 'data.txt' }, { name: 'k', text: k }];
    const members = [
      job({ id: OTHER, batch: whole.id, title: 'second', arguments: given('2') }),
      succeeded({ batch: whole.id, title: 'first', arguments: given('1') })
    ];
    mount(page, source({ kind: 'jobs', items: [whole, ...members] }));
    expect(page.querySelectorAll('.jx-row')).toHaveLength(1);
    const fold = find<HTMLDetailsElement>('.jx-row-jobs');
    expect(find('.jx-row-jobs > summary').textContent).toBe('2 jobs');
    fold.open = true;
    fold.dispatchEvent(new Event('toggle'));
    expect([...fold.querySelectorAll('.jx-row-title')].map(title => title.textContent)).toEqual(['first', 'second']);
    expect(fold.querySelector('.jx-row-line')?.textContent).toBe('SUCCEEDED · k=1');
  });

  it('says that it is empty, and opens one item when its title is pressed', () => {
    const opened: string[] = [];
    const live = source({ kind: 'jobs', items: [] }, { open: view => opened.push(view.id) });
    mount(page, live);
    expect(find('.jx-empty').textContent).toBe('No jobs.');
    live.send({ kind: 'jobs', items: [job()] });
    expect(find('.jx-empty').hidden).toBe(true);
    press('count');
    expect(opened).toEqual([ID]);
  });
});

it('draws anew when the kind of thing changes, and lets go of its source at the end', () => {
  const live = source(job());
  const mounted = mount(page, live);
  mounted.update(batch({ RUNNING: 1 }));
  expect(page.querySelectorAll('.jx-card')).toHaveLength(1);
  expect(find('.jx-title').textContent).toBe('sweep');
  expect(document.querySelectorAll('#jobs-ext-style')).toHaveLength(1);
  mounted.dispose();
  expect(live.listening).toBe(0);
});
