import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/secret.ts';

describe('Secret', () => {
  const secret = new Secret('S3cr3t');

  it('is revealed by reveal()', () => {
    expect(secret.reveal()).toBe('S3cr3t');
  });

  it.each<[string, () => string]>([
    ['string conversion', () => `${secret}`],
    ['JSON', () => JSON.stringify({ secret })],
    ['inspection', () => inspect({ deep: [secret] }, { depth: 9, showHidden: true })],
    ['concatenation', () => `x${String(secret)}`],
    [
      'its members',
      () =>
        Object.keys(secret)
          .concat(Object.values(secret as object))
          .join(),
    ],
    ['an error', () => new Error('x', { cause: secret }).stack + inspect(new Error('x', { cause: secret }))],
  ])('is not revealed by %s', (_, show) => {
    expect(show()).not.toContain('S3cr3t');
  });
});
