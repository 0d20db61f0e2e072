/** The rows of a table: asked for as far as somebody looks, and then kept true by what has changed. */

import { fits, isFilter, ofJob, ofView, statusesOf, type Changes, type Listed, type Sought, type ToldJob } from './listed';
import type { Wire } from './wire';

export interface Rows {
  /** Rows there are, as far as that is known; with `more` behind them. */
  readonly length: number;
  readonly more: boolean;
  readonly loaded: Listed[];
  get(row: number): Listed | undefined;
  /** Returns the row of a job; -1 where it is not loaded. */
  rowOf(id: string): number;
  /** Sees to it that these rows are there, asking `again` also for those that are. */
  load(first: number, last: number, again?: boolean): Promise<void>;
  /** Returns the ids of all jobs, loaded or not; `tell` hears how many so far, and ends it by false. */
  ids(tell: (found: number) => boolean): Promise<string[]>;
  /** Takes changes in; false when only the server knows what fits now. */
  learn(news: Changes): boolean;
}

interface Page {
  items: ToldJob[];
  next: string | null;
}

/** The cursor of the next page: null after the last one, undefined before the first. */
type Next = string | null | undefined;

const BLOCK = 100; // jobs of a page
const LARGE = 500; // jobs of a page of which only the ids are wanted
const MOST_PAGES = 50; // read for one look: those of a rare job may be empty

/** Reads all pages of a listing. */
async function idsOf(wire: Wire, listing: string, query: URLSearchParams, tell: (found: number) => boolean): Promise<string[]> {
  const ids = new Set<string>();
  query.set('limit', String(LARGE));
  do {
    const page = (await wire.ask(`${listing}?${query}`)) as Page;
    page.items.forEach(({ id }) => ids.add(id));
    query.set('cursor', page.next ?? '');
  } while (query.get('cursor') && tell(ids.size));
  return [...ids];
}

/** All jobs of a batch: their place in it is their row, so any row can be gone to. */
export class WholeBatch implements Rows {
  readonly more = false;
  private readonly jobs = new Map<number, Listed>();
  /** By block, the number of the last question: an answer to an earlier one may be older. */
  private readonly asked = new Map<number, number>();
  private questions = 0;

  constructor(
    private readonly wire: Wire,
    private readonly batch: { id: string; n_jobs: number }
  ) {}

  get length(): number {
    return this.batch.n_jobs;
  }

  get loaded(): Listed[] {
    return [...this.jobs.values()];
  }

  get(row: number): Listed | undefined {
    return this.jobs.get(row);
  }

  rowOf(id: string): number {
    return [...this.jobs].find(([, job]) => job.id === id)?.[0] ?? -1;
  }

  ids(tell: (found: number) => boolean): Promise<string[]> {
    return idsOf(this.wire, `batches/${this.batch.id}/jobs`, new URLSearchParams({ order: 'index' }), tell);
  }

  async load(first: number, last: number, again = false): Promise<void> {
    if (again) {
      this.asked.clear(); // also those that nobody looks at now
    }
    const blocks = [];
    for (let block = blockOf(first); block <= blockOf(Math.min(last, this.length - 1)); block++) {
      if (!this.asked.has(block)) {
        blocks.push(this.loadBlock(block));
      }
    }
    await Promise.all(blocks);
  }

  learn({ jobs, deleted }: Changes): boolean {
    const gone = new Set(deleted);
    this.jobs.forEach((job, row) => gone.has(job.id) && this.jobs.delete(row));
    jobs.map(ofView).forEach(job => this.put(job));
    return true;
  }

  /** Of a job and its reruns, which share a place, the newest stands. */
  private put(job: Listed): void {
    const { batch, index, pk } = job;
    if (batch !== this.batch.id || index === null) {
      return;
    }
    const old = this.jobs.get(index);
    if (old ? pk >= old.pk : this.asked.has(blockOf(index))) {
      this.jobs.set(index, job);
    }
  }

  private async loadBlock(block: number): Promise<void> {
    const question = ++this.questions;
    this.asked.set(block, question);
    try {
      const page = await this.ask(block);
      if (this.asked.get(block) === question) {
        this.fill(block, page);
      }
    } catch (error) {
      if (this.asked.get(block) === question) {
        this.asked.delete(block);
      }
      throw error;
    }
  }

  private async ask(block: number): Promise<Page> {
    const [low, high] = [block * BLOCK, (block + 1) * BLOCK];
    const filter = `batch_index >= ${low} and batch_index < ${high}`;
    const query = new URLSearchParams({ order: 'index', limit: String(BLOCK), filter });
    return (await this.wire.ask(`batches/${this.batch.id}/jobs?${query}`)) as Page;
  }

  private fill(block: number, page: Page): void {
    for (let row = block * BLOCK; row < (block + 1) * BLOCK; row++) {
      this.jobs.delete(row); // one that was deleted is not told any more
    }
    page.items.map(ofJob).forEach(job => this.put(job));
  }
}

function blockOf(row: number): number {
  return Math.floor(row / BLOCK);
}

/** Jobs that are looked for, or all: one page after the other, the newest first, in a batch by their place. */
export class Found implements Rows {
  private jobs: Listed[] = [];
  private next: Next = undefined;
  private turn: Promise<void> = Promise.resolve();

  /** Calls `drawn` whenever there are more: a rare job may take many pages. */
  constructor(
    private readonly wire: Wire,
    private readonly batch: { id: string } | null,
    private readonly sought: Sought,
    private readonly drawn: () => void
  ) {}

  get length(): number {
    return this.jobs.length;
  }

  get more(): boolean {
    return this.next !== null;
  }

  get loaded(): Listed[] {
    return this.jobs;
  }

  get(row: number): Listed | undefined {
    return this.jobs[row];
  }

  rowOf(id: string): number {
    return this.jobs.findIndex(job => job.id === id);
  }

  ids(tell: (found: number) => boolean): Promise<string[]> {
    return idsOf(this.wire, this.listing, this.query(undefined), tell);
  }

  /** One at a time: two that began with the same cursor would list its page twice. */
  load(_first: number, last: number, again = false): Promise<void> {
    const turn = this.turn.then(() => this.loadPages(last, again));
    this.turn = turn.catch(() => undefined);
    return turn;
  }

  learn({ jobs, deleted }: Changes): boolean {
    const [gone, last] = [new Set(deleted), this.jobs.at(-1)];
    const known = new Map(this.jobs.map(job => [this.key(job), job]));
    const mine = jobs.map(ofView).filter(({ batch }) => !this.batch || batch === this.batch.id);
    mine.forEach(job => this.take(job, known, last));
    const left = [...known.values()].filter(({ id, batch }) => !gone.has(id) && !gone.has(batch ?? ''));
    this.jobs = left.sort((a, b) => this.order(a, b));
    return mine.length === 0 || !isFilter(this.sought.text);
  }

  /** What lies behind the `last` job is left to the next page. */
  private take(job: Listed, known: Map<string | number, Listed>, last: Listed | undefined): void {
    const [key, fit] = [this.key(job), fits(job, this.sought)];
    const old = known.get(key);
    if (old && old.pk > job.pk) {
      return;
    }
    const loaded = !this.more || (last !== undefined && this.order(job, last) < 0);
    if (fit === false) {
      known.delete(key);
    } else if (old || (fit && loaded)) {
      known.set(key, job);
    }
  }

  /** In a batch the reruns of a job are in its place. */
  private key({ id, index }: Listed): string | number {
    return this.batch && index !== null ? index : id;
  }

  private order(one: Listed, other: Listed): number {
    return this.batch ? (one.index ?? 0) - (other.index ?? 0) : other.pk - one.pk;
  }

  private async loadPages(last: number, again: boolean): Promise<void> {
    if (again) {
      await this.loadAgain(Math.min(this.length, last + 1));
    } else if (last >= this.length - 1) {
      for await (const [found, next] of this.pages(this.next)) {
        [this.jobs, this.next] = [[...this.jobs, ...found], next];
        this.drawn();
        if (this.length > last) {
          break;
        }
      }
    }
  }

  /** Keeps what is there until all that is to replace it has come. */
  private async loadAgain(least: number): Promise<void> {
    const jobs: Listed[] = [];
    let next: Next;
    for await (const [found, following] of this.pages(undefined)) {
      jobs.push(...found);
      next = following;
      if (jobs.length >= Math.max(1, least)) {
        break;
      }
    }
    [this.jobs, this.next] = [jobs, next];
  }

  /** Yields the jobs of the following pages, each with where to go on: one may hold none and not be the last. */
  private async *pages(from: Next): AsyncGenerator<[Listed[], Next]> {
    let next = from;
    for (let pages = 0; next !== null && pages < MOST_PAGES; pages++) {
      const page = (await this.wire.ask(`${this.listing}?${this.query(next)}`)) as Page;
      next = page.next;
      yield [page.items.map(ofJob), next];
    }
  }

  private get listing(): string {
    return this.batch ? `batches/${this.batch.id}/jobs` : 'jobs';
  }

  /** Words are looked for in names; what compares something is a filter. */
  private query(next: Next): URLSearchParams {
    const { text, status, tool, notebook } = this.sought;
    const query = new URLSearchParams({ limit: String(BLOCK) });
    const given = { [isFilter(text) ? 'filter' : 'text']: text, tool, notebook, cursor: next ?? '' };
    Object.entries(given).forEach(([name, value]) => value && query.set(name, value));
    statusesOf(status).forEach(one => query.append('status', one));
    return query;
  }
}
