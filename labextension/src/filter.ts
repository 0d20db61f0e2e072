/** Which jobs a filter lets through. */

import { tally } from './view/pieces';
import type { BatchView, ItemView, JobView } from './view';

export interface Filter {
  /** Words that must all occur in what is shown of a job. */
  text: string;
  /** A tone, or "" for all. */
  tone: string;
}

/** Returns the items that fit; a batch stays when one of its jobs does, and brings them when itself is named. */
export function matches(items: ItemView[], filter: Filter): ItemView[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const named = (item: ItemView): boolean => words.every(word => searchable(item).includes(word));
  const batches = new Set(items.filter(item => item.kind === 'batch' && named(item)).map(item => item.id));
  const jobs = items.filter((item): item is JobView => item.kind === 'job' && fitsJob(item, filter, named, batches));
  const kept = new Set<string>(jobs.map(job => job.id));
  const parents = new Set(jobs.map(job => job.batch));
  const stays = (batch: BatchView): boolean => parents.has(batch.id) || (batches.has(batch.id) && fitsBatch(batch, filter));
  return items.filter(item => (item.kind === 'job' ? kept.has(item.id) : stays(item)));
}

/**
 * Returns the newest that a list has room for, the newest first: `rows` jobs and batches, and of each batch
 * that is among them as many of its jobs, which fold under it however many there are.
 */
export function newest(items: ItemView[], rows: number): ItemView[] {
  const batches = new Set<string | null>(items.filter(item => item.kind === 'batch').map(item => item.id));
  const room = new Map<string | null, number>();
  return [...items].reverse().filter(item => {
    const under = item.kind === 'job' && batches.has(item.batch) ? item.batch : null;
    const taken = room.get(under) ?? 0;
    room.set(under, taken + 1);
    return taken < rows;
  });
}

function fitsJob(job: JobView, filter: Filter, named: (item: ItemView) => boolean, batches: Set<string>): boolean {
  const tone = !filter.tone || job.tone === filter.tone;
  return tone && (named(job) || (job.batch !== null && batches.has(job.batch)));
}

function fitsBatch(batch: BatchView, filter: Filter): boolean {
  return !filter.tone || tally(batch).some(group => group.tone === filter.tone && group.n > 0);
}

function searchable(item: ItemView): string {
  const given = item.kind === 'job' ? item.arguments.map(one => `${one.name}=${one.text}`) : [];
  const reason = item.kind === 'job' ? (item.reason ?? '') : '';
  return [item.title, item.target.name, item.target.kind, item.id, reason, ...given].join(' ').toLowerCase();
}
