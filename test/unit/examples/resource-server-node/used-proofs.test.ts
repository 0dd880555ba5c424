import { expect, test } from 'vitest';
import { createUsedProofs } from '../../../../examples/resource-server-node/src/used-proofs.ts';

test('a proof is new once, until its lifetime is over', () => {
  let now = 0;
  const proofs = createUsedProofs(1000, 10, () => now);

  expect(proofs.note('key', 'jti')).toBe('new');
  now = 999;
  expect(proofs.note('key', 'jti')).toBe('used');
  now = 1000;
  expect(proofs.note('key', 'jti')).toBe('new');
});

test('proofs of different keys are different', () => {
  const proofs = createUsedProofs(1000);
  expect([proofs.note('a', 'jti'), proofs.note('b', 'jti')]).toEqual(['new', 'new']);
});

test('a full memory forgets nothing that could be used again, and takes more when it is time', () => {
  let now = 0;
  const proofs = createUsedProofs(1000, 2, () => now);
  const note = (...jtis: string[]) => jtis.map((jti) => proofs.note('key', jti));

  expect(note('a')).toEqual(['new']);
  now = 500;
  expect(note('b', 'c', 'a', 'b')).toEqual(['new', 'full', 'used', 'used']);
  now = 1000;
  expect(note('c', 'd', 'b')).toEqual(['new', 'full', 'used']);
});
