/** A notice when a job of mine ends: once for a whole batch, and only for what this page saw unfinished. */

import { Notification } from '@jupyterlab/apputils';
import type { Change, JobStream } from './stream';
import type { BatchView, ItemView, JobView, Named } from './view';
import { showCount } from './view/format';
import { tallyText } from './view/pieces';

export interface Notice {
  message: string;
  type: 'success' | 'error' | 'info';
}

/** Shows notices; `open` is what their button does. Returns what ends it. */
export function notify(stream: JobStream, open: (view: Named) => void): () => void {
  const watch = new EndWatch();
  const onChange = (_: JobStream, change: Change): void => {
    for (const item of watch.ended(change)) {
      const { message, type } = notice(item);
      const actions = [{ label: 'Open', callback: () => open(item) }];
      announceOutside(message);
      Notification.emit(message, type, { autoClose: type === 'error' ? 20_000 : 6_000, actions });
    }
  };
  stream.changed.connect(onChange);
  return () => stream.changed.disconnect(onChange);
}

const ALLOWED = 'jobs-ext:browser-notices';

/** Whether the browser is to tell of ends while the page is hidden: asked for by somebody, and permitted. */
export function toldOutside(): boolean {
  return localStorage.getItem(ALLOWED) === 'yes' && window.Notification.permission === 'granted';
}

/** Turns that on, if the browser's question is answered by yes, or off. */
export async function tellOutside(wanted: boolean): Promise<void> {
  const permitted = wanted && (await window.Notification.requestPermission()) === 'granted';
  localStorage.setItem(ALLOWED, permitted ? 'yes' : 'no');
}

function announceOutside(message: string): void {
  if (document.hidden && toldOutside()) {
    const told = new window.Notification('Jobs', { body: message });
    told.onclick = () => window.focus();
  }
}

/** Finds out what has ended, among the things that stand for themselves: jobs outside batches, and batches. */
export class EndWatch {
  private readonly unfinished = new Set<string>();

  /** Returns the items of `change` that were seen unfinished before, and are over now. */
  ended(change: Change): ItemView[] {
    change.deleted.forEach(id => this.unfinished.delete(id));
    const whole = change.items.filter(item => item.kind === 'batch' || item.batch === null);
    whole.filter(item => !item.final).forEach(item => this.unfinished.add(item.id));
    return whole.filter(item => item.final && this.unfinished.delete(item.id));
  }
}

/** Returns what to say of something that has ended. */
export function notice(item: ItemView): Notice {
  return item.kind === 'job' ? jobNotice(item) : batchNotice(item);
}

function jobNotice(job: JobView): Notice {
  if (job.status === 'SUCCEEDED') {
    return { message: `${job.title} succeeded.`, type: 'success' };
  }
  if (job.status === 'CANCELLED') {
    return { message: `${job.title} was cancelled.`, type: 'info' };
  }
  return { message: `${job.title} failed${job.reason ? `: ${job.reason}` : '.'}`, type: 'error' };
}

function batchNotice(batch: BatchView): Notice {
  if (batch.counts['FAILED']) {
    const why = batch.failed[0]?.reason;
    return { message: `${batch.title}: ${tallyText(batch)}${why ? ` (${why})` : ''}.`, type: 'error' };
  }
  if (batch.counts['CANCELLED']) {
    return { message: `${batch.title} was cancelled: ${tallyText(batch)}.`, type: 'info' };
  }
  return { message: `${batch.title}: all ${showCount(batch.n_jobs)} jobs succeeded.`, type: 'success' };
}
