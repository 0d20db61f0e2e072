/**
 * The still forms of a view that a notebook keeps beside the live one, as
 * `jobs_ext/client/static.py` writes them: HTML without style or script, and a line of text.
 */

import { itemsOf } from './snapshot';
import type { BatchView, ItemView, JobView, View } from './view';
import { showBytes, showCount, showDuration } from './view/format';

type Row = [string, string];

/** Returns a view as an HTML table. */
export function staticHtml(view: View): string {
  if (view.kind === 'jobs') {
    return jobsTable(view.items);
  }
  const rows = view.kind === 'batch' ? batchRows(view) : jobRows(view);
  const lines = rows.map(([name, value]) => `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`);
  return `<b>${escapeHtml(view.title)}</b> ${escapeHtml(state(view))}\n<table>\n${lines.join('\n')}\n</table>`;
}

/** Returns one line for each job or batch. */
export function staticText(view: View): string {
  return itemsOf(view)
    .map(item => `<${item.kind} ${quoted(item.title)} ${state(item)} ${item.id}>`)
    .join('\n');
}

function state(item: ItemView): string {
  if (item.kind === 'job') {
    return item.reason ? `${item.status}: ${item.reason}` : item.status;
  }
  const told = Object.entries(item.counts).filter(([, n]) => n);
  return told.map(([status, n]) => `${showCount(n)} ${status}`).join(', ') || 'no jobs';
}

function jobRows(view: JobView): Row[] {
  const rows: Row[] = [['target', `${view.target.kind} ${view.target.name}`]];
  rows.push(...view.arguments.map(({ name, text }): Row => [name, text]));
  rows.push(...(view.steps ?? []).map(({ name, status, reason }): Row => [`step ${name}`, reason ? `${status}: ${reason}` : status]));
  if (view.duration !== null) {
    rows.push(['took', showDuration(view.duration)]);
  }
  if (view.outputs.length) {
    const named = view.outputs.map(one => `${one.name} (${showBytes(one.size)})`);
    const more = view.n_outputs - named.length;
    rows.push(['outputs', [...named, ...(more > 0 ? [`and ${showCount(more)} more`] : [])].join(', ')]);
  }
  return [...rows, ['id', view.id]];
}

function batchRows(view: BatchView): Row[] {
  return [
    ['target', `${view.target.kind} ${view.target.name}`],
    ['done', `${showCount(view.done)} of ${showCount(view.n_jobs)}`],
    ...view.failed.map(({ title, n_jobs, reason }): Row => [`failed: ${title}${n_jobs > 1 ? ` and ${showCount(n_jobs - 1)} more` : ''}`, reason ?? '']),
    ['id', view.id]
  ];
}

function jobsTable(items: ItemView[]): string {
  const lines = items.map(item => cells('td', [item.title, state(item), item.created, item.id]));
  return `<table>\n${cells('th', ['name', 'status', 'created', 'id'])}\n${lines.join('\n')}\n</table>`;
}

function cells(tag: 'th' | 'td', texts: string[]): string {
  return `<tr>${texts.map(text => `<${tag}>${escapeHtml(text)}</${tag}>`).join('')}</tr>`;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#x27;' };

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, character => ENTITIES[character] ?? '');
}

/** Returns a text as Python shows it. */
function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
  return quote + (quote === "'" ? escaped.replace(/'/g, "\\'") : escaped) + quote;
}
