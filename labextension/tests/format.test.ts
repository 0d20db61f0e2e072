import { describe, expect, it } from 'vitest';
import { cleanLog, elapsed, showBytes, showDuration, showTime } from '../src/view/format';
import { job, succeeded } from './samples';

describe('quantities read as in Python', () => {
  it.each([[0, '0 B'], [999, '999 B'], [12_300, '12.3 kB'], [4_100_000_000, '4.1 GB'], [2e15, '2000.0 TB']])('%d bytes', (size, text) => {
    expect(showBytes(size)).toBe(text);
  });

  it.each([[0.0123, '12 ms'], [0.0996, '0.1 s'], [0.42, '0.4 s'], [9.97, '10 s'], [59.4, '59 s'], [185, '3 min 5 s'], [180, '3 min'], [7800, '2 h 10 min'], [0.0004, '< 1 ms'], [-3, '< 1 ms']])('%d s', (s, text) => {
    expect(showDuration(s)).toBe(text);
  });

  it('shows the date only of other days', () => {
    const now = new Date('2026-10-01T12:00:00Z');
    expect(showTime('2026-10-01T12:00:01Z', now)).not.toContain('2026');
    expect(showTime('2025-10-01T12:00:01Z', now)).toContain('2025');
    expect(showTime('yesterday')).toBe('');
  });
});

describe('elapsed time', () => {
  it('is the measured duration once the job has ended, whatever the clocks say', () => {
    expect(elapsed(succeeded({ duration: 7 }), 0)).toBe(7);
    expect(elapsed(succeeded({ duration: null }))).toBeCloseTo(12.4);
  });

  it('runs from the start, or from the submit while the job waits, and is never negative', () => {
    const now = Date.parse('2026-10-01T09:00:05Z');
    expect(elapsed(job(), now)).toBe(4);
    expect(elapsed(job({ started: null }), now)).toBe(5);
    expect(elapsed(job(), 0)).toBe(0);
  });

  it('is unknown for a job that was cancelled before it started', () => {
    expect(elapsed(succeeded({ started: null, duration: null }))).toBeNull();
  });
});

describe('logs', () => {
  it.each([
    ['\u001b[1;31mred\u001b[0m', 'red'],
    ['\u001b]8;;http://x\u0007link\u001b]8;;\u0007', 'link'],
    ['10%\r50%\r100%\ndone', '100%\ndone'],
    ['a\r\nb\r\n', 'a\nb\n'],
    ['half\r', 'half']
  ])('%j', (raw, clean) => {
    expect(cleanLog(raw)).toBe(clean);
  });
});
