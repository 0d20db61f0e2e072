import { expect, it } from 'vitest';
import { EndWatch, notice } from '../src/notify';
import { batch, failed, ID, job, succeeded } from './samples';

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
