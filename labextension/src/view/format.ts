/** Numbers, times and logs as people read them; the same words as `jobs_ext/model/quantities.py`. */

import type { JobView } from './model';

/** Returns bytes for reading, in powers of ten, e.g. `4.1 GB`. */
export function showBytes(size: number): string {
  let rest = size;
  for (const unit of ['B', 'kB', 'MB', 'GB']) {
    if (rest < 1000) {
      return `${rest.toFixed(unit === 'B' ? 0 : 1)} ${unit}`;
    }
    rest /= 1000;
  }
  return `${rest.toFixed(1)} TB`;
}

/** Returns a number of things for reading, e.g. `10,000`: in English, as the words around it. */
export function showCount(n: number): string {
  return n.toLocaleString('en');
}

/** Returns seconds for reading, e.g. `< 1 ms`, `12 ms`, `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`. */
export function showDuration(seconds: number): string {
  if (seconds < 0.0995) {
    const ms = Math.round(seconds * 1000);
    return ms < 1 ? '< 1 ms' : `${ms} ms`;
  }
  if (seconds < 9.95) {
    return `${seconds.toFixed(1)} s`;
  }
  const whole = Math.round(seconds);
  if (whole < 60) {
    return `${whole} s`;
  }
  if (whole < 3600) {
    return join(`${Math.floor(whole / 60)} min`, whole % 60, 's');
  }
  return join(`${Math.floor(whole / 3600)} h`, Math.floor((whole % 3600) / 60), 'min');
}

function join(first: string, second: number, unit: string): string {
  return second ? `${first} ${second} ${unit}` : first;
}

/** Returns a UTC time as the local time of day, with the date unless it is today's. */
export function showTime(text: string, now = new Date()): string {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) {
    return '';
  }
  const clock = time.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });
  const today = time.toDateString() === now.toDateString();
  return today ? clock : `${time.toLocaleDateString()} ${clock}`;
}

/**
 * Returns how long a job has run, or waits, in seconds; null when that can't be told.
 * An ended job has its measured duration, whatever the clocks say.
 */
export function elapsed(view: JobView, now = Date.now()): number | null {
  if (view.final && view.duration !== null) {
    return view.duration;
  }
  const from = Date.parse(view.started ?? (view.final ? '' : view.created));
  const to = view.final ? Date.parse(view.stopped ?? '') : now;
  return Number.isNaN(from) || Number.isNaN(to) ? null : Math.max(0, (to - from) / 1000);
}

const ESCAPE = String.fromCharCode(27);
const BELL = String.fromCharCode(7);
const ANSI = new RegExp(
  `${ESCAPE}\\[[0-?]*[ -/]*[@-~]` + // colours, cursor moves
    `|${ESCAPE}\\][^${BELL}${ESCAPE}]*(?:${BELL}|${ESCAPE}\\\\)?` + // titles, links
    `|${ESCAPE}[ -/]*[0-~]?`, // whatever else a terminal would swallow
  'g'
);

/** Returns a log without terminal codes; a line redrawn with carriage returns shows its last state. */
export function cleanLog(text: string): string {
  return text.replace(ANSI, '').replace(/\r+\n/g, '\n').replace(/[^\n]*\r(?=[^\n])/g, '').replace(/\r/g, '');
}
