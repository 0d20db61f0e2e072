/**
 * A table of many jobs: filtered by the server, drawn as far as it is seen, with verbs for several at
 * once. With ten thousand jobs there are a few dozen rows in the page.
 */

import { h, setLine, setText } from './dom';
import { Bulk } from './bulk';
import { showCount } from './format';
import { isAll, isTyped, press, rowAt, SEEN, STEPS } from './grid-keys';
import { emptyRow, jobRow, label, mark, type Choice } from './job-row';
import type { Changes } from './listed';
import type { BatchView, Source } from './model';
import { Found, WholeBatch, type Rows } from './pages';
import { SearchBar } from './search-bar';
import { Selected } from './selected';
import { Refusal, type Wire } from './wire';

const ROW = 28; // pixels
const SPARE = 6; // rows drawn above and below what is seen
const AGAIN = 2000; // ms between two questions which jobs an expression finds now, or after one that failed
const LATEST = 250; // ms until news are drawn where the page gets no frames

export class JobTable implements Choice {
  readonly node = h('div', 'jx-table-of-jobs');
  private readonly bar: SearchBar;
  private readonly all = h('input');
  private readonly count = h('span', 'jx-muted');
  private readonly problem = h('p', 'jx-problem');
  private readonly space = h('div', 'jx-grid-space');
  private readonly grid = h('div', 'jx-grid', this.space);
  private readonly bulk: Bulk;
  private readonly selected = new Selected(() => this.rows, () => this.draw());
  private drawn = new Map<string, HTMLElement>();
  private rows: Rows;
  /** The row that was gone to; -1 for none. */
  private found = -1;
  private asking: ReturnType<typeof setTimeout> | undefined;
  /** What will draw the news: a frame, or a timer when none comes. */
  private frame = 0;
  private late: ReturnType<typeof setTimeout> | undefined;
  private disposed = false;
  /** What was heard while the server was being asked: its answer may be older. */
  private heard: Changes[] = [];
  private asked = 0;
  private readonly deaf: () => void;

  constructor(
    private readonly source: Source,
    private readonly wire: Wire,
    batch: BatchView | null
  ) {
    this.bar = new SearchBar(wire, batch, source.notebook ?? '', () => this.restart(), row => this.goTo(row));
    this.rows = this.newRows();
    this.bulk = new Bulk(wire, { ids: () => this.selected.ids, all: tell => this.selected.matching(tell), done: () => this.done() });
    this.problem.setAttribute('role', 'alert');
    this.grid.tabIndex = 0;
    this.grid.setAttribute('role', 'grid');
    this.grid.setAttribute('aria-label', 'Jobs');
    this.grid.setAttribute('aria-multiselectable', 'true');
    this.grid.addEventListener('scroll', () => this.look());
    this.grid.addEventListener('keydown', event => this.onKey(event));
    this.node.dataset['lmSuppressShortcuts'] = 'true'; // keys are ours here, not the notebook's
    this.node.append(this.head(), this.bulk.node, this.problem, this.grid);
    this.deaf = source.changes?.(news => this.hear(news)) ?? ((): void => undefined);
    this.restart();
  }

  dispose(): void {
    this.deaf();
    this.bar.dispose();
    this.disposed = true;
    clearTimeout(this.asking);
    this.drawNoMore();
    this.node.remove();
  }

  private head(): HTMLElement {
    this.all.type = 'checkbox';
    label(this.all, 'Select all rows that are loaded');
    this.all.addEventListener('change', () => this.selectAll());
    return h('div', 'jx-table-top', this.all, this.bar.node, this.count);
  }

  private newRows(): Rows {
    const { sought, batch } = this.bar;
    const whole = Object.values(sought).every(value => value === '');
    return batch && whole ? new WholeBatch(this.wire, batch) : new Found(this.wire, batch, sought, () => this.draw());
  }

  /** Draws what changed, once for all news of a frame; asks the server only what it alone knows. */
  private hear(news: Changes): void {
    if (this.asked > 0) {
      this.heard.push(news);
    }
    if (news.gap) {
      void this.fetch(true);
    } else if (!this.rows.learn(news)) {
      this.askLater();
    }
    this.frame ||= requestAnimationFrame(() => this.draw());
    this.late ??= setTimeout(() => this.draw(), LATEST);
  }

  private askLater(): void {
    this.asking ??= setTimeout(() => {
      this.asking = undefined;
      void this.fetch(true);
    }, AGAIN);
  }

  private drawNoMore(): void {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.late);
    this.frame = 0;
    this.late = undefined;
  }

  private restart(): void {
    this.selected.reset(false);
    this.all.checked = false;
    this.found = -1;
    this.rows = this.newRows();
    this.grid.scrollTop = 0;
    this.look();
  }

  /** Shows a row; the focus stays where somebody types its number. */
  private goTo(row: number): void {
    this.found = row;
    this.grid.scrollTop = row * ROW;
    this.look();
  }

  /**
   * Goes from row to row, with shift selecting them; the space bar selects one, Enter opens it, Ctrl+A selects
   * all that are loaded.
   */
  private onKey(event: KeyboardEvent): void {
    const step = STEPS[event.key];
    if (step !== undefined) {
      this.step(Number(rowAt(event)?.getAttribute('aria-rowindex') ?? 0) - 1, step, event.shiftKey);
    } else if (isAll(event)) {
      this.all.click();
    } else if (!press(event)) {
      this.typed(event);
      return;
    }
    event.preventDefault();
  }

  /** What is typed is looked for: the key goes to whatever has the focus then. */
  private typed(event: KeyboardEvent): void {
    if (isTyped(event)) {
      this.bar.focus();
    }
  }

  private step(from: number, step: number, further: boolean): void {
    const row = Math.max(0, Math.min(from + step, this.rows.length - 1));
    this.focus(row);
    if (further) {
      this.choosing(this.selected.range(Math.max(0, from), row, true));
    }
  }

  private focus(row: number): void {
    const top = Math.min(this.grid.scrollTop, row * ROW);
    this.grid.scrollTop = Math.max(top, (row + 1 - SEEN) * ROW);
    this.look();
    this.space.querySelector<HTMLElement>(`[aria-rowindex="${row + 1}"]`)?.focus({ preventScroll: true });
  }

  private look(): void {
    this.draw();
    void this.fetch(false);
  }

  private async fetch(again: boolean): Promise<void> {
    const { rows } = this;
    const [first, last] = this.seen();
    this.asked += 1;
    try {
      await rows.load(first, last, again);
      setLine(this.problem, '');
    } catch (error) {
      this.complain(error);
      if (!this.disposed && rows === this.rows && !isRefused(error)) {
        this.askLater();
      }
    }
    this.asked -= 1;
    this.heard.forEach(news => rows.learn(news));
    this.heard = this.asked > 0 ? this.heard : [];
    if (rows === this.rows) {
      this.draw();
    }
  }

  private complain(error: unknown): void {
    setLine(this.problem, error instanceof Error ? error.message : String(error));
  }

  /** Returns the first and the last row to draw. */
  private seen(): [number, number] {
    const top = Math.floor(this.grid.scrollTop / ROW);
    return [Math.max(0, top - SPARE), top + SEEN + SPARE];
  }

  private draw(): void {
    this.drawNoMore();
    const { length, more } = this.rows;
    const [first, last] = this.seen();
    const focused = this.space.querySelector('.jx-grid-row:focus-within')?.getAttribute('aria-rowindex');
    this.space.style.height = `${length * ROW}px`;
    this.grid.style.height = `${Math.max(1, Math.min(SEEN, length)) * ROW}px`;
    this.grid.setAttribute('aria-rowcount', String(more ? -1 : length));
    this.fill(first, Math.min(last, length - 1));
    setText(this.count, `${showCount(length)}${more ? '+' : ''} ${length === 1 ? 'job' : 'jobs'}`);
    this.markFound();
    this.offer();
    if (focused && !this.space.querySelector(':focus')) {
      this.space.querySelector<HTMLElement>(`[aria-rowindex="${focused}"]`)?.focus();
    }
  }

  private markFound(): void {
    this.space.querySelector('.jx-found')?.classList.remove('jx-found');
    this.space.querySelector(`[aria-rowindex="${this.found + 1}"]`)?.classList.add('jx-found');
  }

  /** Puts these rows into the page; one that is there and has not changed stays, and the focus in it. */
  private fill(first: number, last: number): void {
    const drawn = new Map<string, HTMLElement>();
    for (let row = first; row <= last; row++) {
      const job = this.rows.get(row);
      const key = job ? JSON.stringify(job) : `row ${row}`;
      const node = this.drawn.get(key) ?? (job ? jobRow(job, this.source, this) : emptyRow(row));
      if (job) {
        mark(node, this.selected.has(job.id));
      }
      node.setAttribute('aria-rowindex', String(row + 1));
      node.style.top = `${row * ROW}px`;
      drawn.set(key, node);
    }
    this.drawn.forEach((node, key) => drawn.get(key) === node || node.remove());
    this.drawn = drawn;
    let next = this.space.firstChild;
    for (const node of drawn.values()) {
      if (node === next) {
        next = node.nextSibling;
      } else {
        this.space.insertBefore(node, next); // in the order that is seen is also read
      }
    }
  }

  select(id: string, wanted: boolean, further: boolean): void {
    this.choosing(this.selected.choose(id, wanted, further));
  }

  /** Says it when rows that are to be selected can't be had. */
  private choosing(choice: Promise<void>): void {
    choice.catch(error => this.complain(error));
  }

  /** Offers what can be done with the selected jobs; once all that are seen are, also to select the rest. */
  private offer(): void {
    const { length, more, loaded } = this.rows;
    const selected = this.selected.size;
    const rest = this.all.checked && selected <= loaded.length && (more || loaded.length < length);
    const whole = more ? 'Select all that match' : `Select all ${showCount(length)}`;
    this.bulk.update(selected, rest ? whole : '');
  }

  take(id: string, name: string): void {
    const { take } = this.source;
    if (take) {
      void this.bulk.tell(take(id, name), `Asking the kernel for ${name} … It waits while a cell runs; if the kernel was restarted, run this cell again.`);
    }
  }

  /** After a verb nothing is selected any more, and what it changed is looked at. */
  private done(): void {
    this.all.checked = false;
    this.selectAll();
    void this.fetch(true);
  }

  private selectAll(): void {
    this.selected.reset(this.all.checked);
    this.draw();
  }
}

/** Tells whether a question was wrong: asked again it still is. */
function isRefused(error: unknown): boolean {
  return error instanceof Refusal && error.field !== null;
}
