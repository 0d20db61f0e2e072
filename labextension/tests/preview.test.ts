import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { mount, type OutputView } from '../src/view';
import { draw, lookOf } from '../src/view/preview';
import { drawTable, readSeparated } from '../src/view/table';
import { ID, source, succeeded, Wired } from './samples';

let page: HTMLElement;

beforeEach(() => {
  page = document.createElement('div');
  document.body.append(page);
});

afterEach(() => page.remove());

const output = (name: string, media_type: string, size = 10): OutputView => ({ name, media_type, size, main: false });
const bytes = (text: string) => (): Promise<Uint8Array> => Promise.resolve(new TextEncoder().encode(text));

it('reads quoted cells, empty ones, and lines that end in any way', () => {
  expect(readSeparated('a,"b, ""c""",\r\n1,2,"x\ny"\n\n', ',')).toEqual([['a', 'b, "c"', ''], ['1', '2', 'x\ny']]);
  expect(readSeparated('a\tb', '\t')).toEqual([['a', 'b']]);
  expect(readSeparated('"never closed', ',')).toEqual([['never closed']]);
  expect(readSeparated('', ',')).toEqual([]);
});

it('draws numbers to the right, and cells as text', () => {
  const table = drawTable([['n', 'word'], ['1.5e3', '<b>x</b>']]);
  expect([...table.querySelectorAll('td')].map(cell => [cell.className, cell.textContent])).toEqual([['jx-number', '1.5e3'], ['', '<b>x</b>']]);
  expect(table.querySelector('th')?.scope).toBe('col');
});

it('knows what can be shown, and what is too large for it', () => {
  const looks = [
    output('t.csv', 'text/csv'), output('t.tsv', 'application/octet-stream'), output('p.png', 'image/png'),
    output('r.html', 'text/html; charset=utf-8'), output('n.json', 'application/json'), output('a.log', 'text/plain', 1e12),
    output('x.bin', 'application/octet-stream'), output('p.png', 'image/png', 1e9), output('t.parquet', 'application/vnd.apache.parquet', 1e12)
  ].map(lookOf);
  expect(looks).toEqual(['table', 'table', 'image', 'page', 'text', 'text', null, null, 'parquet']);
});

it('leaves out a row that was cut, and says that there are more', async () => {
  const rows = `a,b\n${'1,2\n'.repeat(80)}`;
  const drawn = (await draw(output('t.csv', 'text/csv', 1e6), 'table', bytes(`${rows}3,`)));
  expect(drawn.querySelectorAll('tbody tr')).toHaveLength(50);
  expect(drawn.textContent).toContain('The first 50 rows.');
  const few = (await draw(output('t.csv', 'text/csv', 1e6), 'table', bytes('a,b\n1,2\n3,4')));
  expect(few.querySelectorAll('tbody tr')).toHaveLength(1);
});

it('puts a page of a job into a sandbox in which nothing runs and nothing is loaded', async () => {
  const frame = (await draw(output('r.html', 'text/html'), 'page', bytes('<script>top.hurt()</script>'))) as HTMLIFrameElement;
  expect(frame.getAttribute('sandbox')).toBe('');
  expect(frame.srcdoc).toContain("default-src 'none'");
  expect(frame.title).toBe('r.html');
});

it('indents JSON, and shows what only says that it is JSON', async () => {
  const kind = output('n.json', 'application/json', 9);
  expect((await draw(kind, 'text', bytes('{"a":[1]}'))).textContent).toBe('{\n  "a": [\n    1\n  ]\n}');
  expect((await draw(kind, 'text', bytes('{"a": NaN'))).textContent).toBe('{"a": NaN');
});

it('shows an image by an address of its own, and lets go of it', async () => {
  const made = vi.fn(() => 'blob:1');
  const gone = vi.fn();
  Object.assign(URL, { createObjectURL: made, revokeObjectURL: gone });
  const node = (await draw(output('p.svg', 'image/svg+xml'), 'image', bytes('<svg/>'))) as HTMLImageElement;
  expect([node.src, node.alt]).toEqual(['blob:1', 'p.svg']);
  node.dispatchEvent(new Event('load'));
  expect(gone).toHaveBeenCalledWith('blob:1');
});

it('is read when it is opened, by keyboard too, and says what went wrong', async () => {
  const outputs = [output('out/t.csv', 'text/csv'), output('gone.txt', 'text/plain'), output('m.bin', 'application/octet-stream')];
  const wired = new Wired({ [`jobs/${ID}/outputs/out/t.csv`]: 'a,b\n1,2\n' });
  mount(page, source(succeeded({ outputs, n_outputs: 3 }), wired.source));
  expect(wired.asked).toEqual([]);
  const [first, second, ...more] = page.querySelectorAll<HTMLButtonElement>('[aria-label^=Preview]');
  expect(more).toEqual([]);
  first?.click();
  await vi.waitFor(() => expect(page.querySelector('.jx-preview td')?.textContent).toBe('1'));
  expect(first?.getAttribute('aria-expanded')).toBe('true');
  first?.click();
  expect(page.querySelector<HTMLElement>('.jx-preview')?.hidden).toBe(true);
  second?.click();
  await vi.waitFor(() => expect(page.textContent).toContain('nothing at jobs/'));
  expect(page.querySelector<HTMLAnchorElement>('.jx-all')?.getAttribute('href')).toBe(`/x/jobs/${ID}/outputs.zip`);
});
