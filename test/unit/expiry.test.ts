import { describe, expect, it } from 'vitest';
import { expirySkew, isGood, refreshTime } from '../../src/expiry.ts';

const now = 1_700_000_000;

describe('isGood', () => {
  const good = (lifetime: number, age: number, minimum?: number) =>
    isGood({ issuedOn: now, expiresOn: now + lifetime }, now + age, minimum);

  it.each<[string, number, number, boolean]>([
    ['a token for 300 s just issued', 300, 0, true],
    ['with more than 30 s, a tenth, left', 300, 269, true],
    ['with a tenth left', 300, 270, false],
    ['a token for an hour with more than 60 s left', 3600, 3539, true],
    ['with 60 s left: not a tenth', 3600, 3540, false],
    ['a token for 600 s with 60 s left', 600, 540, false],
    ['a token for 10 s with more than 1 s left', 10, 8.9, true],
    ['with 1 s left', 10, 9, false],
    ['expired', 300, 300, false],
    ['long expired', 300, 86_400, false],
    ['for no time at all', 0, 0, false],
    ['expired before it was issued', -10, 0, false],
  ])('%s', (_, lifetime, age, isUsable) => {
    expect(good(lifetime, age)).toBe(isUsable);
  });

  it.each<[number, number, boolean]>([
    [200, 99, true],
    [200, 100, false],
    [299, 0, true],
    [300, 0, false],
    [10, 269, true],
    [10, 270, false],
  ])('with --min-ttl %i s, a token for 300 s at the age of %i s', (minimum, age, isUsable) => {
    expect(good(300, age, minimum)).toBe(isUsable);
  });

  it.each<[string, number, boolean]>([
    ['a little, inside the tolerance', -60, true],
    ['more than that', -61, false],
    ['a day', -86_400, false],
  ])('a token from the future, after the clock was set back %s', (_, age, isUsable) => {
    expect(good(300, age)).toBe(isUsable);
  });

  it('is false for what JSON makes of an infinite end', () => {
    expect(isGood(JSON.parse('{"issuedOn":1,"expiresOn":null}'), now)).toBe(false);
  });
});

describe('refreshTime', () => {
  it.each([10, 12, 300, 3600, 86_400])(
    'lies between four and two skews before the end of a token for %i s',
    (lifetime) => {
      const skew = Math.min(60, lifetime / 10);
      const times = Array.from({ length: 100 }, () => refreshTime(now, now + lifetime));
      expect(Math.min(...times)).toBeGreaterThanOrEqual(Math.floor(now + lifetime - 4 * skew));
      expect(Math.max(...times)).toBeLessThanOrEqual(now + lifetime - 2 * skew);
    },
  );

  it('is not the same for two tokens', () => {
    expect(new Set(Array.from({ length: 100 }, () => refreshTime(now, now + 3600))).size).toBeGreaterThan(40);
  });
});

describe('expirySkew', () => {
  it.each([
    [10, 1],
    [300, 30],
    [600, 60],
    [86_400, 60],
  ])('of a token for %i s is %d s', (lifetime, skew) => {
    expect(expirySkew(now, now + lifetime)).toBe(skew);
  });
});
