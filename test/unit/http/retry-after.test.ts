import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { retryAfter } from '../../../src/http/retry-after.ts';

const now = Date.UTC(1994, 10, 6, 8, 49, 37);

describe('retryAfter (RFC 9110 section 10.2.3)', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it.each<[string | undefined, number | undefined]>([
    [undefined, undefined],
    ['0', 0],
    ['1', 1000],
    ['120', 120_000],
    [' 120 ', 120_000],
    ['007', 7000],
    ['1000000000000', 1e15],

    ['Sun, 06 Nov 1994 08:50:37 GMT', 60_000],
    ['Sunday, 06-Nov-94 08:50:37 GMT', 60_000],
    ['Sun Nov  6 08:50:37 1994', 60_000],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 0],
    ['Sun, 06 Nov 1994 07:00:00 GMT', 0],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],

    ['', undefined],
    ['-1', undefined],
    ['+5', undefined],
    ['1.5', undefined],
    ['1e3', undefined],
    ['0x10', undefined],
    ['120, 240', undefined],
    ['120s', undefined],
    ['soon', undefined],
    ['tomorrow', undefined],
    ['1994-11-06', undefined],
    ['10 minutes', undefined],
    ['NaN', undefined],
    ['Infinity', undefined],
  ])('of %j is %j ms', (field, wait) => {
    expect(retryAfter(field, now)).toBe(wait);
  });

  it.each(['try again in 5', 'maintenance 2', 'may 1'])(
    'of the prose %j is nothing, and no instant that has passed',
    (field) => {
      expect(retryAfter(field, now)).toBeUndefined();
    },
  );

  it.each(['UTC', 'Asia/Tokyo', 'America/New_York'])(
    'of the date without a zone is in GMT, whatever the clock of the machine shows: %s',
    (zone) => {
      vi.stubEnv('TZ', zone);
      expect(retryAfter('Sun Nov  6 08:50:37 1994', now)).toBe(60_000);
    },
  );

  it('is never negative and never not a number, for any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
          fc.integer().map(String),
        ),
        (field) => {
          const wait = retryAfter(field, now);
          expect(wait === undefined || wait >= 0).toBe(true);
        },
      ),
    );
  });
});
