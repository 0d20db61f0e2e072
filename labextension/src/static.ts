/** The still forms of a view that a notebook keeps beside the live one: plain HTML, and text. */

import type { BatchView, ItemView, JobView, View } from './view';
import { itemsOf } from './snapshot';
import { batchStatus, tallyText } from './view/pieces';
import { showDuration } from './view/format';

/** Returns a table without style or script, so that it survives every sanitiser. */
export function staticHtml(view: View): string {
  const items = itemsOf(view);
  if (view.kind === 'jobs') {
    const head = cells('th', ['Job', 'Status', 'Target', 'Note']);
    const rows = items.map(item => cells('td', [item.title, status(item), target(item), note(item)]));
    return `<table><thead>${head}</thead><tbody>${rows.join('')}</tbody></table>`;
  }
  const rows = items.flatMap(facts).map(([name, value]) => `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`);
  return `<table><tbody>${rows.join('')}</tbody></table>`;
}

/** Returns one line for each job or batch. */
export function staticText(view: View): string {
  return itemsOf(view).map(line).join('\n');
}

function line(item: ItemView): string {
  const kind = item.kind === 'job' ? 'Job' : 'Batch';
  const rest = note(item);
  return `<${kind} ${item.title} ${status(item)}${rest ? `: ${rest}` : ''} (${item.id})>`;
}

function facts(item: ItemView): [string, string][] {
  const rows: [string, string][] = [
    [item.kind === 'job' ? 'Job' : 'Batch', item.title],
    ['Status', status(item)],
    ['Target', target(item)],
    ['Note', note(item)],
    ['Duration', item.kind === 'job' && item.duration !== null ? showDuration(item.duration) : ''],
    ['Outputs', item.kind === 'job' ? item.outputs.map(output => output.name).join(', ') : ''],
    ['Id', item.id]
  ];
  return rows.filter(([, value]) => value !== '');
}

function status(item: ItemView): string {
  return item.kind === 'job' ? item.status : batchStatus(item);
}

function target(item: ItemView): string {
  return `${item.target.kind} ${item.target.name}`;
}

function note(item: JobView | BatchView): string {
  return item.kind === 'job' ? (item.reason ?? '') : tallyText(item);
}

function cells(tag: 'th' | 'td', texts: string[]): string {
  return `<tr>${texts.map(text => `<${tag}>${escapeHtml(text)}</${tag}>`).join('')}</tr>`;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#x27;' };

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, character => ENTITIES[character] ?? '');
}
