import { expect, test } from 'vitest';
import { createDpopNonces } from '../../../../examples/resource-server-node/src/dpop-nonces.ts';

test('a nonce is replaced every minute, and taken for one more', () => {
  let now = 1_800_000_000_000;
  const nonces = createDpopNonces(() => now);
  const first = nonces.current();

  now += 59_999;
  expect([nonces.current(), nonces.accepts(first)]).toEqual([first, true]);
  now += 1;
  expect([nonces.current() === first, nonces.accepts(first)]).toEqual([false, true]);
  now += 59_999;
  expect(nonces.accepts(first)).toBe(true);
  now += 1;
  expect(nonces.accepts(first)).toBe(false);
});

test('the next nonce is not accepted ahead of its time', () => {
  let now = 1_800_000_060_000;
  const nonces = createDpopNonces(() => now);
  const next = nonces.current();

  now -= 1;
  expect(nonces.accepts(next)).toBe(false);
});

test('what is no nonce, and a nonce of another API, is not accepted', () => {
  const nonces = createDpopNonces();
  expect([undefined, null, 1, '', createDpopNonces().current()].some(nonces.accepts)).toBe(false);
});
