import { describe, expect, it } from 'vitest';
import { isFinal, readBundle, readView } from '../src/snapshot';
import { staticHtml, staticText } from '../src/static';
import { batch, failed, ID, job, SERVER, succeeded } from './samples';

describe('a bundle from a notebook', () => {
  it('is read as it was written', () => {
    const data = { version: 1, server: SERVER, view: JSON.parse(JSON.stringify(succeeded())) as unknown };
    expect(readBundle(data)).toEqual({ version: 1, server: SERVER, view: succeeded() });
  });

  it.each([
    [null],
    [[]],
    ['text'],
    [{ version: 2, server: SERVER, view: job() }],
    [{ version: 1, server: 7, view: job() }],
    [{ version: 1, server: SERVER, view: { kind: 'job', id: '../../api/contents' } }],
    [{ version: 1, server: SERVER, view: { kind: 'job', id: `${ID}/cancel` } }],
    [{ version: 1, server: SERVER, view: { kind: 'tool', id: ID } }]
  ])('is refused when it is none: %j', data => {
    expect(readBundle(data)).toBeNull();
  });

  it('gets a safe value for every field of the wrong type', () => {
    const view = readView({ kind: 'job', id: ID, title: 3, tone: 'x', outputs: 'no', arguments: [null, { name: 1 }], attempt: '9' });
    expect(readView({ ...job(), steps: 'none' })).toMatchObject({ steps: [] });
    expect(readView({ ...job(), steps: [7, { name: {}, tone: 'x' }] })).toMatchObject({
      steps: [{ name: '', status: '', tone: 'waiting', reason: null }]
    });
    expect(view).toMatchObject({ title: '', tone: 'waiting', outputs: [], arguments: [{ name: '', text: '' }], attempt: 0, progress: null });
  });

  it('keeps fields that a newer server has added', () => {
    expect(readView({ ...job(), pk: 7, reason_code: 'exit_code' })).toMatchObject({ pk: 7, reason_code: 'exit_code' });
  });

  it('drops what is no job from a list', () => {
    expect(readView({ kind: 'jobs', items: [job(), { kind: 'job', id: 'x' }, 4] })).toEqual({ kind: 'jobs', items: [job()] });
  });

  it('is final when every item is', () => {
    expect(isFinal(batch({ SUCCEEDED: 2 }))).toBe(true);
    expect(isFinal({ kind: 'jobs', items: [succeeded(), job()] })).toBe(false);
  });
});

describe('the still forms', () => {
  it('escape what they show', () => {
    const html = staticHtml(failed({ title: '<i>&"x"' }));
    expect(html).toContain('&lt;i&gt;&amp;&quot;x&quot;');
    expect(html).not.toMatch(/<i>|style=|<script/);
  });

  it('name every job of a list', () => {
    expect(staticText({ kind: 'jobs', items: [succeeded(), batch({ FAILED: 1, SUCCEEDED: 2 })] }).split('\n')).toHaveLength(2);
    expect(staticHtml({ kind: 'jobs', items: [succeeded()] })).toContain('<td>SUCCEEDED</td>');
  });

  it('read as the Python side writes them', () => {
    expect(staticText(failed())).toBe(`<job 'count' FAILED: exited with code 2 ${ID}>`);
    expect(staticHtml(batch({ SUCCEEDED: 1, FAILED: 1 })).split('\n')[0]).toBe('<b>sweep</b> 1 SUCCEEDED, 1 FAILED');
    expect(staticHtml(succeeded())).toContain('<tr><th>outputs</th><td>out/counts.txt (12.3 kB)</td></tr>');
    expect(staticHtml(succeeded({ n_outputs: 7 }))).toContain('<td>out/counts.txt (12.3 kB), and 6 more</td>');
  });
});
