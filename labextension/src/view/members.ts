/** Jobs of a batch that deserve a look: the failed ones by reason, and the slowest. */

import { button, h, setText } from './dom';
import { showCount, showDuration } from './format';
import type { BatchView, FailureView, Part, Source } from './model';
import { place } from './wire';

/** What is used here of a job as the API tells it. */
interface Member {
  id: string;
  name: string;
  reason: string | null;
  arguments: Record<string, unknown>;
  attempts: { duration: number | null }[];
}

const SHOWN = 20; // jobs of one reason
const SLOWEST = 5;

/** Why jobs failed: each reason with its number of jobs, and with them when it is opened. */
export class Failures implements Part<BatchView> {
  private readonly list = h('ul', 'jx-plain');
  readonly node = h('section', 'jx-section', h('h4', 'jx-section-title', 'Failed jobs'), this.list);
  private shown = '';

  constructor(private readonly source: Source) {}

  update(view: BatchView): void {
    const key = JSON.stringify(view.failed);
    if (key === this.shown) {
      return;
    }
    this.shown = key;
    this.node.hidden = view.failed.length === 0;
    const told = view.failed.reduce((sum, same) => sum + same.n_jobs, 0);
    const rest = (view.counts['FAILED'] ?? 0) - told;
    const more = rest > 0 ? [h('li', 'jx-muted', `and ${showCount(rest)} more`)] : [];
    this.list.replaceChildren(...view.failed.map(same => this.group(view, same)), ...more);
  }

  dispose(): void {
    this.node.remove();
  }

  private group(view: BatchView, same: FailureView): HTMLElement {
    const words = (same.reason_code ?? 'failed').replace(/_/g, ' ');
    const line = h('span', 'jx-failure', h('span', '', `${showCount(same.n_jobs)} × ${words}`), h('span', '', example(same)));
    if (!this.source.wire || same.reason_code === null) {
      return h('li', '', line);
    }
    const filter = `status = FAILED and reason_code = ${same.reason_code}`;
    const members = new Members(h('summary', '', line), view, this.source, `filter=${encodeURIComponent(filter)}&limit=${SHOWN}`);
    return h('li', '', members.node);
  }
}

function example({ title, reason }: FailureView): string {
  return reason ? `${title}: ${reason}` : title;
}

/** The jobs that took longest, so far. */
export class Slowest implements Part<BatchView> {
  readonly node = h('div');
  private members: Members | null = null;

  constructor(private readonly source: Source) {}

  update(view: BatchView): void {
    if (!this.members && this.source.wire && view.done > 0) {
      this.members = new Members(h('summary', '', 'Slowest jobs'), view, this.source, `order=-duration&limit=${SLOWEST}`);
      this.members.node.classList.add('jx-section');
      this.node.append(this.members.node);
    }
  }

  dispose(): void {
    this.node.remove();
  }
}

/** A fold with some jobs of a batch, asked for each time it is opened. */
class Members {
  readonly node: HTMLDetailsElement;
  private readonly list = h('ul', 'jx-plain');

  constructor(
    summary: HTMLElement,
    private readonly batch: BatchView,
    private readonly source: Source,
    private readonly query: string
  ) {
    this.node = h('details', 'jx-fold', summary, this.list);
    this.node.addEventListener('toggle', () => void (this.node.open && this.load()));
  }

  private async load(): Promise<void> {
    try {
      const page = (await this.source.wire?.ask(`${place(this.batch)}/jobs?${this.query}`)) as { items: Member[] };
      this.list.replaceChildren(...page.items.map(job => this.row(job)));
    } catch (error) {
      setText(this.list, error instanceof Error ? error.message : String(error));
    }
  }

  private row(job: Member): HTMLElement {
    const { open } = this.source;
    const show = (): void => open?.({ kind: 'job', id: job.id, title: job.name });
    const name = open ? button(job.name, show, 'jx-row-title') : h('span', '', job.name);
    const took = job.attempts.at(-1)?.duration;
    const given = Object.entries(job.arguments).map(([key, value]) => `${key}=${shortly(value)}`);
    const told = [given.join(', '), job.reason ?? ''].filter(Boolean).join(' · ');
    return h('li', 'jx-member', name, h('span', 'jx-muted', told), h('span', 'jx-row-time', typeof took === 'number' ? showDuration(took) : ''));
  }
}

function shortly(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
