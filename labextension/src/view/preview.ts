/** A look at an output without leaving the card: a table, an image, a text, or a page in a sandbox. */

import { h } from './dom';
import { cleanLog, showBytes } from './format';
import type { OutputView } from './model';
import { drawParquet, type Read } from './parquet';
import { drawTable, readSeparated } from './table';

export type Look = 'table' | 'parquet' | 'image' | 'text' | 'page';

/** Bytes that are read at most; of tables and texts it is the beginning. */
const LIMITS: Record<Exclude<Look, 'parquet'>, number> = { table: 64e3, text: 64e3, image: 20e6, page: 5e6 };
const ROWS = 50;
/** Pages of a job must load nothing: neither from the web, nor from this server with the reader's login. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:";

/** Returns how an output can be shown; null when it can't. */
export function lookOf({ name, media_type, size }: OutputView): Look | null {
  const type = media_type.split(';')[0]?.trim().toLowerCase() ?? '';
  const look = lookOfType(type, name.toLowerCase());
  return (look === 'image' || look === 'page') && size > LIMITS[look] ? null : look;
}

function lookOfType(type: string, name: string): Look | null {
  if (separatorOf(type, name)) {
    return 'table';
  }
  if (type.endsWith("parquet") || name.endsWith('.parquet')) {
    return 'parquet';
  }
  if (type.startsWith('image/')) {
    return 'image';
  }
  if (type === 'text/html' || type === 'application/xhtml+xml') {
    return 'page';
  }
  return /^text\/|[/+](json|xml|yaml|toml|x-ndjson|x-ipynb\+json)$/.test(type) ? 'text' : null;
}

function separatorOf(type: string, name: string): string {
  if (type === 'text/csv' || name.endsWith('.csv')) {
    return ',';
  }
  return type === 'text/tab-separated-values' || name.endsWith('.tsv') ? '\t' : '';
}

/** Reads as much of an output as it takes, and draws that. */
export async function draw(output: OutputView, look: Look, read: Read): Promise<HTMLElement> {
  if (look === 'parquet') {
    const [table, extent] = await drawParquet(output.size, read);
    return h('div', '', scroll(output.name, table), extent);
  }
  return drawBytes(output, look, await read(0, LIMITS[look]));
}

function drawBytes(output: OutputView, look: Exclude<Look, 'parquet'>, bytes: Uint8Array): HTMLElement {
  switch (look) {
    case 'image':
      return image(output, bytes);
    case 'page':
      return page(output, decode(bytes));
    case 'table':
      return table(output, whole(output, bytes));
    case 'text':
      return text(output, whole(output, bytes));
  }
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Returns the text without a last line that was cut. */
function whole(output: OutputView, bytes: Uint8Array): string {
  const all = decode(bytes);
  const end = all.lastIndexOf('\n');
  return bytes.length < output.size && end > 0 ? all.slice(0, end) : all;
}

/** An image is no document of this page: even in an SVG nothing runs. */
function image(output: OutputView, bytes: Uint8Array): HTMLElement {
  const node = h('img', 'jx-image');
  node.alt = output.name;
  const address = URL.createObjectURL(new Blob([bytes as BlobPart], { type: output.media_type }));
  node.addEventListener('load', () => URL.revokeObjectURL(address));
  node.addEventListener('error', () => URL.revokeObjectURL(address));
  node.src = address;
  return node;
}

function page(output: OutputView, html: string): HTMLElement {
  const frame = h('iframe', 'jx-page');
  frame.setAttribute('sandbox', '');
  frame.title = output.name;
  frame.srcdoc = `<meta http-equiv="Content-Security-Policy" content="${POLICY}">${html}`;
  return frame;
}

function table(output: OutputView, given: string): HTMLElement {
  const rows = readSeparated(given, separatorOf(output.media_type, output.name.toLowerCase()));
  const cut = rows.length > ROWS + 1 || given.length < output.size / 4;
  const note = cut ? [h('p', 'jx-muted', `The first ${Math.min(rows.length - 1, ROWS)} rows.`)] : [];
  return h('div', '', scroll(output.name, drawTable(rows.slice(0, ROWS + 1))), ...note);
}

function text(output: OutputView, given: string): HTMLElement {
  const cut = given.length < output.size / 4;
  const node = h('pre', 'jx-log', cut ? given : cleanLog(pretty(output, given)));
  node.tabIndex = 0;
  node.setAttribute('aria-label', output.name);
  return h('div', '', node, ...(cut ? [h('p', 'jx-muted', `The first ${showBytes(given.length)}.`)] : []));
}

/** Returns JSON with a line for each value. */
function pretty(output: OutputView, given: string): string {
  if (!output.media_type.endsWith('json')) {
    return given;
  }
  try {
    return JSON.stringify(JSON.parse(given), null, 2);
  } catch {
    return given; // of another kind than it says
  }
}

/** What may be wider than the card scrolls by itself, by keyboard too. */
function scroll(name: string, inside: HTMLElement): HTMLElement {
  const node = h('div', 'jx-scroll', inside);
  node.tabIndex = 0;
  node.setAttribute('role', 'region');
  node.setAttribute('aria-label', name);
  return node;
}
