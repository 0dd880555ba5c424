import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openRecord, sealRecord } from '../../../src/cache/sealed-record.ts';

const record = { accessToken: 'eyJ', key: { scope: ['a', 'ü 🦊'] }, expiresOn: 1_700_000_000.5, response: { a: null } };

function sealed(value: object): Buffer {
  return Buffer.from(sealRecord(value) ?? '');
}

describe('a sealed record', () => {
  it('is opened as it was sealed', () => {
    expect(openRecord(sealed(record))).toEqual(record);
  });

  it('is opened as it was sealed, whatever it holds', () => {
    const anyRecord = fc.dictionary(fc.string(), fc.jsonValue({ stringUnit: 'grapheme' }));
    fc.assert(
      fc.property(anyRecord, (value) => {
        expect(JSON.stringify(openRecord(sealed(value)))).toBe(JSON.stringify(value));
      }),
    );
  });

  it('is not opened when any single byte of it is another one', () => {
    const good = sealed(record);
    fc.assert(
      fc.property(fc.nat({ max: good.length - 1 }), fc.integer({ min: 1, max: 255 }), (index, change) => {
        const damaged = Buffer.from(good);
        damaged[index] = (damaged[index] ?? 0) ^ change;
        expect(openRecord(damaged)).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });

  it('is not opened when a byte of a replacement character is another one that decodes alike', () => {
    const damaged = sealed({ name: '\ufffd' });
    damaged[damaged.indexOf(0xef)] = 0xf0;
    expect(openRecord(damaged)).toBeUndefined();
  });

  it('is not opened when it is cut, at any place', () => {
    const good = sealed(record);
    for (let length = 0; length < good.length; length += 1)
      expect(openRecord(good.subarray(0, length))).toBeUndefined();
  });

  it.each<[string, Uint8Array]>([
    ['nothing', Buffer.alloc(0)],
    ['zeros, as after a crash', Buffer.alloc(4096)],
    ['a byte more', Buffer.concat([sealed(record), Buffer.of(0x0a)])],
    ['a byte order mark in front', Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), sealed(record)])],
    ['two records', Buffer.concat([sealed(record), sealed(record)])],
    ['JSON without a checksum', Buffer.from(JSON.stringify(record))],
    ['the checksum of another record', Buffer.concat([sealed({ a: 1 }).subarray(0, 9), sealed(record).subarray(9)])],
    [
      'a checksum in upper case',
      Buffer.from(
        sealed(record)
          .toString()
          .replace(/^\S+/, (sum) => sum.toUpperCase()),
      ),
    ],
  ])('is not opened as %s', (_, content) => {
    expect(openRecord(content)).toBeUndefined();
  });
});
