/** The jobs of a table: asked for page by page, as far as somebody looks. */

import type { Tone } from './model';
import type { Wire } from './wire';

/** A job as the API tells it: what a table shows of it. */
export interface ListedJob {
  id: string;
  name: string;
  status: string;
  reason: string | null;
  created: string;
  batch_index: number | null;
  target: { kind: string; name: string };
  arguments: Record<string, unknown>;
  attempts: { duration: number | null }[];
  n_outputs: number;
}

/** What is looked for; empty texts leave it open. */
export interface Sought {
  text: string;
  status: string;
  tool: string;
}

interface Page {
  items: ListedJob[];
  next: string | null;
}

export const BLOCK = 100; // jobs of a page
const MOST_PAGES = 50; // read for one look: those of a rare job may be empty

const TONES: Record<string, Tone> = {
  SUBMITTED: 'waiting',
  PENDING: 'waiting',
  RUNNABLE: 'waiting',
  STARTING: 'active',
  RUNNING: 'active',
  SUCCEEDED: 'good',
  FAILED: 'bad',
  CANCELLED: 'stopped'
};

export function toneOf(status: string): Tone {
  return TONES[status] ?? 'waiting';
}

/** The jobs by row. Those of a whole batch have their place in it as row; others come one page after the other. */
export class Pages {
  private readonly jobs = new Map<number, ListedJob>();
  private next: string | null | undefined = undefined;
  private readonly asked = new Set<number>();
  private turn: Promise<boolean> = Promise.resolve(false);

  constructor(
    private readonly wire: Wire,
    private readonly batch: { id: string; n_jobs: number } | null,
    private readonly sought: Sought
  ) {}

  /** Rows there are, as far as that is known. */
  get length(): number {
    return this.whole ? (this.batch?.n_jobs ?? 0) : this.jobs.size;
  }

  /** Says that there are more rows than `length`. */
  get more(): boolean {
    return !this.whole && this.next !== null;
  }

  get(row: number): ListedJob | undefined {
    return this.jobs.get(row);
  }

  get loaded(): ListedJob[] {
    return [...this.jobs.values()];
  }

  /** Sees to it that these rows are there; tells whether any is new. */
  load(first: number, last: number, again = false): Promise<boolean> {
    if (this.whole) {
      return this.loadBlocks(first, last, again);
    }
    const turn = this.turn.then(() => this.loadPages(last, again));
    this.turn = turn.catch(() => false);
    return turn;
  }

  /** One at a time: two that began with the same cursor would list its page twice. */
  private async loadPages(last: number, again: boolean): Promise<boolean> {
    if (again) {
      const wanted = this.jobs.size;
      this.next = undefined;
      const found = await this.following(wanted);
      this.jobs.clear();
      this.append(found);
      return true;
    }
    return this.more && last >= this.jobs.size - 1 ? this.append(await this.following(1)) : false;
  }

  private get whole(): boolean {
    return this.batch !== null && !this.sought.text && !this.sought.status && !this.sought.tool;
  }

  private async loadBlocks(first: number, last: number, again: boolean): Promise<boolean> {
    let fresh = false;
    for (let block = Math.floor(first / BLOCK); block <= Math.floor(last / BLOCK); block++) {
      if (again || !this.asked.has(block)) {
        this.asked.add(block);
        await this.loadBlock(block).catch((error: unknown) => {
          this.asked.delete(block);
          throw error;
        });
        fresh = true;
      }
    }
    return fresh;
  }

  private async loadBlock(block: number): Promise<void> {
    const [low, high] = [block * BLOCK, (block + 1) * BLOCK];
    const filter = `batch_index >= ${low} and batch_index < ${high}`;
    const page = await this.ask(new URLSearchParams({ order: 'index', limit: String(BLOCK), filter }));
    for (let row = low; row < high; row++) {
      this.jobs.delete(row); // one that was deleted is not told any more
    }
    page.items.forEach(job => this.jobs.set(job.batch_index ?? 0, job));
  }

  /** Returns the jobs of the next pages, until there are so many or no more. */
  private async following(least: number): Promise<ListedJob[]> {
    const found: ListedJob[] = [];
    for (let pages = 0; this.next !== null && found.length < Math.max(1, least) && pages < MOST_PAGES; pages++) {
      const page = await this.ask(this.query());
      found.push(...page.items);
      this.next = page.next;
    }
    return found;
  }

  private append(found: ListedJob[]): boolean {
    found.forEach(job => this.jobs.set(this.jobs.size, job));
    return found.length > 0;
  }

  /** Words are looked for in names; what compares something is a filter. */
  private query(): URLSearchParams {
    const { text, status, tool } = this.sought;
    const query = new URLSearchParams({ limit: String(BLOCK) });
    const given = { [isFilter(text) ? 'filter' : 'text']: text, tool, cursor: this.next ?? '' };
    Object.entries(given).forEach(([name, value]) => value && query.set(name, value));
    STATUSES[status]?.forEach(one => query.append('status', one));
    return query;
  }

  private async ask(query: URLSearchParams): Promise<Page> {
    const place = this.batch ? `batches/${this.batch.id}/jobs` : 'jobs';
    return (await this.wire.ask(`${place}?${query}`)) as Page;
  }
}

/** What the choices of a table stand for. */
const STATUSES: Record<string, string[]> = Object.fromEntries(
  ['waiting', 'active', 'good', 'bad', 'stopped'].map(tone => [tone, Object.keys(TONES).filter(status => TONES[status] === tone)])
);

/** Tells whether a text is an expression such as `duration > 5`, and not a word to look for. */
export function isFilter(text: string): boolean {
  return /[=<>]|\b(like|in|is)\b/.test(text);
}
