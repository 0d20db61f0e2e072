import { expect, it } from 'vitest';
import { matches, newest } from '../src/filter';
import { batch, failed, job, OTHER, succeeded } from './samples';

const whole = batch({ SUCCEEDED: 1, FAILED: 1 });
const good = succeeded({ batch: whole.id, title: 'k=1' });
const bad = failed({ id: OTHER, batch: whole.id, title: 'k=2' });
const alone = job({ id: '019a9f00-0000-7000-8000-000000000003', title: 'report', target: { kind: 'notebook', name: 'report.ipynb' } });
const all = [whole, good, bad, alone];
const titles = (text: string, tone = ''): string[] => matches(all, { text, tone }).map(item => item.title);

it('lets all through when nothing is asked', () => {
  expect(titles('')).toEqual(['sweep', 'k=1', 'k=2', 'report']);
});

it('finds by title, target, argument and reason, in any case, all words', () => {
  expect(titles('NOTEBOOK')).toEqual(['report']);
  expect(titles('report data.txt')).toEqual(['report']);
  expect(titles('code 2')).toEqual(['sweep', 'k=2']);
  expect(titles('nothing like it')).toEqual([]);
});

it('shows a batch with those of its jobs that fit, and all of them when it is named', () => {
  expect(titles('k=2')).toEqual(['sweep', 'k=2']);
  expect(titles('sweep')).toEqual(['sweep', 'k=1', 'k=2']);
});

it('filters by status, a batch by what is in it', () => {
  expect(titles('', 'bad')).toEqual(['sweep', 'k=2']);
  expect(titles('', 'active')).toEqual(['report']);
  expect(titles('', 'stopped')).toEqual([]);
});

it('shows the newest, and a batch however many jobs it has', () => {
  const jobs = Array.from({ length: 5 }, (_, k) => job({ id: `${k}`, batch: whole.id }));
  expect(newest([alone, whole, ...jobs], 2).map(item => item.id)).toEqual(['4', '3', whole.id, alone.id]);
  expect(newest(jobs, 2).map(item => item.id)).toEqual(['4', '3']);
});
