/** The card of one job, and the card of a batch. */

import { everySecond, h, icon, setLine, setText } from './dom';
import { elapsed, showBytes, showCount, showDuration, showTime } from './format';
import { Drawer } from './drawer';
import { Failures, Slowest } from './members';
import { LogView } from './log';
import type { BatchView, ItemView, JobView, Part, Source, TargetView } from './model';
import { Outputs } from './outputs';
import { Actions, Announcer, Badge, batchStatus, batchTone, Facts, ProgressBar, StackedBar, Steps, tally, tallyText } from './pieces';
import { JobTable } from './table-of-jobs';

class Head implements Part<ItemView> {
  readonly node = h('header', 'jx-head');
  private readonly badge = new Badge();
  private readonly title = h('h3', 'jx-title');
  private readonly target = h('span', 'jx-target');

  constructor() {
    this.node.append(this.badge.node, this.title, this.target);
  }

  update(view: ItemView): void {
    if (view.kind === 'job') {
      this.badge.update(view.tone, view.status);
    } else {
      this.badge.update(batchTone(view), batchStatus(view));
    }
    setText(this.title, view.title || view.target.name);
    const text = targetText(view.target, view.title);
    setLine(this.target, text);
    this.target.title = text;
  }

  dispose(): void {
    this.node.remove();
  }
}

/** Returns the target as words, shorter when the title says its name already. */
export function targetText(target: TargetView, title: string): string {
  return title === target.name || !title ? target.kind : `${target.kind} ${target.name}`;
}

/** The card of one job. */
export class JobCard implements Part<JobView> {
  readonly node = h('article', 'jx-card');
  private readonly head = new Head();
  private readonly reason = h('p', 'jx-reason');
  private readonly tail = h('pre', 'jx-tail');
  private readonly progress = new ProgressBar();
  private readonly facts = new Facts();
  private readonly steps = new Steps();
  private readonly outputs: Outputs;
  private readonly given = h('details', 'jx-section jx-fold', h('summary', '', 'Arguments'));
  private readonly log: LogView | null;
  private readonly actions: Actions;
  private readonly drawer: Drawer;
  private readonly announcer = new Announcer();
  private readonly stopClock: () => void;
  /** False for a mere snapshot: no clock runs and nothing moves in one. */
  private readonly live: boolean;

  constructor(
    private view: JobView,
    source: Source
  ) {
    this.live = source.act !== undefined;
    this.outputs = new Outputs(source);
    this.log = source.log ? new LogView(source.log, source.logOpen === true) : null;
    this.actions = new Actions(h('span', 'jx-tools'), source.act);
    this.drawer = new Drawer(view, source);
    this.node.append(this.head.node, this.reason, this.tail, this.progress.node, this.steps.node, this.facts.node);
    this.node.append(this.outputs.node, this.given, ...(this.log ? [this.log.node] : []));
    this.node.append(...bottom(this.actions, this.drawer), this.announcer.node);
    this.stopClock = everySecond(this.node, () => this.view.final || this.updateFacts());
    this.drawArguments();
    this.update(view);
  }

  update(view: JobView): void {
    this.view = view;
    this.node.dataset.tone = view.tone;
    this.node.dataset.status = view.status;
    this.head.update(view);
    setLine(this.reason, view.reason ?? (cancelling(view) ? 'Being cancelled.' : ''));
    setLine(this.tail, view.log_tail ?? '');
    const moves = this.live && view.tone === 'active';
    this.progress.update(view.progress, moves || (!view.final && view.progress !== null));
    this.steps.update(view.steps);
    this.updateFacts();
    this.outputs.update(view);
    this.log?.update(view);
    this.actions.update(view);
    this.drawer.update(view);
    this.announcer.update(`${view.title}: ${view.status}. ${view.final ? (view.reason ?? '') : ''}`);
  }

  dispose(): void {
    this.stopClock();
    this.log?.dispose();
    this.node.remove();
  }

  private updateFacts(): void {
    const view = this.view;
    const seconds = this.live || view.final ? elapsed(view) : null;
    this.facts.update([
      [view.started ? 'Elapsed' : 'Waiting', seconds === null ? null : showDuration(seconds)],
      ['CPU', view.cpu_seconds === null ? null : showDuration(view.cpu_seconds)],
      ['Peak memory', view.peak_memory === null ? null : showBytes(view.peak_memory)],
      ['Exit code', view.exit_code === null ? null : String(view.exit_code)],
      ['Attempt', view.attempt ? String(view.attempt) : null],
      ['Submitted', showTime(view.created) || null]
    ]);
  }

  /** Arguments never change, so they are drawn once. */
  private drawArguments(): void {
    const rows = h('dl', 'jx-args');
    for (const { name, text } of this.view.arguments) {
      rows.append(h('dt', '', name), h('dd', '', h('code', '', text)));
    }
    this.given.append(rows);
    this.given.hidden = this.view.arguments.length === 0;
  }
}

/** Returns the buttons of a card, what went wrong, and what some of them open. */
function bottom(actions: Actions, drawer: Drawer): HTMLElement[] {
  return [actions.problem, h('div', 'jx-actions', actions.node, drawer.node), drawer.inside];
}

function cancelling(view: JobView): boolean {
  return view.tone === 'active' && !view.actions.includes('cancel');
}

/** The card of a batch: one bar for all its jobs, and the failed ones by name. */
export class BatchCard implements Part<BatchView> {
  readonly node = h('article', 'jx-card');
  private readonly head = new Head();
  private readonly bar = new StackedBar();
  private readonly done = h('span', 'jx-progress-text');
  private readonly counts = h('div', 'jx-counts');
  private readonly failures: Failures;
  private readonly slowest: Slowest;
  private readonly members: Members;
  private readonly actions: Actions;
  private readonly drawer: Drawer;
  private readonly announcer = new Announcer();

  constructor(view: BatchView, source: Source) {
    this.failures = new Failures(source);
    this.slowest = new Slowest(source);
    this.actions = new Actions(h('span', 'jx-tools'), source.act);
    this.drawer = new Drawer(view, source);
    this.bar.node.append(this.done);
    this.members = new Members(view, source);
    this.node.append(this.head.node, this.bar.node, this.counts, this.failures.node, this.slowest.node, this.members.node);
    this.node.append(...bottom(this.actions, this.drawer), this.announcer.node);
    this.update(view);
  }

  update(view: BatchView): void {
    this.node.dataset.tone = view.tone;
    this.node.dataset.status = batchStatus(view);
    this.head.update(view);
    this.bar.update(view);
    setText(this.done, `${showCount(view.done)} / ${showCount(view.n_jobs)} done`);
    this.drawCounts(view);
    this.failures.update(view);
    this.slowest.update(view);
    this.members.update(view);
    this.actions.update(view);
    this.drawer.update(view);
    this.announcer.update(view.final ? `${view.title}: ended. ${tallyText(view)}` : `${view.title}: ${batchStatus(view)}`);
  }

  dispose(): void {
    this.members.dispose();
    this.node.remove();
  }

  private drawCounts(view: BatchView): void {
    const groups = tally(view).filter(group => group.n > 0);
    this.counts.replaceChildren(
      ...groups.map(({ tone, word, n }) => {
        const entry = h('span', '', icon(tone), `${showCount(n)} ${word}`);
        entry.dataset.tone = tone;
        return entry;
      })
    );
  }
}

/** All jobs of a batch, in a table that is made when somebody opens it. */
class Members implements Part<BatchView> {
  readonly node = h('details', 'jx-section jx-fold', h('summary', '', 'All jobs'));
  private table: JobTable | null = null;

  constructor(
    private view: BatchView,
    private readonly source: Source
  ) {
    this.node.hidden = !source.wire;
    this.node.addEventListener('toggle', () => this.show());
    this.node.open = source.logOpen === true || source.table === true;
  }

  update(view: BatchView): void {
    this.view = view;
  }

  dispose(): void {
    this.table?.dispose();
  }

  private show(): void {
    const { wire } = this.source;
    if (this.node.open && wire && !this.table) {
      this.table = new JobTable(this.source, wire, this.view);
      this.node.append(this.table.node);
    }
  }
}
