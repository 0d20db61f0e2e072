/**
 * What there is to see of a job, a batch or a list of them: the JSON made by
 * `jobs_ext/model/view.py`, and the source that a drawing gets it from.
 */

import type { Changes } from './listed';
import type { Wire } from './wire';

export type Tone = 'waiting' | 'active' | 'good' | 'bad' | 'stopped';

export interface TargetView {
  kind: string;
  name: string;
}

export interface ProgressView {
  /** 0 to 1, or null when the job only says what it is doing. */
  fraction: number | null;
  message: string;
}

export interface OutputView {
  name: string;
  /** Bytes. */
  size: number;
  media_type: string;
  main: boolean;
}

export interface StepView {
  name: string;
  status: string;
  tone: Tone;
  reason: string | null;
}

export interface JobView {
  kind: 'job';
  id: string;
  /** Grows with every job. */
  pk: number;
  title: string;
  target: TargetView;
  status: string;
  tone: Tone;
  final: boolean;
  stage: string | null;
  reason: string | null;
  progress: ProgressView | null;
  created: string;
  started: string | null;
  stopped: string | null;
  /** Number of attempts so far. */
  attempt: number;
  exit_code: number | null;
  /** Bytes. */
  peak_memory: number | null;
  /** Seconds. */
  cpu_seconds: number | null;
  /** Seconds of the last attempt, by the monotonic clock of its machine. */
  duration: number | null;
  /** The last lines of the log of a job that failed, as plain text. */
  log_tail: string | null;
  batch: string | null;
  /** That it was submitted from, below the server's root. */
  notebook: string | null;
  /** Its place in the batch. */
  batch_index: number | null;
  arguments: { name: string; text: string }[];
  /** Of a tool that has some; absent in what an earlier version kept in a notebook. */
  steps?: StepView[];
  /** The first of them. */
  outputs: OutputView[];
  n_outputs: number;
  actions: string[];
}

export interface FailureView {
  /** Null in what an earlier version kept in a notebook. */
  reason_code: string | null;
  n_jobs: number;
  id: string;
  title: string;
  reason: string | null;
}

export interface BatchView {
  kind: 'batch';
  id: string;
  title: string;
  target: TargetView;
  n_jobs: number;
  /** Jobs by status; all eight statuses are there. */
  counts: Record<string, number>;
  done: number;
  final: boolean;
  tone: Tone;
  created: string;
  /** Why jobs failed: the commonest reasons, each with the first job as its example. */
  failed: FailureView[];
  actions: string[];
}

export type ItemView = JobView | BatchView;

/** What it takes to show a job or batch by itself. */
export type Named = Pick<ItemView, 'kind' | 'id' | 'title'>;

export interface JobsView {
  kind: 'jobs';
  items: ItemView[];
}

export type View = ItemView | JobsView;

/** A piece of a log, by byte offset. */
export interface LogChunk {
  offset: number;
  next: number;
  size: number;
  text: string;
  /** True when nothing more will come. */
  final: boolean;
}

export type Stream = 'stdout' | 'stderr';

/** Where a drawing gets its data, and whom it asks to do things. */
export interface Source {
  snapshot: View;
  /** Calls `listener` with each newer view; returns what ends that. */
  subscribe: (listener: (view: View) => void) => () => void;
  /** Carries out `cancel`, `reset` or `rerun`. Absent: nothing can be done, and no button is drawn. */
  act?: (action: string, view: ItemView) => Promise<void>;
  /** Reads a log from a byte offset; a negative one counts from its end. */
  log?: (id: string, stream: Stream, offset: number) => Promise<LogChunk>;
  /** The address of an output's content. Absent: outputs are named but not linked. */
  href?: (id: string, output: string) => string;
  /** Whatever else a drawing asks the server. Absent: previews, editing and the like are not offered. */
  wire?: Wire;
  /** Calls `listener` with what becomes of any job; returns what ends that. Absent: tables stand still. */
  changes?: (listener: (news: Changes) => void) => () => void;
  /** Puts the table of a job into a variable of a kernel; returns what to say. Absent: there is no kernel. */
  take?: (id: string, name: string) => Promise<string>;
  /** The path of the reader's notebook. Absent: its jobs can't be told from others. */
  notebook?: string;
  /**
   * Calls `tell` at once, and whenever it changes, with why the server is out of reach ("" where that is said
   * elsewhere), null while it is not; returns what ends that. Meanwhile nothing moves and nothing is offered.
   */
  trouble?: (tell: (why: string | null) => void) => () => void;
  /** Draws a list as a table that the server filters, where there is a `wire`. */
  table?: boolean;
  /** Shows one item of a list by itself. Absent: titles are plain text. */
  open?: (view: Named) => void;
  /** One line above the card, e.g. that the job ran elsewhere. */
  label?: string;
  /** Draw the log opened. */
  logOpen?: boolean;
}

/** One piece of a drawing: a node that follows a view. */
export interface Part<V> {
  readonly node: HTMLElement;
  update(view: V): void;
  dispose(): void;
}
