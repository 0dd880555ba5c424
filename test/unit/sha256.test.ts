import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyedHash } from '../../src/sha256.ts';

describe('keyedHash', () => {
  it("is the HMAC-SHA-256 that node's own module computes", () => {
    const keys = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const texts = fc.string({ unit: 'binary', maxLength: 200 });
    fc.assert(
      fc.property(keys, texts, (key, text) => {
        expect(keyedHash(key, text)).toBe(createHmac('sha256', key).update(text).digest('hex'));
      }),
    );
  });
});
