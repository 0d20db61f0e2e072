/** Views as the server makes them. */

import { Refusal, serverSide, type BatchView, type FailureView, type JobView, type Source, type View, type Wire } from '../src/view';

export const ID = '019a9f00-0000-7000-8000-000000000001';
export const OTHER = '019a9f00-0000-7000-8000-000000000002';
export const BATCH = '019a9f00-0000-7000-8000-0000000000b1';
export const SERVER = '5f0c2a52-7f0a-4f5c-9a52-0f6d5c0a1b2c';

export function job(changes: Partial<JobView> = {}): JobView {
  return {
    kind: 'job',
    id: ID,
    pk: 1,
    title: 'count',
    target: { kind: 'tool', name: 'wc-1.0' },
    status: 'RUNNING',
    tone: 'active',
    final: false,
    stage: 'running',
    reason: null,
    progress: null,
    created: '2026-10-01T09:00:00.000000Z',
    started: '2026-10-01T09:00:01.000000Z',
    stopped: null,
    attempt: 1,
    exit_code: null,
    peak_memory: null,
    cpu_seconds: null,
    duration: null,
    log_tail: null,
    batch: null,
    notebook: null,
    batch_index: null,
    arguments: [{ name: 'text', text: 'data.txt' }],
    steps: [],
    outputs: [],
    n_outputs: 0,
    actions: ['cancel'],
    ...changes
  };
}

export function succeeded(changes: Partial<JobView> = {}): JobView {
  return job({
    status: 'SUCCEEDED',
    tone: 'good',
    final: true,
    stage: null,
    stopped: '2026-10-01T09:00:13.400000Z',
    duration: 12.4,
    exit_code: 0,
    peak_memory: 34_000_000,
    outputs: [{ name: 'out/counts.txt', size: 12_300, media_type: 'text/plain', main: true }],
    n_outputs: 1,
    actions: ['rerun'],
    ...changes
  });
}

export function failed(changes: Partial<JobView> = {}): JobView {
  return succeeded({ status: 'FAILED', tone: 'bad', exit_code: 2, reason: 'exited with code 2', log_tail: 'no such column', outputs: [], ...changes });
}

export function batch(counts: Partial<Record<string, number>> = {}, changes: Partial<BatchView> = {}): BatchView {
  const all: Record<string, number> = { SUBMITTED: 0, PENDING: 0, RUNNABLE: 0, STARTING: 0, RUNNING: 0 };
  Object.assign(all, { SUCCEEDED: 0, FAILED: 0, CANCELLED: 0 }, counts);
  const done = (all['SUCCEEDED'] ?? 0) + (all['FAILED'] ?? 0) + (all['CANCELLED'] ?? 0);
  const n = Object.values(all).reduce((sum, count) => sum + count, 0);
  return {
    kind: 'batch',
    id: BATCH,
    title: 'sweep',
    target: { kind: 'function', name: 'simulate' },
    n_jobs: n,
    counts: all,
    done,
    final: done === n,
    tone: all['FAILED'] ? 'bad' : done === n ? 'good' : 'active',
    created: '2026-10-01T09:00:00.000000Z',
    failed: [],
    actions: done === n ? [] : ['cancel'],
    ...changes
  };
}

export function failure(reason_code: string, n_jobs: number): FailureView {
  return { reason_code, n_jobs, id: OTHER, title: 'k=3', reason: 'exited with code 1' };
}

/** A server that answers by path; a `Refusal` is thrown. `asked` are the paths and bodies. */
export class Wired implements Wire {
  readonly asked: [string, unknown][] = [];

  constructor(private readonly answers: Record<string, unknown>) {}

  ask(tail: string, body?: object): Promise<unknown> {
    this.asked.push([tail, body]);
    const known = this.answers[tail] ?? this.answers[''];
    const answer = typeof known === 'function' ? (known as (tail: string, body?: object) => unknown)(tail, body) : known ?? new Refusal(`nothing at ${tail}`);
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  }

  async bytes(tail: string, start: number, end: number): Promise<Uint8Array> {
    const content = (await this.ask(tail)) as string | Uint8Array;
    return (typeof content === 'string' ? new TextEncoder().encode(content) : content).slice(start, end);
  }

  url(tail: string): string {
    return `/x/${tail}`;
  }

  get source(): Required<Pick<Source, 'act' | 'log' | 'href' | 'wire'>> {
    return serverSide(this);
  }
}

/** A source that the test drives; `send` is how a newer view comes. */
export function source(snapshot: View, rest: Partial<Source> = {}): Source & { send: (view: View) => void; listening: number } {
  const listeners = new Set<(view: View) => void>();
  return {
    snapshot,
    subscribe: listener => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    send: view => listeners.forEach(listener => listener(view)),
    get listening() {
      return listeners.size;
    },
    ...rest
  };
}
