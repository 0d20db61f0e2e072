/** What a table is searched by: text, status, tool, batch, notebook, and in a batch the number of a row. */

import { h } from './dom';
import { showCount } from './format';
import { label } from './job-row';
import type { Sought } from './listed';
import type { Wire } from './wire';

const PAUSE = 200; // ms after the last key until the server is asked
const PAUSE_OF_ROW = 80; // a row costs the server little
const BATCHES = 50; // the newest, to choose from

const CHOICES: [string, string][] = [
  ['', 'All'],
  ['waiting', 'Waiting'],
  ['active', 'Running'],
  ['good', 'Succeeded'],
  ['bad', 'Failed'],
  ['stopped', 'Cancelled']
];

/** What is used here of a batch. */
export interface InBatch {
  id: string;
  n_jobs: number;
}

interface ToldBatch extends InBatch {
  name: string;
}

export class SearchBar {
  readonly node = h('div', 'jx-table-head');
  private readonly text = h('input', 'jx-input');
  private readonly status = h('select', 'jx-input jx-narrow');
  private readonly tool = h('input', 'jx-input jx-narrow');
  private readonly batches = h('select', 'jx-input jx-narrow');
  private readonly notebooks = h('select', 'jx-input jx-narrow');
  private readonly place = h('input', 'jx-input jx-narrow');
  private readonly known = new Map<string, InBatch>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * `only` is the batch that all is about, null to choose one; `notebook` that of the reader, ""
   * where there is none. `changed` is called when something else is looked for, `goTo` with a row.
   */
  constructor(
    private readonly wire: Wire,
    private readonly only: InBatch | null,
    private readonly notebook: string,
    changed: () => void,
    goTo: (row: number) => void
  ) {
    this.fields();
    let before = this.key;
    const sought = (): void => {
      if (this.key !== before) {
        before = this.key;
        this.place.value = ''; // that row is another one now, or none
        changed();
      }
    };
    [this.text, this.tool].forEach(node => node.addEventListener('input', () => this.later(sought, PAUSE)));
    this.batches.addEventListener('change', () => this.show());
    [this.status, this.batches, this.notebooks].forEach(node => node.addEventListener('change', sought));
    this.batches.addEventListener('focus', () => void this.list());
    this.place.addEventListener('input', () => this.later(() => this.place.value && goTo(Number(this.place.value)), PAUSE_OF_ROW));
    this.node.append(this.text, this.status, this.tool, this.batches, this.notebooks, this.place);
    this.show();
    if (only === null) {
      void this.list();
    }
  }

  get sought(): Sought {
    const [tool, notebook] = this.batch ? ['', ''] : [this.tool.value.trim(), this.notebooks.value];
    return { text: this.text.value.trim(), status: this.status.value, tool, notebook };
  }

  /** The batch that is looked into; null for all jobs. */
  get batch(): InBatch | null {
    return this.only ?? this.known.get(this.batches.value) ?? null;
  }

  /** Equal where the same is looked for: typing something and taking it back changes nothing. */
  private get key(): string {
    return JSON.stringify([this.sought, this.batch?.id]);
  }

  /** Takes the focus, so that what is typed replaces what was looked for. */
  focus(): void {
    this.text.select();
    this.text.focus();
  }

  dispose(): void {
    clearTimeout(this.timer);
  }

  private fields(): void {
    this.text.type = 'search';
    this.place.type = 'number';
    this.place.min = '0';
    this.text.placeholder = 'Name, or a filter: duration > 5';
    this.tool.placeholder = 'Tool';
    this.place.placeholder = 'Row';
    this.status.append(...CHOICES.map(([value, word]) => new Option(word, value)));
    this.batches.append(new Option('Any batch', ''));
    this.notebooks.append(new Option('All notebooks', ''), new Option('This notebook', this.notebook));
    label(this.text, 'Filter jobs by name or expression');
    label(this.status, 'Filter jobs by status');
    label(this.tool, 'Filter jobs by tool');
    label(this.batches, 'Filter jobs by batch');
    label(this.notebooks, 'Filter jobs by notebook');
    label(this.place, 'Go to row');
  }

  /** Offers what tells jobs apart where one looks: of one batch all have the same tool and notebook. */
  private show(): void {
    this.batches.hidden = this.only !== null;
    this.tool.hidden = this.batch !== null;
    this.notebooks.hidden = this.batch !== null || this.notebook === '';
    this.place.hidden = this.batch === null;
  }

  /** Adds the newest batches that are not there to choose from; a failure is told by the table, which asks the same server. */
  private async list(): Promise<void> {
    const answer = await this.wire.ask(`batches?limit=${BATCHES}`).catch(() => ({ items: [] }));
    for (const batch of (answer as { items: ToldBatch[] }).items.reverse()) {
      if (!this.known.has(batch.id)) {
        this.known.set(batch.id, batch);
        this.batches.add(new Option(`${batch.name} (${showCount(batch.n_jobs)})`, batch.id), 1);
      }
    }
  }

  private later(act: () => unknown, pause: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(act, pause);
  }
}
