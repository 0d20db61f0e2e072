import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { share, SHARED, type SharedEvents } from '../src/shared';
import { JobStream } from '../src/stream';
import type { ItemView } from '../src/view';
import type { Changes } from '../src/view/listed';
import { batch, ID, job, SERVER, succeeded } from './samples';
import { Server } from './server';

let server: Server;
let stream: JobStream;
let shared: SharedEvents;

beforeEach(() => {
  vi.useFakeTimers();
  server = new Server();
  stream = new JobStream(server.api);
  share(stream);
  shared = (window as unknown as Record<symbol, SharedEvents>)[SHARED]!;
});

afterEach(() => {
  stream.dispose();
  vi.useRealTimers();
});

async function live(): Promise<void> {
  await vi.advanceTimersByTimeAsync(1);
  server.socket.open();
  await vi.advanceTimersByTimeAsync(1);
}

describe('what the page shares', () => {
  it('tells of one job over the one WebSocket, and of none that is gone or elsewhere', async () => {
    server.answers[`jobs/${ID}/view`] = job();
    const heard: ItemView[] = [];
    const foreign: ItemView[] = [];
    const gone = vi.fn();
    const end = shared.watch({ kind: 'job', id: ID }, SERVER, view => heard.push(view), gone);
    shared.watch({ kind: 'job', id: ID }, 'another', view => foreign.push(view), gone);
    await live();
    server.socket.send({ type: 'changes', seq: 2, jobs: [succeeded()], batches: [] });
    server.socket.send({ type: 'changes', seq: 3, jobs: [], batches: [], deleted: [ID] });
    expect(gone).toHaveBeenCalledOnce();
    end();
    server.socket.send({ type: 'changes', seq: 4, jobs: [succeeded()], batches: [] });
    expect(heard).toEqual([job(), succeeded()]);
    expect(foreign).toEqual([]);
    expect(server.sockets).toHaveLength(1);
  });

  it('tells what becomes of any job, connecting when somebody listens', async () => {
    expect(server.requests).toEqual([]);
    const heard: Changes[] = [];
    const end = shared.changes(news => heard.push(news));
    await live();
    server.socket.send({ type: 'snapshot', seq: 1, server: SERVER, jobs: [job()], batches: [batch()] });
    end();
    server.socket.send({ type: 'changes', seq: 2, jobs: [succeeded()], batches: [] });
    expect(heard).toEqual([{ jobs: [job()], deleted: [], gap: true }]);
  });

  it('tells when the server is out of reach', async () => {
    shared.changes(() => undefined);
    await live();
    const heard: (string | null)[] = [];
    shared.trouble(why => heard.push(why));
    server.socket.drop();
    await vi.advanceTimersByTimeAsync(1000);
    server.socket.open();
    expect(heard).toEqual([null, expect.stringContaining('does not answer'), null]);
  });
});
