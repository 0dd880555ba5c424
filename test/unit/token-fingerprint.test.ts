import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../../src/sha256.ts';
import { fingerprint } from '../../src/token-fingerprint.ts';

describe('fingerprint', () => {
  it('shows the beginning of a token and of its hash', () => {
    expect(fingerprint('eyJhbGciOiJSUzI1NiJ9.e30.c2ln', sha256Hex)).toMatch(/^eyJ…\(sha256:[0-9a-f]{8}\)$/);
  });

  it('tells two tokens apart', () => {
    expect(fingerprint('eyJa', sha256Hex)).not.toBe(fingerprint('eyJb', sha256Hex));
  });
});

describe('sha256Hex', () => {
  it('is the hash of RFC 6234 for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        expect(sha256Hex(value)).toBe(createHash('sha256').update(value).digest('hex'));
      }),
    );
  });
});
