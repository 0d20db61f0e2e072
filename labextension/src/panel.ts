/** The left panel: every job of mine, live, with a filter. */

import { LabIcon } from '@jupyterlab/ui-components';
import { Widget } from '@lumino/widgets';
import type { Message } from '@lumino/messaging';
import { matches, newest, type Filter } from './filter';
import { followTrouble, labSide } from './source';
import type { Change, Health, JobStream } from './stream';
import { mount, type JobsView, type Mounted, type Named, type Source } from './view';
import { button, h, setLine } from './view/dom';

export const PANEL_ID = 'jobs-ext-panel';

/** A stack of cards with a play sign: jobs. */
export const jobsIcon = new LabIcon({
  name: 'jobs-ext:jobs',
  svgstr:
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="16"><g class="jp-icon3" fill="#616161">' +
    '<path d="M6 2h12v2H6zM4 6h16v2H4z"/><path fill-rule="evenodd" d="M2 10h20v12H2zm8 2.8v6.4l5.2-3.2z"/></g></svg>'
});

const CHOICES: [string, string][] = [
  ['', 'All'],
  ['waiting', 'Waiting'],
  ['active', 'Running'],
  ['good', 'Succeeded'],
  ['bad', 'Failed'],
  ['stopped', 'Cancelled']
];

/** Rows shown at most, and jobs below a batch; older ones are a query away in Python. */
const ROWS = 300;

export class JobsPanel extends Widget {
  private readonly search = h('input', 'jobs-ext-search');
  private readonly choice = h('select', 'jobs-ext-choice');
  private readonly banner = h('div', 'jobs-ext-banner');
  private readonly body = h('div', 'jobs-ext-body');
  private readonly hint = welcome();
  private readonly none = h('p', 'jobs-ext-none');
  private readonly list: Mounted;
  private redraw = 0;

  constructor(
    private readonly stream: JobStream,
    open: (view: Named) => void
  ) {
    super();
    this.id = PANEL_ID;
    this.title.icon = jobsIcon;
    this.title.caption = 'Jobs';
    this.addClass('jobs-ext-panel');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', 'Jobs');
    this.node.append(this.head(), this.banner, this.body);
    this.body.append(this.hint, this.none);
    const empty: JobsView = { kind: 'jobs', items: [] };
    const trouble: Source['trouble'] = tell => followTrouble(stream, why => tell(why && '')); // the banner says it
    this.list = mount(this.body, { snapshot: empty, subscribe: () => () => undefined, trouble, open, ...labSide(stream) });
    stream.changed.connect(this.onChange, this);
    stream.healthChanged.connect(this.onHealth, this);
    this.onHealth(stream, stream.health);
    this.draw();
  }

  override dispose(): void {
    cancelAnimationFrame(this.redraw);
    this.stream.changed.disconnect(this.onChange, this);
    this.stream.healthChanged.disconnect(this.onHealth, this);
    this.list.dispose();
    super.dispose();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.draw();
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.search.focus();
  }

  private head(): HTMLElement {
    this.search.type = 'search';
    this.search.placeholder = 'Filter jobs';
    this.search.setAttribute('aria-label', 'Filter jobs by text');
    this.search.addEventListener('input', () => this.draw());
    this.choice.setAttribute('aria-label', 'Filter jobs by status');
    this.choice.append(...CHOICES.map(([value, word]) => new Option(word, value)));
    this.choice.addEventListener('change', () => this.draw());
    return h('div', 'jobs-ext-head', this.search, this.choice);
  }

  private onChange(_: JobStream, __: Change): void {
    if (this.isVisible && !this.redraw) {
      this.redraw = requestAnimationFrame(() => this.draw());
    }
  }

  private onHealth(_: JobStream, health: Health): void {
    const words: Record<Health, string> = { connecting: '', live: this.stream.warning, offline: this.stream.trouble ?? '', missing: MISSING };
    setLine(this.banner, words[health]);
    if (health === 'offline' || health === 'missing') {
      this.banner.append(button('Try again', () => this.stream.retry(), 'jobs-ext-again'));
    }
    this.banner.setAttribute('role', 'status');
    this.draw();
  }

  private draw(): void {
    this.redraw = 0;
    const filter: Filter = { text: this.search.value, tone: this.choice.value };
    const all = this.stream.items;
    const items = newest(matches(all, filter), ROWS);
    this.hint.hidden = all.length > 0 || this.stream.health !== 'live';
    setLine(this.none, all.length > 0 && items.length === 0 ? 'No job fits the filter.' : '');
    this.list.update({ kind: 'jobs', items });
    this.body.classList.toggle('jobs-ext-bare', items.length === 0);
  }
}

const MISSING =
  "The server half of jobs_ext is missing. Run “pip install jobs_ext” in the environment of the Jupyter server, and restart it.";

/** What to type first, for someone who has no job yet. */
function welcome(): HTMLElement {
  const code = h('pre', 'jobs-ext-code', 'import jobs_ext as jx\n\njob = jx.submit(["sleep", "5"])\njob');
  const lines = [
    h('p', '', 'No jobs yet. In a notebook cell, type'),
    code,
    h('p', '', 'The job goes on when the kernel is busy or this page is closed, and shows up here.')
  ];
  return h('div', 'jobs-ext-welcome', ...lines);
}
