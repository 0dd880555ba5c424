import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checksum } from '../../../src/cache/checksum.ts';

const contents = fc.uint8Array({ minLength: 1, maxLength: 300 });

describe('checksum', () => {
  it('has sixteen hexadecimal digits, for no bytes too', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(checksum(bytes)).toMatch(/^[0-9a-f]{16}$/);
      }),
    );
  });

  it('is that of the bytes and not of the memory that they lie in', () => {
    fc.assert(
      fc.property(contents, fc.nat(9), (bytes, offset) => {
        const memory = new Uint8Array(offset + bytes.length + 7).fill(0xa5);
        memory.set(bytes, offset);
        expect(checksum(memory.subarray(offset, offset + bytes.length))).toBe(checksum(bytes));
      }),
    );
  });

  it('is another one when up to four bytes in a row have changed', () => {
    const change = fc.record({ at: fc.nat(), bits: fc.uint8Array({ minLength: 1, maxLength: 4 }) });
    fc.assert(
      fc.property(contents, change, (bytes, { at, bits }) => {
        const damaged = bytes.map((byte, index) => byte ^ (bits[index - (at % bytes.length)] ?? 0));
        fc.pre(Buffer.compare(bytes, damaged) !== 0);
        expect(checksum(damaged)).not.toBe(checksum(bytes));
      }),
      { numRuns: 2_000 },
    );
  });

  it('is another one when bytes are missing or too many at the end, of whatever value', () => {
    fc.assert(
      fc.property(contents, fc.uint8Array({ minLength: 1, maxLength: 9 }), (bytes, more) => {
        expect(checksum(Buffer.concat([bytes, more]))).not.toBe(checksum(bytes));
        expect(checksum(Buffer.concat([bytes, new Uint8Array(more.length)]))).not.toBe(checksum(bytes));
      }),
    );
  });

  it('is another one when two blocks have changed places', () => {
    fc.assert(
      fc.property(contents, contents, (first, second) => {
        fc.pre(Buffer.compare(Buffer.concat([first, second]), Buffer.concat([second, first])) !== 0);
        expect(checksum(Buffer.concat([first, second]))).not.toBe(checksum(Buffer.concat([second, first])));
      }),
    );
  });
});
