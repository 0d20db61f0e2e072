/** The pieces that cards and lists are made of. */

import { button, h, icon, setLine, setText } from './dom';
import { showCount } from './format';
import type { BatchView, ItemView, Part, ProgressView, Source, StepView, Tone } from './model';

/** The status as a word with a shape and a colour. */
export class Badge {
  readonly node = h('span', 'jx-badge');
  private tone: Tone | null = null;
  private readonly word = h('span');

  update(tone: Tone, text: string): void {
    if (tone !== this.tone) {
      this.tone = tone;
      this.node.replaceChildren(icon(tone), this.word);
    }
    setText(this.word, text);
  }
}

/** A bar with what the job says beside it; without a fraction the bar only shows that it is alive. */
export class ProgressBar {
  readonly node = h('div', 'jx-progress');
  private readonly fill = h('div', 'jx-fill');
  private readonly track = h('div', 'jx-track', this.fill);
  private readonly text = h('span', 'jx-progress-text');

  constructor() {
    this.track.setAttribute('role', 'progressbar');
    this.track.setAttribute('aria-label', 'Progress');
    this.track.setAttribute('aria-valuemin', '0');
    this.track.setAttribute('aria-valuemax', '100');
    this.node.append(this.track, this.text);
  }

  update(progress: ProgressView | null, shown: boolean): void {
    this.node.hidden = !shown;
    const fraction = progress?.fraction ?? null;
    const percent = fraction === null ? '' : `${Math.round(Math.min(1, Math.max(0, fraction)) * 100)}`;
    this.track.classList.toggle('jx-unknown', percent === '');
    this.fill.style.width = percent && `${percent}%`;
    if (percent) {
      this.track.setAttribute('aria-valuenow', percent);
    } else {
      this.track.removeAttribute('aria-valuenow');
    }
    setLine(this.text, [percent && `${percent} %`, progress?.message ?? ''].filter(Boolean).join(' · '));
    this.text.title = this.text.textContent ?? '';
  }
}

interface Group {
  tone: Tone;
  word: string;
  statuses: string[];
}

const GROUPS: Group[] = [
  { tone: 'good', word: 'succeeded', statuses: ['SUCCEEDED'] },
  { tone: 'bad', word: 'failed', statuses: ['FAILED'] },
  { tone: 'stopped', word: 'cancelled', statuses: ['CANCELLED'] },
  { tone: 'active', word: 'running', statuses: ['STARTING', 'RUNNING'] },
  { tone: 'waiting', word: 'waiting', statuses: ['SUBMITTED', 'PENDING', 'RUNNABLE'] }
];

/** Returns how many of a batch's jobs there are of each kind that people tell apart. */
export function tally(view: BatchView): { tone: Tone; word: string; n: number }[] {
  const count = (status: string): number => view.counts[status] ?? 0;
  return GROUPS.map(({ tone, word, statuses }) => ({ tone, word, n: statuses.reduce((n, s) => n + count(s), 0) }));
}

/** Returns the counts as words, e.g. `18 succeeded, 2 failed`. */
export function tallyText(view: BatchView): string {
  return tally(view)
    .filter(group => group.n)
    .map(group => `${showCount(group.n)} ${group.word}`)
    .join(', ');
}

/** Returns one word for the whole batch. */
export function batchStatus(view: BatchView): string {
  const counted = new Map(tally(view).map(group => [group.word, group.n]));
  if (view.final) {
    return counted.get('failed') ? 'FAILED' : counted.get('cancelled') ? 'CANCELLED' : 'SUCCEEDED';
  }
  return counted.get('running') || view.done ? 'RUNNING' : 'WAITING';
}

/** Returns the tone of that word: a batch with failed jobs that still runs is first of all running. */
export function batchTone(view: BatchView): Tone {
  if (view.final) {
    return view.tone;
  }
  return batchStatus(view) === 'RUNNING' ? 'active' : 'waiting';
}

/** One bar for all jobs of a batch, a stretch of it for each kind. */
export class StackedBar {
  readonly node = h('div', 'jx-progress jx-stack');
  private readonly track = h('div', 'jx-track');
  private readonly fills = new Map<Tone, HTMLElement>();

  constructor() {
    this.track.setAttribute('role', 'progressbar');
    this.track.setAttribute('aria-label', 'Jobs done');
    this.track.setAttribute('aria-valuemin', '0');
    for (const { tone } of GROUPS.slice(0, -1)) {
      const fill = h('div', 'jx-fill');
      fill.dataset.tone = tone;
      this.fills.set(tone, fill);
      this.track.append(fill);
    }
    const rest = h('div', 'jx-fill');
    rest.style.background = 'transparent';
    this.fills.set('waiting', rest);
    this.track.append(rest);
    this.node.append(this.track);
  }

  update(view: BatchView): void {
    this.track.setAttribute('aria-valuemax', String(view.n_jobs));
    this.track.setAttribute('aria-valuenow', String(view.done));
    this.track.setAttribute('aria-valuetext', `${showCount(view.done)} of ${showCount(view.n_jobs)} done: ${tallyText(view)}`);
    for (const { tone, n } of tally(view)) {
      const fill = this.fills.get(tone);
      fill?.style.setProperty('flex-grow', String(n));
    }
  }
}

/** Names and values side by side; redrawn only when something in it differs. */
export class Facts {
  readonly node = h('dl', 'jx-facts');
  private shown = '';

  update(facts: [string, string | null][]): void {
    const rows = facts.filter(([, value]) => value !== null) as [string, string][];
    const key = JSON.stringify(rows);
    if (key !== this.shown) {
      this.shown = key;
      this.node.replaceChildren(...rows.map(([name, value]) => h('div', '', h('dt', '', name), h('dd', '', value))));
      this.node.hidden = rows.length === 0;
    }
  }
}

/** The steps of a job, each with its status and, where there is one, the reason. */
export class Steps {
  readonly node = h('ol', 'jx-plain jx-steps');
  private shown = '';

  update(steps: StepView[] = []): void {
    const key = JSON.stringify(steps);
    if (key !== this.shown) {
      this.shown = key;
      this.node.replaceChildren(...steps.map(step => this.row(step)));
      this.node.hidden = steps.length === 0;
    }
  }

  private row(step: StepView): HTMLElement {
    const badge = new Badge();
    badge.update(step.tone, step.status);
    return h('li', 'jx-step', badge.node, h('span', '', step.name), h('span', 'jx-muted', step.reason ?? ''));
  }
}

const WORDS: Record<ItemView['kind'], Record<string, string>> = {
  job: { cancel: 'Cancel', reset: 'Retry', rerun: 'Run again' },
  batch: { cancel: 'Cancel all', reset: 'Retry failed' }
};

/** Asks the source to do something to an item; a button waits for its answer; shows what went wrong. */
export class Actions {
  readonly problem = h('p', 'jx-problem');
  private view: ItemView | null = null;
  private buttons = new Map<string, HTMLButtonElement>();

  constructor(
    readonly node: HTMLElement,
    private readonly act: Source['act'],
    private readonly make: (action: string, word: string, run: () => void) => HTMLButtonElement = wordButton
  ) {
    this.problem.setAttribute('role', 'alert');
    this.problem.hidden = true;
  }

  update(view: ItemView): void {
    this.view = view;
    const offered = this.act ? view.actions.filter(action => Object.hasOwn(WORDS[view.kind], action)) : [];
    for (const [action, node] of this.buttons) {
      if (!offered.includes(action)) {
        node.remove();
        this.buttons.delete(action);
      }
    }
    for (const action of offered) {
      this.offer(action, WORDS[view.kind][action] ?? action);
    }
    this.node.hidden = offered.length === 0;
  }

  private offer(action: string, word: string): void {
    if (!this.buttons.has(action)) {
      const node = this.make(action, word, () => void this.run(action));
      this.buttons.set(action, node);
      this.node.append(node);
    }
  }

  private async run(action: string): Promise<void> {
    const node = this.buttons.get(action);
    if (!node || node.disabled || this.view === null) {
      return;
    }
    node.disabled = true;
    setLine(this.problem, '');
    try {
      await this.act?.(action, this.view);
    } catch (error) {
      setLine(this.problem, error instanceof Error ? error.message : String(error));
    } finally {
      node.disabled = false;
    }
  }
}

function wordButton(_action: string, word: string, run: () => void): HTMLButtonElement {
  return button(word, run);
}

/** Returns a small button with a drawing on it, for rows. */
export function toolButton(action: string, word: string, run: () => void): HTMLButtonElement {
  const node = button('', run, 'jx-tool');
  node.append(icon(action));
  node.title = word;
  node.setAttribute('aria-label', word);
  return node;
}

/** Says a change of status to a screen reader; what was there at first is not said. */
export class Announcer implements Part<string> {
  readonly node = h('span', 'jx-hidden-text');
  private last: string | null = null;

  constructor() {
    this.node.setAttribute('role', 'status');
    this.node.setAttribute('aria-live', 'polite');
  }

  update(sentence: string): void {
    if (this.last !== null && this.last !== sentence) {
      this.node.textContent = sentence;
    }
    this.last = sentence;
  }

  dispose(): void {
    this.node.remove();
  }
}
