import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { JobStream, type Health, type News } from '../src/stream';
import { batch, ID, job, OTHER, SERVER, succeeded } from './samples';
import { Server } from './server';

let server: Server;
let stream: JobStream;
const item = { kind: 'job' as const, id: ID };

beforeEach(() => {
  vi.useFakeTimers();
  server = new Server();
  stream = new JobStream(server.api);
});

afterEach(() => {
  stream.dispose();
  vi.useRealTimers();
});

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(1);

async function live(): Promise<void> {
  stream.start();
  await settle();
  server.socket.open();
  await settle();
}

function watch(id = ID, from = SERVER): News[] {
  const heard: News[] = [];
  stream.watch({ kind: 'job', id }, from, news => heard.push(news));
  return heard;
}

describe('the connection', () => {
  it('is one for the whole page, with the token, and asks for views', async () => {
    watch();
    watch(OTHER);
    stream.start();
    await settle();
    expect(server.sockets).toHaveLength(1);
    expect(server.socket.url).toBe('ws://localhost:8888/x/jobs-ext/api/v1/events?as=view&limit=200&token=secret');
  });

  it('comes back after a loss and goes on where it was', async () => {
    await live();
    server.socket.send({ type: 'snapshot', seq: 41, server: SERVER, jobs: [job()], batches: [] });
    server.socket.send({ type: 'changes', seq: 42, jobs: [], batches: [], deleted: [] });
    const healths: Health[] = [];
    stream.healthChanged.connect((_, health) => healths.push(health));
    server.socket.drop();
    expect(healths).toEqual(['offline']);
    await vi.advanceTimersByTimeAsync(1000);
    expect(server.sockets).toHaveLength(2);
    expect(server.socket.url).toContain('since=42');
    server.socket.open();
    expect(healths).toEqual(['offline', 'live']);
    expect(stream.items).toEqual([job()]);
  });

  it('waits longer each time, but never more than five seconds or so', async () => {
    server.answers = { '': Promise.reject(new TypeError('network')) };
    stream.start();
    await vi.advanceTimersByTimeAsync(10_000);
    const early = server.requests.length;
    await vi.advanceTimersByTimeAsync(300_000);
    const late = server.requests.length;
    expect(early).toBeLessThan(8);
    expect(late - early).toBeGreaterThanOrEqual(45);
    expect(late - early).toBeLessThan(85);
    expect(stream.health).toBe('offline');
  });

  it('says that the server half is missing, and finds it when asked again', async () => {
    server.answers = {};
    stream.start();
    await settle();
    expect(stream.health).toBe('missing');
    server.answers = { '': { server: SERVER } };
    stream.retry();
    await settle();
    server.socket.open();
    expect(stream.health).toBe('live');
  });

  it('says that the login is over, which waiting does not mend', async () => {
    await live();
    expect(stream.trouble).toBeNull();
    server.socket.drop();
    expect(stream.trouble).toContain('does not answer');
    const told: (string | null)[] = [];
    stream.healthChanged.connect(() => told.push(stream.trouble));
    server.answers[''] = 403;
    await vi.advanceTimersByTimeAsync(1000);
    expect(told).toEqual([expect.stringContaining('load this page again')]);
  });

  it('is taken up at once when the network is back, and given up when it goes', async () => {
    await live();
    const { socket } = server;
    window.dispatchEvent(new Event('offline'));
    expect(socket.closed).toBe(true);
    expect(stream.health).toBe('offline');
    window.dispatchEvent(new Event('online'));
    await settle();
    server.socket.open();
    expect(stream.health).toBe('live');
    expect(server.sockets).toHaveLength(2);
  });

  it('is made anew on a page that was hidden for long, and may have slept', async () => {
    await live();
    const hidden = vi.spyOn(document, 'hidden', 'get');
    const look = async (away: number): Promise<void> => {
      hidden.mockReturnValue(true);
      document.dispatchEvent(new Event('visibilitychange'));
      await vi.advanceTimersByTimeAsync(away);
      hidden.mockReturnValue(false);
      document.dispatchEvent(new Event('visibilitychange'));
      await settle();
    };
    await look(5_000);
    expect(server.sockets).toHaveLength(1);
    await look(3_600_000);
    expect(server.sockets).toHaveLength(2);
    expect(stream.health).toBe('live');
    hidden.mockRestore();
  });

  it('asks once at a time, however often it is told to', async () => {
    let reply: (info: unknown) => void = () => undefined;
    server.answers[''] = new Promise(resolve => (reply = resolve));
    stream.start();
    stream.retry();
    stream.retry();
    reply({ server: SERVER });
    await settle();
    expect(server.requests).toEqual(['GET ']);
    expect(server.sockets).toHaveLength(1);
  });

  it('is one, too, when the network goes while the server is being asked', async () => {
    let reply: (info: unknown) => void = () => undefined;
    server.answers[''] = new Promise(resolve => (reply = resolve));
    stream.start();
    window.dispatchEvent(new Event('offline'));
    reply({ server: SERVER });
    await settle();
    server.socket.open();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(server.sockets).toHaveLength(1);
    expect(stream.health).toBe('live');
  });

  it('begins anew when the server has another data directory', async () => {
    await live();
    server.socket.send({ type: 'snapshot', seq: 9, server: SERVER, jobs: [job()], batches: [] });
    server.answers[''] = { server: 'another' };
    server.socket.drop();
    await vi.advanceTimersByTimeAsync(1000);
    expect(server.socket.url).not.toContain('since');
    expect(stream.items).toEqual([]);
  });

  it('begins with a snapshot after an error', async () => {
    await live();
    server.socket.send({ type: 'snapshot', seq: 9, server: SERVER, jobs: [], batches: [] });
    server.socket.send({ type: 'error', message: 'since lies ahead' });
    server.socket.drop();
    await vi.advanceTimersByTimeAsync(1000);
    expect(server.socket.url).not.toContain('since');
  });

  it('is quiet once disposed', async () => {
    await live();
    const { socket } = server;
    stream.dispose();
    expect(socket.closed).toBe(true);
    await vi.advanceTimersByTimeAsync(100_000);
    expect(server.sockets).toHaveLength(1);
  });
});

describe('a watcher', () => {
  it('hears how its job stands, then every change, then nothing more', async () => {
    server.answers[`jobs/${ID}/view`] = job();
    const heard: News[] = [];
    const end = stream.watch(item, SERVER, news => heard.push(news));
    await live();
    expect(heard).toEqual([job()]);
    server.socket.send({ type: 'changes', seq: 2, jobs: [succeeded()], batches: [], deleted: [] });
    expect(heard).toEqual([job(), succeeded()]);
    end();
    server.socket.send({ type: 'changes', seq: 3, jobs: [succeeded()], batches: [], deleted: [] });
    expect(heard).toHaveLength(2);
  });

  it('is told when its job is unknown, or gets deleted', async () => {
    const heard = watch();
    await live();
    expect(heard).toEqual(['unknown']);
    server.socket.send({ type: 'changes', seq: 2, jobs: [], batches: [], deleted: [ID] });
    expect(heard).toEqual(['unknown', 'unknown']);
  });

  it('of another server is told so, and that server is asked nothing', async () => {
    const heard = watch(ID, 'another');
    await live();
    server.socket.send({ type: 'changes', seq: 2, jobs: [job()], batches: [], deleted: [] });
    expect(heard).toEqual(['elsewhere']);
    expect(server.requests).toEqual(['GET ']);
  });

  it('never hears older news after newer', async () => {
    let reply: (view: unknown) => void = () => undefined;
    server.answers[`jobs/${ID}/view`] = new Promise(resolve => (reply = resolve));
    const heard = watch();
    await live();
    server.socket.send({ type: 'changes', seq: 2, jobs: [succeeded()], batches: [], deleted: [] });
    reply(job());
    await settle();
    expect(heard).toEqual([succeeded()]);
  });

  it('hears nothing when the question fails, until the next connection', async () => {
    server.answers[`jobs/${ID}/view`] = 503;
    const heard = watch();
    await live();
    expect(heard).toEqual([]);
    server.answers[`jobs/${ID}/view`] = job();
    server.socket.drop();
    await vi.advanceTimersByTimeAsync(1000);
    server.socket.open();
    await settle();
    expect(heard).toEqual([job()]);
  });
});

it('keeps a bounded number of jobs, the newest', async () => {
  stream.dispose();
  stream = new JobStream(server.api, 2);
  await live();
  server.socket.send({ type: 'snapshot', seq: 1, server: SERVER, jobs: [job(), job({ id: OTHER })], batches: [batch()] });
  expect(stream.items.map(kept => kept.id)).toEqual([OTHER, batch().id]);
});

it('ignores what is no job in a frame', async () => {
  await live();
  server.socket.send({ type: 'changes', seq: 1, jobs: [{ kind: 'job', id: '../x' }], batches: [] });
  expect(stream.items).toEqual([]);
});
