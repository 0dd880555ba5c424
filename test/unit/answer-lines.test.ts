import { describe, expect, it } from 'vitest';
import { answerLines } from '../../src/answer-lines.ts';
import { ClosedPipeError, UsageError } from '../../src/errors.ts';
import { createContext } from './support/test-context.ts';

describe('answering lines that nobody reads any more', () => {
  async function run(answer: () => never | { value: object; isValid: boolean }) {
    const { ctx } = await createContext();
    const io = Object.create(ctx.io, { print: { value: () => Promise.reject(new ClosedPipeError()) } });
    async function* batches() {
      yield ['first'];
      // The failure of the first batch is there before the next one comes.
      await new Promise(setImmediate);
      yield ['second'];
    }
    return answerLines(batches(), answer, { ...ctx, io });
  }
  it.each<[string, string, () => never | { value: object; isValid: boolean }]>([
    [
      'not a JWT',
      'not_a_jwt',
      () => {
        throw new UsageError('not_a_jwt', 'x');
      },
    ],
    ['not valid', 'token_not_valid', () => ({ value: {}, isValid: false })],
  ])('ends with the code of what was %s', async (_, code, answer) => {
    await expect(run(answer)).rejects.toMatchObject({ code });
  });

  it('ends quietly when all was well', async () => {
    await expect(run(() => ({ value: {}, isValid: true }))).rejects.toBeInstanceOf(ClosedPipeError);
  });
});
