import { beforeEach, expect, it, vi } from 'vitest';
import { MimeModel } from '@jupyterlab/rendermime';
import { JobRenderer, rendererFactory } from '../src/renderer';
import { MIME } from '../src/snapshot';
import { JobStream } from '../src/stream';
import { ID, job, SERVER, succeeded } from './samples';
import { Server } from './server';

let server: Server;
let stream: JobStream;
let renderer: JobRenderer;

beforeEach(() => {
  server = new Server();
  stream = new JobStream(server.api);
  renderer = new JobRenderer(stream, () => undefined);
});

type Data = Record<string, unknown>;

function output(view: unknown, from = SERVER): { model: MimeModel; written: Data[] } {
  const written: Data[] = [];
  const data = { [MIME]: { version: 1, server: from, view }, 'text/plain': 'a job', 'text/html': '<p>a job</p>' };
  const callback = (options: { data?: Data }): void => void written.push(options.data ?? {});
  return { model: new MimeModel({ data: data as never, callback: callback }), written };
}

async function live(): Promise<void> {
  await vi.waitFor(() => expect(server.sockets).toHaveLength(1));
  server.socket.open();
}

const badge = (): string | undefined => renderer.node.querySelector('.jx-badge')?.textContent ?? undefined;

it('draws the snapshot at once, without a button, before any server has answered', async () => {
  await renderer.renderModel(output(job()).model);
  expect(badge()).toBe('RUNNING');
  expect(renderer.node.querySelectorAll('button')).toHaveLength(0);
});

it('becomes live, and writes the end into the notebook, once', async () => {
  server.answers[`jobs/${ID}/view`] = job();
  const { model, written } = output(job());
  await renderer.renderModel(model);
  await live();
  await vi.waitFor(() => expect(renderer.node.querySelector('.jx-actions button')?.textContent).toBe('Cancel'));
  expect(written).toEqual([]);
  for (const seq of [2, 3]) {
    server.socket.send({ type: 'changes', seq, jobs: [succeeded()], batches: [] });
  }
  expect(badge()).toBe('SUCCEEDED');
  expect(written).toHaveLength(1);
  expect(written[0]?.[MIME]).toEqual({ version: 1, server: SERVER, view: succeeded() });
  expect(written[0]?.['text/html']).toContain('SUCCEEDED');
  expect(written[0]?.['text/plain']).toContain('SUCCEEDED');
});

it('says what would end a job under way, as long as it is', async () => {
  server.answers[''] = { server: SERVER, version: '0.1.0', ends_with: 'the container of this server' };
  server.answers[`jobs/${ID}/view`] = job();
  await renderer.renderModel(output(job()).model);
  await live();
  const label = (): string | undefined => renderer.node.querySelector('.jx-label')?.textContent ?? undefined;
  await vi.waitFor(() => expect(label()).toBe('Jobs end with the container of this server.'));
  server.socket.send({ type: 'changes', seq: 2, jobs: [succeeded()], batches: [] });
  expect(badge()).toBe('SUCCEEDED');
  expect(label()).toBe('');
});

it('says that the server does not answer, and offers nothing and counts no seconds meanwhile', async () => {
  server.answers[`jobs/${ID}/view`] = job();
  await renderer.renderModel(output(job()).model);
  await live();
  const view = (): Element | null => renderer.node.querySelector('.jx-view');
  const said = (): string => renderer.node.querySelector('.jx-trouble')?.textContent ?? '';
  await vi.waitFor(() => expect(renderer.node.querySelector('.jx-actions button')).not.toBeNull());
  server.socket.drop();
  expect(said()).toContain('does not answer');
  expect(view()?.classList).toContain('jx-away');
  await vi.waitFor(() => expect(server.sockets).toHaveLength(2), 3000);
  server.socket.open();
  expect(said()).toBe('');
  expect(view()?.classList).not.toContain('jx-away');
});

it('says nothing of the server over a job that has ended', async () => {
  server.answers[`jobs/${ID}/view`] = succeeded();
  await renderer.renderModel(output(succeeded()).model);
  await live();
  server.socket.drop();
  expect(renderer.node.querySelector('.jx-trouble')?.textContent).toBe('');
  expect(renderer.node.querySelector('.jx-view')?.classList).toContain('jx-away');
});

it('writes the steps of a tool into what a notebook keeps, too', async () => {
  const steps = [{ name: 'align', status: 'FAILED', tone: 'bad' as const, reason: 'exited with code 2' }];
  server.answers[`jobs/${ID}/view`] = succeeded({ steps });
  const { model, written } = output(job());
  await renderer.renderModel(model);
  await live();
  await vi.waitFor(() => expect(written).toHaveLength(1));
  expect(written[0]?.['text/html']).toContain('<th>step align</th><td>FAILED: exited with code 2</td>');
});

it('stays a picture when the job ran elsewhere', async () => {
  const { model, written } = output(job(), 'another server');
  await renderer.renderModel(model);
  await live();
  await vi.waitFor(() => expect(renderer.node.querySelector('.jx-label')?.textContent).toContain('Ran elsewhere'));
  expect(badge()).toBe('RUNNING');
  expect(renderer.node.querySelectorAll('button, a')).toHaveLength(0);
  expect(written).toEqual([]);
});

it('says when the server has no such job any more', async () => {
  await renderer.renderModel(output(succeeded()).model);
  await live();
  await vi.waitFor(() => expect(renderer.node.querySelector('.jx-label')?.textContent).toContain('no longer'));
  expect(badge()).toBe('SUCCEEDED');
});

it('does not take an older snapshot over a newer one', async () => {
  await renderer.renderModel(output(succeeded()).model);
  await renderer.renderModel(output(job()).model);
  expect(badge()).toBe('SUCCEEDED');
});

it('draws something else when the output becomes something else', async () => {
  await renderer.renderModel(output(succeeded()).model);
  await renderer.renderModel(output({ kind: 'job', id: 'nonsense' }).model);
  expect(renderer.node.textContent).toContain('not a job');
  expect(badge()).toBeUndefined();
});

it('is offered for our type alone, also in an untrusted notebook', () => {
  expect(rendererFactory(stream, () => undefined)).toMatchObject({ safe: true, mimeTypes: [MIME] });
});
