import { describe, expect, it } from 'vitest';
import { readAhead } from '../../../src/curl/read-ahead.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A source of so many pieces of ten bytes, and what became of it. */
function sourceOf(count: number, failure?: Error) {
  const state = { given: 0, isClosed: false };
  async function* pieces() {
    try {
      for (; state.given < count; state.given += 1) yield Buffer.alloc(10, String(state.given));
      if (failure !== undefined) throw failure;
    } finally {
      state.isClosed = true;
    }
  }
  return { state, pieces: pieces() };
}

async function contentOf(batches: AsyncIterable<readonly Uint8Array[]>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const batch of batches) {
    pieces.push(...batch);
    await turn();
  }
  return Buffer.concat(pieces).toString();
}

describe('reading ahead', () => {
  it.each([0, 1, 5, 50])('gives %i pieces whole and in order', async (count) => {
    const { pieces } = sourceOf(count);
    const all = Array.from({ length: count }, (_, index) => Buffer.alloc(10, String(index)).toString()).join('');
    expect(await contentOf(readAhead(pieces, 25))).toBe(all);
  });

  it('gives a piece at once, though nothing follows it', async () => {
    async function* slow() {
      yield Buffer.from('now');
      await new Promise(() => {});
    }
    const { value } = await readAhead(slow(), 25).next();
    expect(Buffer.concat(value as Uint8Array[]).toString()).toBe('now');
  });

  it('reads on while the last pieces are used, up to the limit', async () => {
    const { state, pieces } = sourceOf(50);
    const batches = readAhead(pieces, 25);
    await batches.next();
    await turn();
    expect(state.given, 'one is used, three of ten bytes fill the limit').toBe(3);
    expect((await batches.next()).value).toHaveLength(3);
    await batches.return(undefined);
  });

  it('gives all that came before a failure, and then the failure', async () => {
    const failure = new Error('broken off');
    const { pieces } = sourceOf(3, failure);
    const batches = readAhead(pieces, 1000);
    await batches.next();
    await turn();
    expect((await batches.next()).value).toHaveLength(2);
    await expect(batches.next()).rejects.toBe(failure);
  });

  it('closes the source when nobody wants more of it', async () => {
    const { state, pieces } = sourceOf(50);
    for await (const _ of readAhead(pieces, 25)) break;
    await expect.poll(() => state.isClosed).toBe(true);
    expect(state.given).toBeLessThan(50);
  });

  it.each([25, 30])('fills a limit of %i bytes, and closes the source though that waits for room', async (limit) => {
    const { state, pieces } = sourceOf(50);
    const batches = readAhead(pieces, limit);
    await batches.next();
    await turn();
    expect(state.given, 'one is used, three of ten bytes fill the limit').toBe(3);
    await batches.return(undefined);
    await expect.poll(() => state.isClosed).toBe(true);
  });
});
