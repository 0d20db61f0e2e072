/** A job as a table shows it, from what the API tells of it and from a view; and which ones are looked for. */

import type { JobView, TargetView, Tone } from './model';

export interface Listed {
  id: string;
  /** Grows with every job. */
  pk: number;
  name: string;
  status: string;
  reason: string | null;
  target: TargetView;
  batch: string | null;
  /** That it was submitted from. */
  notebook: string | null;
  /** The place in the batch. */
  index: number | null;
  /** Its arguments in one line. */
  given: string;
  /** Seconds of the last attempt. */
  duration: number | null;
  n_outputs: number;
}

/** What is read here of a job of the API. */
export interface ToldJob extends Pick<Listed, 'id' | 'pk' | 'name' | 'status' | 'reason' | 'target' | 'batch' | 'notebook' | 'n_outputs'> {
  batch_index: number | null;
  arguments: Record<string, unknown>;
  attempts: { duration: number | null }[];
}

/** What is looked for; empty texts leave it open. */
export interface Sought {
  text: string;
  status: string;
  tool: string;
  /** Its path, absolute or below the server's root. */
  notebook: string;
}

/** What became of some jobs; after a `gap` others may have changed, too. */
export interface Changes {
  jobs: JobView[];
  /** Ids of jobs and batches. */
  deleted: string[];
  gap: boolean;
}

export function ofJob(job: ToldJob): Listed {
  const given = Object.entries(job.arguments).map(([name, value]) => shown(name, asText(value)));
  const duration = job.attempts.at(-1)?.duration ?? null;
  return { ...common(job), name: job.name, given: given.join(', '), duration };
}

export function ofView(view: JobView): Listed {
  const given = view.arguments.map(({ name, text }) => shown(name, text));
  return { ...common(view), name: view.title, given: given.join(', '), duration: view.duration };
}

type Common = 'id' | 'pk' | 'status' | 'reason' | 'target' | 'batch' | 'notebook' | 'index' | 'n_outputs';

/** Nothing else is kept, so that a job that looks as before is equal to what it was. */
function common(job: ToldJob | JobView): Pick<Listed, Common> {
  const { id, pk, status, reason, target, batch, notebook, batch_index: index, n_outputs } = job;
  return { id, pk, status, reason, target: { kind: target.kind, name: target.name }, batch, notebook, index, n_outputs };
}

function shown(name: string, text: string): string {
  return `${name}=${text.length > 40 ? `${text.slice(0, 39)}…` : text}`;
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

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

/** Returns the statuses that a choice stands for. */
export function statusesOf(tone: string): string[] {
  return Object.keys(TONES).filter(status => TONES[status] === tone);
}

/** Tells whether a job is one of those looked for; null where only the server can tell. */
export function fits(job: Listed, { text, status, tool, notebook }: Sought): boolean | null {
  const tests = [!status || toneOf(job.status) === status, !tool || isOf(job.target, tool), !notebook || isFrom(job.notebook, notebook)];
  if (tests.includes(false)) {
    return false;
  }
  return isFilter(text) ? null : job.name.toLowerCase().includes(text.toLowerCase());
}

/** A tool is called by its name, or by that and its version. */
function isOf({ kind, name }: TargetView, tool: string): boolean {
  return kind === 'tool' && (name === tool || name.replace(/-[^-]*$/, '') === tool);
}

/** Jobs tell their notebook below the server's root. */
function isFrom(told: string | null, notebook: string): boolean {
  return told !== null && (told === notebook || notebook.endsWith(`/${told}`));
}

/** Tells whether a text is an expression such as `duration > 5`, and not a word to look for. */
export function isFilter(text: string): boolean {
  return /[=<>]|\b(like|in|is)\b/.test(text);
}
