/** What a notebook keeps of a job: reading it without trust, and writing its last state back. */

import type { BatchView, ItemView, JobView, Tone, View } from './view';

export const MIME = 'application/vnd.jobs-ext.job.v1+json';

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const TONES: Tone[] = ['waiting', 'active', 'good', 'bad', 'stopped'];

export interface Bundle {
  version: number;
  server: string;
  view: View;
}

type Json = Record<string, unknown>;

/** Returns the bundle that a notebook holds, or null when it is none: a notebook is untrusted. */
export function readBundle(data: unknown): Bundle | null {
  if (!isObject(data) || data['version'] !== 1 || typeof data['server'] !== 'string') {
    return null;
  }
  const view = readView(data['view']);
  return view && { version: 1, server: data['server'], view };
}

/** Returns a view of known kind with every field of the right type, or null; fields unknown here are kept. */
export function readView(data: unknown): View | null {
  if (isObject(data) && data['kind'] === 'jobs') {
    return { kind: 'jobs', items: list(data['items']).map(readItem).filter(item => item !== null) };
  }
  return readItem(data);
}

/** As `readView`, for one job or one batch. */
export function readItem(data: unknown): ItemView | null {
  if (!isObject(data) || typeof data['id'] !== 'string' || !ID.test(data['id'])) {
    return null;
  }
  if (data['kind'] === 'job') {
    return readJob(data, data['id']);
  }
  return data['kind'] === 'batch' ? readBatch(data, data['id']) : null;
}

function readJob(data: Json, id: string): JobView {
  return {
    ...data,
    kind: 'job',
    ...common(data, id),
    status: text(data['status']),
    stage: textOrNull(data['stage']),
    reason: textOrNull(data['reason']),
    progress: isObject(data['progress'])
      ? { ...data['progress'], fraction: numberOrNull(data['progress']['fraction']), message: text(data['progress']['message']) }
      : null,
    started: textOrNull(data['started']),
    stopped: textOrNull(data['stopped']),
    attempt: number(data['attempt']),
    exit_code: numberOrNull(data['exit_code']),
    peak_memory: numberOrNull(data['peak_memory']),
    cpu_seconds: numberOrNull(data['cpu_seconds']),
    duration: numberOrNull(data['duration']),
    log_tail: textOrNull(data['log_tail']),
    pk: number(data['pk']),
    batch: textOrNull(data['batch']),
    notebook: textOrNull(data['notebook']),
    batch_index: numberOrNull(data['batch_index']),
    arguments: objects(data['arguments']).map(one => ({ name: text(one['name']), text: text(one['text']) })),
    steps: objects(data['steps']).map(one => ({
      name: text(one['name']),
      status: text(one['status']),
      tone: tone(one['tone']),
      reason: textOrNull(one['reason'])
    })),
    outputs: objects(data['outputs']).map(one => ({
      name: text(one['name']),
      size: number(one['size']),
      media_type: text(one['media_type']),
      main: one['main'] === true
    })),
    n_outputs: number(data['n_outputs'])
  };
}

function readBatch(data: Json, id: string): BatchView {
  const counts = isObject(data['counts']) ? Object.entries(data['counts']) : [];
  return {
    ...data,
    kind: 'batch',
    ...common(data, id),
    n_jobs: number(data['n_jobs']),
    counts: Object.fromEntries(counts.map(([status, n]) => [status, number(n)])),
    done: number(data['done']),
    failed: objects(data['failed']).map(one => ({
      reason_code: textOrNull(one['reason_code']),
      n_jobs: numberOrNull(one['n_jobs']) ?? 1,
      id: text(one['id']),
      title: text(one['title']),
      reason: textOrNull(one['reason'])
    }))
  };
}

function common(data: Json, id: string): Pick<ItemView, 'id' | 'title' | 'target' | 'tone' | 'final' | 'created' | 'actions'> {
  const target = isObject(data['target']) ? data['target'] : {};
  return {
    id,
    title: text(data['title']),
    target: { kind: text(target['kind']), name: text(target['name']) },
    tone: tone(data['tone']),
    final: data['final'] === true,
    created: text(data['created']),
    actions: list(data['actions']).filter(action => typeof action === 'string')
  };
}

function tone(data: unknown): Tone {
  return TONES.find(known => known === data) ?? 'waiting';
}

function isObject(data: unknown): data is Json {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}

function list(data: unknown): unknown[] {
  return Array.isArray(data) ? data : [];
}

function objects(data: unknown): Json[] {
  return list(data).filter(isObject);
}

function text(data: unknown): string {
  return typeof data === 'string' ? data : '';
}

function textOrNull(data: unknown): string | null {
  return typeof data === 'string' ? data : null;
}

function number(data: unknown): number {
  return numberOrNull(data) ?? 0;
}

function numberOrNull(data: unknown): number | null {
  return typeof data === 'number' && Number.isFinite(data) ? data : null;
}

/** The items of a view: itself, unless it is a list. */
export function itemsOf(view: View): ItemView[] {
  return view.kind === 'jobs' ? view.items : [view];
}

/** Tells whether nothing in the view can change any more, but by being deleted. */
export function isFinal(view: View): boolean {
  return itemsOf(view).every(item => item.final);
}
