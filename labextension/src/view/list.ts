/** A compact list of jobs and batches; the jobs of a batch fold under it. */

import { button, everySecond, h, icon, setLine, setText } from './dom';
import { elapsed, showCount, showDuration } from './format';
import { targetText } from './cards';
import type { BatchView, ItemView, JobsView, JobView, Part, Source, Tone } from './model';
import { Actions, batchStatus, batchTone, ProgressBar, StackedBar, tallyText, toolButton } from './pieces';

abstract class Row<V extends ItemView> implements Part<V> {
  readonly node = h('li', 'jx-row');
  protected readonly main = h('div', 'jx-row-main');
  private readonly icon = h('span', 'jx-row-icon');
  private readonly title: HTMLElement;
  protected readonly time = h('span', 'jx-row-time');
  private readonly word = h('b');
  private readonly rest = h('span');
  private readonly actions: Actions;
  private tone: Tone | null = null;

  constructor(
    protected view: V,
    source: Source,
    bar: HTMLElement
  ) {
    bar.classList.add('jx-row-bar');
    const open = source.open;
    this.title = open ? button('', () => open(this.view), 'jx-row-title') : h('span', 'jx-row-title');
    this.actions = new Actions(h('span', 'jx-row-tools'), source.act, toolButton);
    const line = h('div', 'jx-row-line', this.word, this.rest);
    this.main.append(this.icon, this.title, this.time, this.actions.node, line, bar);
    this.node.append(this.main, this.actions.problem);
  }

  update(view: V): void {
    this.view = view;
    const status = this.status();
    const tone = view.kind === 'job' ? view.tone : batchTone(view);
    this.node.dataset.tone = tone;
    this.node.dataset.status = status;
    this.node.dataset.id = view.id;
    if (tone !== this.tone) {
      this.tone = tone;
      this.icon.replaceChildren(icon(tone));
    }
    setText(this.title, view.title || view.target.name);
    setText(this.word, status);
    setText(this.rest, ` · ${this.detail()}`);
    this.main.title = `${view.title}\n${view.target.kind} ${view.target.name}\n${this.detail()}`;
    this.actions.update(view);
    this.actions.node.hidden = false;
    this.tick();
  }

  dispose(): void {
    this.node.remove();
  }

  /** Brings the shown time up to now. */
  abstract tick(): void;
  protected abstract status(): string;
  protected abstract detail(): string;
}

class JobRow extends Row<JobView> {
  private readonly progress: ProgressBar;
  /** False for a mere snapshot: no clock runs in one. */
  private readonly live: boolean;

  constructor(view: JobView, source: Source) {
    const progress = new ProgressBar();
    super(view, source, progress.node);
    this.progress = progress;
    this.live = source.act !== undefined;
  }

  override update(view: JobView): void {
    super.update(view);
    this.progress.update(view.progress, !view.final && view.progress !== null);
  }

  override tick(): void {
    const seconds = this.live || this.view.final ? elapsed(this.view) : null;
    setText(this.time, seconds === null ? '' : showDuration(seconds));
  }

  protected override status(): string {
    return this.view.status;
  }

  protected override detail(): string {
    const { view } = this;
    if (view.batch !== null && view.arguments.length && view.tone !== 'bad') {
      return view.arguments.map(({ name, text }) => `${name}=${text}`).join(', '); // what tells it from its siblings
    }
    return view.reason ?? targetText(view.target, view.title);
  }
}

class BatchRow extends Row<BatchView> {
  private readonly stack: StackedBar;
  private readonly summary = h('summary');
  private readonly jobs = h('details', 'jx-row-jobs', this.summary);
  private readonly children: Rows;
  private members: JobView[] = [];

  constructor(view: BatchView, source: Source) {
    const stack = new StackedBar();
    super(view, source, stack.node);
    this.stack = stack;
    this.children = new Rows(source);
    this.jobs.append(this.children.node);
    this.node.append(this.jobs);
    this.jobs.addEventListener('toggle', () => this.drawMembers());
  }

  override update(view: BatchView): void {
    super.update(view);
    this.stack.update(view);
  }

  /** Shows those of its jobs that the list has. */
  fill(jobs: JobView[]): void {
    this.jobs.hidden = jobs.length === 0;
    const all = jobs.length === this.view.n_jobs;
    setText(this.summary, all ? `${showCount(jobs.length)} jobs` : `${showCount(jobs.length)} of ${showCount(this.view.n_jobs)} jobs`);
    this.members = distinguished(jobs);
    this.drawMembers();
  }

  /** A shut fold draws nothing: a sweep may have thousands of jobs. */
  private drawMembers(): void {
    this.children.update(this.jobs.open ? this.members : []);
  }

  override tick(): void {
    setText(this.time, `${showCount(this.view.done)} / ${showCount(this.view.n_jobs)}`);
    this.children.tick();
  }

  protected override status(): string {
    return batchStatus(this.view);
  }

  protected override detail(): string {
    return tallyText(this.view);
  }
}

/** Rows by id: a row stays the same element, so that focus and open folds survive an update. */
class Rows implements Part<ItemView[]> {
  readonly node = h('ul', 'jx-list');
  private rows = new Map<string, JobRow | BatchRow>();

  constructor(private readonly source: Source) {}

  update(items: ItemView[]): void {
    const kept = new Map<string, JobRow | BatchRow>();
    const focused = this.node.contains(document.activeElement) ? document.activeElement : null;
    items.forEach((item, place) => {
      const row = this.row(item);
      kept.set(item.id, row);
      if (this.node.children[place] !== row.node) {
        this.node.insertBefore(row.node, this.node.children[place] ?? null);
      }
    });
    for (const [id, row] of this.rows) {
      if (kept.get(id) !== row) {
        row.dispose();
      }
    }
    this.rows = kept;
    if (focused instanceof HTMLElement && focused !== document.activeElement) {
      focused.focus(); // a row that was moved has lost it
    }
  }

  get(id: string): JobRow | BatchRow | undefined {
    return this.rows.get(id);
  }

  tick(): void {
    this.rows.forEach(row => row.tick());
  }

  dispose(): void {
    this.node.remove();
  }

  private row(item: ItemView): JobRow | BatchRow {
    const old = this.rows.get(item.id);
    if (item.kind === 'job') {
      const row = old instanceof JobRow ? old : new JobRow(item, this.source);
      row.update(item);
      return row;
    }
    const row = old instanceof BatchRow ? old : new BatchRow(item, this.source);
    row.update(item);
    return row;
  }
}

/** The list as a whole. */
export class JobList implements Part<JobsView> {
  readonly node = h('div', 'jx-jobs');
  private readonly rows: Rows;
  private readonly empty = h('div', 'jx-empty');
  private readonly stopClock: () => void;

  constructor(view: JobsView, source: Source) {
    this.rows = new Rows(source);
    this.node.append(this.rows.node, this.empty);
    this.stopClock = everySecond(this.node, () => this.rows.tick());
    this.update(view);
  }

  update(view: JobsView): void {
    const batches = new Set(view.items.filter(item => item.kind === 'batch').map(item => item.id));
    const inside = (item: ItemView): item is JobView => item.kind === 'job' && item.batch !== null && batches.has(item.batch);
    this.rows.update(view.items.filter(item => !inside(item)));
    for (const id of batches) {
      const row = this.rows.get(id);
      if (row instanceof BatchRow) {
        row.fill(view.items.filter(inside).filter(job => job.batch === id).sort(byAge));
      }
    }
    setLine(this.empty, view.items.length ? '' : 'No jobs.');
  }

  dispose(): void {
    this.stopClock();
    this.node.remove();
  }
}

/** Jobs of a batch come in the order they were given in; ids sort by time. */
function byAge(a: JobView, b: JobView): number {
  return a.id < b.id ? -1 : 1;
}

/** Returns siblings with those arguments only that differ among them: a row has room for little. */
function distinguished(jobs: JobView[]): JobView[] {
  const values = new Map<string, Set<string>>();
  for (const { name, text } of jobs.flatMap(job => job.arguments)) {
    values.set(name, (values.get(name) ?? new Set()).add(text));
  }
  const differs = (name: string): boolean => (values.get(name)?.size ?? 0) > 1;
  return jobs.map(job => ({ ...job, arguments: job.arguments.filter(({ name }) => differs(name)) }));
}
