import { describe, expect, it } from 'vitest';
import { relativeTime } from '../../../src/render/time.ts';
import { timestamp } from '../../../src/timestamp.ts';

const now = 1_700_000_000;

describe('timestamp', () => {
  it.each([
    [0, '1970-01-01T00:00:00Z'],
    [1_680_599_691, '2023-04-04T09:14:51Z'],
    [1_700_000_000.5, '2023-11-14T22:13:20.500Z'],
    [-1, '1969-12-31T23:59:59Z'],
    [-62_135_596_800, '0001-01-01T00:00:00Z'],
    [253_402_300_800, '+010000-01-01T00:00:00Z'],
    [8.64e12, '+275760-09-13T00:00:00Z'],
  ])('of %d is %s', (seconds, text) => {
    expect(timestamp(seconds)).toBe(text);
  });

  it('is what Date says, on more than a thousand days', () => {
    for (let seconds = 1_700_000_000; seconds < 1_830_000_000; seconds += 86_399)
      expect(timestamp(seconds)).toBe(new Date(seconds * 1000).toISOString().replace('.000Z', 'Z'));
  });
});

describe('relativeTime', () => {
  it.each([
    [0, 'now'],
    [0.4, 'now'],
    [1, 'in 1 second'],
    [-1, '1 second ago'],
    [59, 'in 59 seconds'],
    [60, 'in 1 minute'],
    [61, 'in 1 minute 1 second'],
    [299, 'in 4 minutes 59 seconds'],
    [3600, 'in 1 hour'],
    [3661, 'in 1 hour 1 minute'],
    [-86_400, '1 day ago'],
    [90_061, 'in 1 day 1 hour'],
    [-(3 * 31_536_000 + 235 * 86_400 + 5), '3 years 235 days ago'],
    [31_536_000, 'in 1 year'],
    [-31_536_001, '1 year 1 second ago'],
  ])('of %d s is %s', (distance, text) => {
    expect(relativeTime(now + distance, now)).toBe(text);
  });
});
