/**
 * A table of many jobs: filtered by the server, drawn as far as it is seen, with verbs for several at
 * once. With ten thousand jobs there are a few dozen rows in the page.
 */

import { button, h, icon, setLine, setText } from './dom';
import { Bulk } from './bulk';
import { showDuration } from './format';
import type { BatchView, Part, Source } from './model';
import { Pages, toneOf, type ListedJob, type Sought } from './pages';
import type { Wire } from './wire';

const ROW = 28; // pixels
const SEEN = 12; // rows
const SPARE = 6; // rows drawn above and below what is seen
const PAUSE = 250; // ms after the last key until the server is asked
const REFRESH = 1000; // ms between two looks at rows that may have changed

const CHOICES: [string, string][] = [
  ['', 'All'],
  ['waiting', 'Waiting'],
  ['active', 'Running'],
  ['good', 'Succeeded'],
  ['bad', 'Failed'],
  ['stopped', 'Cancelled']
];

export class JobTable implements Part<BatchView | null> {
  readonly node = h('div', 'jx-table-of-jobs');
  private readonly text = h('input', 'jx-input');
  private readonly status = h('select', 'jx-input jx-narrow');
  private readonly tool = h('input', 'jx-input jx-narrow');
  private readonly place = h('input', 'jx-input jx-narrow');
  private readonly all = h('input');
  private readonly count = h('span', 'jx-muted');
  private readonly problem = h('p', 'jx-problem');
  private readonly space = h('div', 'jx-grid-space');
  private readonly grid = h('div', 'jx-grid', this.space);
  private readonly bulk: Bulk;
  private readonly selected = new Set<string>();
  private drawn = new Map<string, HTMLElement>();
  private pages: Pages;
  /** The row that was gone to; -1 for none. */
  private found = -1;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private refreshing: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly source: Source,
    private readonly wire: Wire,
    private batch: BatchView | null
  ) {
    this.pages = this.newPages();
    this.bulk = new Bulk(wire, () => [...this.selected], () => this.done());
    this.problem.setAttribute('role', 'alert');
    this.grid.tabIndex = 0;
    this.grid.setAttribute('role', 'grid');
    this.grid.setAttribute('aria-label', 'Jobs');
    this.grid.addEventListener('scroll', () => this.look());
    this.node.append(this.head(), this.bulk.node, this.problem, this.grid);
    this.restart();
  }

  /** Has the rows looked at again that may have changed: soon, and not for each change. */
  update(batch: BatchView | null): void {
    this.batch = batch;
    this.refreshing ??= setTimeout(() => {
      this.refreshing = undefined;
      this.refresh();
    }, REFRESH);
  }

  dispose(): void {
    clearTimeout(this.timer);
    clearTimeout(this.refreshing);
    this.node.remove();
  }

  private head(): HTMLElement {
    this.text.type = 'search';
    this.text.placeholder = 'Name, or a filter: duration > 5';
    this.tool.placeholder = 'Tool';
    this.place.type = 'number';
    this.place.min = '0';
    this.place.placeholder = 'Row';
    this.all.type = 'checkbox';
    this.status.append(...CHOICES.map(([value, word]) => new Option(word, value)));
    label(this.text, 'Filter jobs by name or expression');
    label(this.status, 'Filter jobs by status');
    label(this.tool, 'Filter jobs by tool');
    label(this.place, 'Go to row');
    label(this.all, 'Select all rows that are loaded');
    [this.text, this.tool].forEach(node => node.addEventListener('input', () => this.later(() => this.restart())));
    this.status.addEventListener('change', () => this.restart());
    this.place.addEventListener('input', () => this.later(() => this.goTo(Number(this.place.value))));
    this.all.addEventListener('change', () => this.selectAll());
    const last = this.batch ? this.place : this.tool;
    return h('div', 'jx-table-head', this.all, this.text, this.status, last, this.count);
  }

  private newPages(): Pages {
    const { value: text } = this.text;
    const sought: Sought = { text: text.trim(), status: this.status.value, tool: this.tool.value.trim() };
    return new Pages(this.wire, this.batch, sought);
  }

  private later(act: () => void): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(act, PAUSE);
  }

  private restart(): void {
    this.selected.clear();
    this.all.checked = false;
    this.found = -1;
    this.pages = this.newPages();
    this.grid.scrollTop = 0;
    this.draw();
    this.look();
  }

  /** Shows a row; the focus stays where somebody types its number. */
  private goTo(row: number): void {
    this.found = row;
    this.grid.scrollTop = row * ROW;
    this.look();
  }

  private look(): void {
    this.draw();
    void this.fetch(false);
  }

  private refresh(): void {
    void this.fetch(true);
  }

  private async fetch(again: boolean): Promise<void> {
    const { pages } = this;
    const [first, last] = this.seen();
    try {
      await pages.load(first, last, again);
      setLine(this.problem, '');
    } catch (error) {
      setLine(this.problem, error instanceof Error ? error.message : String(error));
    }
    if (pages === this.pages) {
      this.draw();
    }
  }

  /** Returns the first and the last row to draw. */
  private seen(): [number, number] {
    const top = Math.floor(this.grid.scrollTop / ROW);
    return [Math.max(0, top - SPARE), top + SEEN + SPARE];
  }

  private draw(): void {
    const { length, more } = this.pages;
    const [first, last] = this.seen();
    const focused = this.space.querySelector('.jx-grid-row:focus-within')?.getAttribute('aria-rowindex');
    this.space.style.height = `${length * ROW}px`;
    this.grid.style.height = `${Math.max(1, Math.min(SEEN, length)) * ROW}px`;
    this.grid.setAttribute('aria-rowcount', String(more ? -1 : length));
    this.fill(first, Math.min(last, length - 1));
    setText(this.count, `${length.toLocaleString()}${more ? '+' : ''} ${length === 1 ? 'job' : 'jobs'}`);
    this.markFound();
    this.bulk.update(this.selected.size);
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
      const job = this.pages.get(row);
      const key = `${row} ${JSON.stringify(job)}`;
      drawn.set(key, this.drawn.get(key) ?? this.row(row, job));
    }
    const old = new Set(this.drawn.values());
    this.drawn = drawn;
    for (const node of drawn.values()) {
      old.delete(node);
      if (node.parentNode !== this.space) {
        this.space.append(node);
      }
    }
    old.forEach(node => node.remove());
  }

  private row(place: number, job: ListedJob | undefined): HTMLElement {
    const node = h('div', 'jx-grid-row');
    node.tabIndex = -1;
    node.setAttribute('role', 'row');
    node.setAttribute('aria-rowindex', String(place + 1));
    node.style.top = `${place * ROW}px`;
    if (!job) {
      node.append(cell('jx-muted', `${place} …`));
      return node;
    }
    const tone = toneOf(job.status);
    node.dataset.tone = tone;
    node.dataset.status = job.status;
    const took = job.attempts.at(-1)?.duration;
    const time = typeof took === 'number' ? showDuration(took) : '';
    node.append(cell('', this.box(job)), cell('jx-row-icon', icon(tone)), cell('jx-cut', this.title(job)));
    node.append(cell('jx-muted jx-cut', detail(job)), cell('jx-row-time', time), cell(this.source.take ? 'jx-take' : '', ...this.takes(job)));
    return node;
  }

  private box(job: ListedJob): HTMLElement {
    const node = h('input');
    node.type = 'checkbox';
    node.checked = this.selected.has(job.id);
    label(node, `Select ${job.name}`);
    node.addEventListener('change', () => {
      this.selected[node.checked ? 'add' : 'delete'](job.id);
      this.bulk.update(this.selected.size);
    });
    return node;
  }

  private title(job: ListedJob): HTMLElement {
    const { open } = this.source;
    const show = (): void => open?.({ kind: 'job', id: job.id, title: job.name });
    const node = open ? button(job.name, show, 'jx-row-title') : h('span', 'jx-row-title', job.name);
    const hidden = h('span', 'jx-hidden-text', ` ${job.status}`);
    node.title = job.name;
    return h('span', '', node, hidden);
  }

  /** A job's table as a variable, where there is a kernel to hold it. */
  private takes(job: ListedJob): HTMLElement[] {
    const { take } = this.source;
    if (!take || job.status !== 'SUCCEEDED' || job.n_outputs === 0) {
      return [];
    }
    const node = button('→ df', () => void this.bulk.tell(take(job.id, variable(job.name))), 'jx-button jx-small');
    label(node, `Put the table of ${job.name} into a variable`);
    return [node];
  }

  /** After a verb nothing is selected any more, and what it changed is looked at. */
  private done(): void {
    this.all.checked = false;
    this.selectAll();
    this.refresh();
  }

  private selectAll(): void {
    this.selected.clear();
    if (this.all.checked) {
      this.pages.loaded.forEach(job => this.selected.add(job.id));
    }
    this.drawn.forEach(node => node.remove());
    this.drawn.clear();
    this.draw();
  }
}

function label(node: HTMLElement, text: string): void {
  node.setAttribute('aria-label', text);
  node.title = text;
}

function cell(className: string, ...children: (Node | string)[]): HTMLElement {
  const node = h('span', className, ...children);
  node.setAttribute('role', 'gridcell');
  return node;
}

function detail(job: ListedJob): string {
  const given = Object.entries(job.arguments).map(([name, value]) => `${name}=${shortly(value)}`);
  return [job.reason ?? '', given.join(', ') || `${job.target.kind} ${job.target.name}`].filter(Boolean).join(' · ');
}

function shortly(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

/** Returns a name for a variable: `sweep[3]` is `sweep_3`. */
export function variable(name: string): string {
  const made = name.replace(/\W+/g, '_').replace(/^_+|_+$/g, '').toLowerCase();
  return /^[a-z]/.test(made) ? made : `df_${made}`;
}
