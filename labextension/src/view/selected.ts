/** Which jobs of a table are selected: one by one, from one row to another, or all. */

import type { Rows } from './pages';

export class Selected {
  private readonly jobs = new Set<string>();
  /** The job that was chosen last: from there goes what is chosen further. */
  private last = '';

  /** `rows` are those shown now; `changed` is called when others are selected. */
  constructor(
    private readonly rows: () => Rows,
    private readonly changed: () => void
  ) {}

  get size(): number {
    return this.jobs.size;
  }

  get ids(): string[] {
    return [...this.jobs];
  }

  has(id: string): boolean {
    return this.jobs.has(id);
  }

  /** Selects nothing, or all that are loaded. */
  reset(all: boolean): void {
    this.jobs.clear();
    if (all) {
      this.rows().loaded.forEach(job => this.jobs.add(job.id));
    }
  }

  /** Selects a job, or not; with `further` all from the one chosen before. */
  async choose(id: string, wanted: boolean, further: boolean): Promise<void> {
    const from = further ? this.rows().rowOf(this.last) : -1;
    this.put(id, wanted);
    this.changed();
    if (from >= 0) {
      await this.range(from, this.rows().rowOf(id), wanted);
    }
  }

  /** Selects the jobs of these rows, or not; those that nobody has looked at yet are asked for. */
  async range(from: number, to: number, wanted: boolean): Promise<void> {
    const rows = this.rows();
    const [first, last] = [Math.min(from, to), Math.max(from, to)];
    await rows.load(first, last);
    if (rows !== this.rows()) {
      return; // something else is looked for by now
    }
    const found = Array.from({ length: last - first + 1 }, (_, at) => rows.get(first + at)).filter(job => job !== undefined);
    found.forEach(job => this.put(job.id, wanted));
    this.last = rows.get(to)?.id ?? this.last;
    this.changed();
  }

  /** Selects all that the server finds; nothing when something else is looked for by then. */
  async matching(tell: (found: number) => void): Promise<void> {
    const rows = this.rows();
    const ids = await rows.ids(found => {
      tell(found);
      return rows === this.rows();
    });
    if (rows === this.rows()) {
      ids.forEach(id => this.jobs.add(id));
      this.changed();
    }
  }

  private put(id: string, wanted: boolean): void {
    this.jobs[wanted ? 'add' : 'delete'](id);
    this.last = id;
  }
}
