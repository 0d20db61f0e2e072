/** The first rows of a Parquet file, read here by its own index: of a large file only what they take is asked for. */

import { parquetMetadataAsync, parquetReadObjects, type AsyncBuffer, type FileMetaData } from 'hyparquet';
import { h } from './dom';
import { showBytes, showCount } from './format';
import { drawTable } from './table';

const ROWS = 50;
const COLUMNS = 40;
const MOST = 32e6; // bytes: columns are packed in blocks, and the first rows come with all of theirs
const CELL = 200; // characters

/** Reads bytes of a file, from `start` to before `end`. */
export type Read = (start: number, end: number) => Promise<Uint8Array>;

/** Returns the first rows as a table, and how many there are of what. Rejects what is no Parquet, or too large. */
export async function drawParquet(size: number, read: Read): Promise<[HTMLElement, HTMLElement]> {
  const file = ranged(size, read);
  const metadata = await parquetMetadataAsync(file);
  const names = metadata.schema.length ? topLevel(metadata) : [];
  const columns = names.slice(0, COLUMNS);
  refuseLarge(metadata, columns);
  const rows = await parquetReadObjects({ file, metadata, columns, rowEnd: ROWS, utf8: false });
  const cells = rows.map(row => columns.map(name => cell(row[name])));
  return [drawTable([columns, ...cells]), h('p', 'jx-muted', extent(Number(metadata.num_rows), rows.length, names.length))];
}

function ranged(byteLength: number, read: Read): AsyncBuffer {
  return {
    byteLength,
    slice: async (start, end = byteLength) => {
      const bytes = await read(start, end);
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    }
  };
}

/** The schema is a tree written flat: the root first, then each column with what is in it. */
function topLevel({ schema }: FileMetaData): string[] {
  const names: string[] = [];
  let at = 1;
  const skip = (): void => {
    let inside = schema[at]?.num_children ?? 0;
    at += 1;
    for (; inside > 0; inside--) {
      skip();
    }
  };
  while (at < schema.length) {
    names.push(schema[at]?.name ?? '');
    skip();
  }
  return names;
}

function refuseLarge({ row_groups }: FileMetaData, columns: string[]): void {
  const needed = (row_groups[0]?.columns ?? [])
    .filter(({ meta_data }) => columns.includes(meta_data?.path_in_schema[0] ?? ''))
    .reduce((sum, { meta_data }) => sum + Number(meta_data?.total_compressed_size ?? 0), 0);
  if (needed > MOST) {
    throw new Error(`Its first rows lie in a block of ${showBytes(needed)}, too much for a look: read it in a cell.`);
  }
}

function extent(rows: number, shown: number, columns: number): string {
  const all = `${showCount(rows)} × ${showCount(columns)}`;
  const parts = [rows > shown && `the first ${shown} rows`, columns > COLUMNS && `the first ${COLUMNS} columns`];
  return [all, ...parts].filter(Boolean).join(', ');
}

function cell(value: unknown): string {
  const text = asText(value);
  return text.length > CELL ? `${text.slice(0, CELL - 1)}…` : text;
}

function asText(value: unknown): string {
  if (value === null || value === undefined) {
    return '';
  }
  if (value instanceof Date) {
    return value.toISOString().replace(/T00:00:00\.000Z$/, '');
  }
  if (value instanceof Uint8Array) {
    return showBytes(value.length);
  }
  return typeof value === 'string' ? value : typeof value === 'object' ? JSON.stringify(value, plain) : `${value as number | bigint | boolean}`;
}

/** JSON has no integers of 64 bits. */
function plain(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}
