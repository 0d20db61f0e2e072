/** One row of a table of jobs. */

import { button, h, icon } from './dom';
import { showDuration } from './format';
import { toneOf, type Listed } from './listed';
import type { Source } from './model';

/** Which rows are selected, and what the buttons in them do. */
export interface Choice {
  /** Selects a job, or not; with `further` all rows from the one before to it. */
  select(id: string, wanted: boolean, further: boolean): void;
  /** Puts the table of a job into a variable. */
  take(id: string, name: string): void;
}

/** Returns the row of a job. */
export function jobRow(job: Listed, source: Source, choice: Choice): HTMLElement {
  const node = row();
  const tone = toneOf(job.status);
  node.dataset.tone = tone;
  node.dataset.status = job.status;
  const time = job.duration === null ? '' : showDuration(job.duration);
  node.append(cell('', box(job, choice)), cell('jx-row-icon', icon(tone)), cell('jx-cut', title(job, source)));
  const told = cell('jx-muted jx-cut', detail(job));
  told.title = told.textContent ?? ''; // a narrow table cuts it off
  node.append(told, cell('jx-row-time', time));
  node.append(cell(source.take ? 'jx-take' : '', ...(source.take ? takes(job, choice) : [])));
  return node;
}

/** Shows whether the job of a row is selected. */
export function mark(node: HTMLElement, selected: boolean): void {
  node.setAttribute('aria-selected', String(selected));
  node.querySelectorAll('input').forEach(one => (one.checked = selected));
}

/** Returns a row for a job that the server has not told of yet. */
export function emptyRow(place: number): HTMLElement {
  const node = row();
  node.append(cell('jx-muted jx-whole', `${place} …`));
  return node;
}

/** Names a control for who sees it, hears it or points at it. */
export function label(node: HTMLElement, text: string): void {
  node.setAttribute('aria-label', text);
  node.title = text;
}

/** Returns a name for a variable: `sweep[3]` is `sweep_3`. */
export function variable(name: string): string {
  const made = name.replace(/\W+/g, '_').replace(/^_+|_+$/g, '').toLowerCase();
  return /^[a-z]/.test(made) ? made : `df_${made}`;
}

function row(): HTMLElement {
  const node = h('div', 'jx-grid-row');
  node.tabIndex = -1;
  node.setAttribute('role', 'row');
  return node;
}

function cell(className: string, ...children: (Node | string)[]): HTMLElement {
  const node = h('span', className, ...children);
  node.setAttribute('role', 'gridcell');
  return node;
}

function box(job: Listed, choice: Choice): HTMLElement {
  const node = h('input');
  node.type = 'checkbox';
  label(node, `Select ${job.name}`);
  node.addEventListener('click', ({ shiftKey }) => choice.select(job.id, node.checked, shiftKey)); // a change does not tell of shift
  return node;
}

function title(job: Listed, { open }: Source): HTMLElement {
  const show = (): void => open?.({ kind: 'job', id: job.id, title: job.name });
  const node = open ? button(job.name, show, 'jx-row-title') : h('span', 'jx-row-title', job.name);
  const hidden = h('span', 'jx-hidden-text', ` ${job.status}`);
  node.title = job.name;
  return h('span', '', node, hidden);
}

/** Returns the button for a job's table as a variable. */
function takes(job: Listed, choice: Choice): HTMLElement[] {
  if (job.status !== 'SUCCEEDED' || job.n_outputs === 0) {
    return [];
  }
  const node = button('→ df', () => choice.take(job.id, variable(job.name)), 'jx-button jx-small');
  label(node, `Put the table of ${job.name} into a variable`);
  return [node];
}

function detail(job: Listed): string {
  return [job.reason ?? '', job.given || `${job.target.kind} ${job.target.name}`].filter(Boolean).join(' · ');
}
