import { expect, it } from 'vitest';
import { serverSide } from '../src/view';
import { batch, BATCH, ID, job } from './samples';
import { Server } from './server';

it('asks for a job or a batch by its own path, and says what went wrong in the words of the server', async () => {
  const server = new Server();
  server.answers[`jobs/${ID}/view`] = job();
  expect(await server.api.view({ kind: 'job', id: ID })).toEqual(job());
  await expect(server.api.view({ kind: 'batch', id: BATCH })).rejects.toThrow('No such job. Look again.');
  expect(server.requests).toEqual([`GET jobs/${ID}/view`, `GET batches/${BATCH}/view`]);
});

it('sends JSON, said to be JSON', async () => {
  const server = new Server();
  server.answers[`batches/${BATCH}/cancel`] = {};
  server.answers[`jobs/${ID}/rerun`] = { id: 'new' };
  const { act } = serverSide(server.api);
  await act('cancel', batch());
  await act('rerun', job());
  expect(server.requests).toEqual([`POST batches/${BATCH}/cancel`, `POST jobs/${ID}/rerun`]);
});

it('takes nothing for a job that is none', async () => {
  const server = new Server();
  server.answers[`jobs/${ID}/view`] = { kind: 'job', id: 'x' };
  await expect(server.api.view({ kind: 'job', id: ID })).rejects.toThrow('something else');
});

it('encodes the names of outputs, but not their folders', () => {
  const url = serverSide(new Server().api).href(ID, 'plots/a b?.png');
  expect(url).toBe(`http://localhost:8888/x/jobs-ext/api/v1/jobs/${ID}/outputs/plots/a%20b%3F.png`);
});
