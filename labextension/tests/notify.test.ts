import { expect, it, vi } from 'vitest';
import { EndWatch, notice, notify, tellOutside, toldOutside } from '../src/notify';
import { JobStream } from '../src/stream';
import { batch, failed, ID, job, succeeded } from './samples';
import { Server } from './server';

const change = (...items: Parameters<typeof notice>[0][]): Parameters<EndWatch['ended']>[0] => ({ items, deleted: [], snapshot: false });

it('tells of a job once, and only when it was seen unfinished', () => {
  const watch = new EndWatch();
  expect(watch.ended(change(succeeded()))).toEqual([]);
  expect(watch.ended(change(job()))).toEqual([]);
  expect(watch.ended(change(failed()))).toEqual([failed()]);
  expect(watch.ended(change(failed()))).toEqual([]);
});

it('tells of a batch as a whole, never of its jobs', () => {
  const watch = new EndWatch();
  const member = { batch: batch().id };
  watch.ended(change(batch({ RUNNING: 1 }), job(member)));
  expect(watch.ended(change(succeeded(member)))).toEqual([]);
  expect(watch.ended(change(batch({ SUCCEEDED: 1 })))).toHaveLength(1);
});

it('forgets what was deleted', () => {
  const watch = new EndWatch();
  watch.ended(change(job()));
  watch.ended({ items: [], deleted: [ID], snapshot: false });
  expect(watch.ended(change(succeeded()))).toEqual([]);
});

it('says what happened, and why', () => {
  expect(notice(succeeded())).toEqual({ message: 'count succeeded.', type: 'success' });
  expect(notice(failed())).toEqual({ message: 'count failed: exited with code 2', type: 'error' });
  expect(notice(failed({ status: 'CANCELLED' })).type).toBe('info');
  expect(notice(batch({ SUCCEEDED: 20 })).message).toBe('sweep: all 20 jobs succeeded.');
  const partly = batch({ SUCCEEDED: 18, FAILED: 2 }, { failed: [{ reason_code: 'exit_code', n_jobs: 2, id: ID, title: 'k=1', reason: 'exited with code 1' }] });
  expect(notice(partly)).toEqual({ message: 'sweep: 18 succeeded, 2 failed (exited with code 1).', type: 'error' });
});

it('is told by the browser only when that was asked for, permitted, and the page is hidden', async () => {
  const made = vi.fn();
  const answer = { permission: 'default', requestPermission: () => Promise.resolve((answer.permission = 'granted')) };
  vi.stubGlobal('Notification', Object.assign(function told(...given: unknown[]) { made(...given); }, answer));
  Object.defineProperty(window.Notification, 'permission', { get: () => answer.permission });
  const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
  const server = new Server();
  const stream = new JobStream(server.api);
  const end = notify(stream, () => undefined);
  stream.start();
  await vi.waitFor(() => expect(server.sockets).toHaveLength(1));
  const one = (seq: number): void => [job(), failed()].forEach((view, at) => server.socket.send({ type: 'changes', seq: seq + at, jobs: [view], batches: [] }));
  one(1);
  expect(made).not.toHaveBeenCalled();
  await tellOutside(true);
  expect(toldOutside()).toBe(true);
  one(3);
  expect(made).toHaveBeenCalledWith('Jobs', { body: 'count failed: exited with code 2' });
  hidden.mockReturnValue(false);
  one(5);
  await tellOutside(false);
  hidden.mockReturnValue(true);
  one(7);
  expect(made).toHaveBeenCalledTimes(1);
  end();
  vi.unstubAllGlobals();
});
