/** Tables of text: read from comma or tab separated lines, and drawn. */

import { h } from './dom';

/** Returns the cells of each line (RFC 4180); what is left open at the end is closed. */
export function readSeparated(text: string, separator: string): string[][] {
  const cell = new RegExp(`("(?:[^"]|"")*(?:"|$)|[^${separator}\\r\\n]*)(${separator}|\\r?\\n|\\r|$)`, 'gy');
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, content = '', end = ''] of text.matchAll(cell)) {
    row.push(unquoted(content));
    if (end !== separator) {
      rows.push(row);
      row = [];
    }
  }
  return rows.filter(cells => cells.length > 1 || cells[0] !== '');
}

function unquoted(cell: string): string {
  return cell.startsWith('"') ? cell.slice(1, cell.length > 1 && cell.endsWith('"') ? -1 : undefined).replace(/""/g, '"') : cell;
}

/** Draws rows of text, the first of them as heads; numbers stand to the right. */
export function drawTable(rows: string[][]): HTMLTableElement {
  const [heads = [], ...rest] = rows;
  const head = h('tr', '', ...heads.map(text => headCell(text)));
  const body = rest.map(row => h('tr', '', ...row.map(text => h('td', isNumber(text) ? 'jx-number' : '', text))));
  return h('table', 'jx-table', h('thead', '', head), h('tbody', '', ...body));
}

function headCell(text: string): HTMLElement {
  const cell = h('th', '', text);
  cell.scope = 'col';
  return cell;
}

function isNumber(text: string): boolean {
  return text.trim() !== '' && Number.isFinite(Number(text));
}
