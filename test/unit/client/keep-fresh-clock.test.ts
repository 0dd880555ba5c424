import { describe, expect, it } from 'vitest';
import { keepFresh } from '../../../src/client/keep-fresh.ts';
import { SignalError } from '../../../src/errors.ts';
import { createContext } from '../support/test-context.ts';

/** Keeps a token fresh until `count` tokens have come, on a clock that the test may move. */
async function obtainSome(count: number, lifetime: number, onPublish: (clock: { ahead: number }) => void = () => {}) {
  const clock = { ahead: 0 };
  const now = (): number => Date.now() / 1000 + clock.ahead;
  const { ctx } = await createContext({ now });
  const abort = new AbortController();
  const instants: number[] = [];
  const running = keepFresh(
    {
      obtain: async () => {
        instants.push(performance.now());
        if (instants.length === count) abort.abort(new SignalError(15));
        const issuedOn = now();
        return {
          accessToken: `token-${instants.length}`,
          tokenType: 'Bearer',
          issuedOn,
          expiresOn: issuedOn + lifetime,
          response: {},
        };
      },
      publish: async () => onPublish(clock),
      minimumLifetime: 0,
    },
    { ...ctx, signal: abort.signal },
  );
  await expect(running).rejects.toBeInstanceOf(SignalError);
  return instants;
}

describe('a token that is kept fresh', () => {
  it('is replaced in time by a clock that was set back a day meanwhile', async () => {
    const [first = 0, second = 0] = await obtainSome(2, 4, (clock) => {
      setTimeout(() => {
        clock.ahead = -86_400;
      }, 100);
    });
    expect(second - first).toBeLessThan(4_000);
  });

  it.for([0, -5, 0.01])('is asked for once a second at most when the server gives it %d s', async (lifetime) => {
    const [first = 0, second = 0] = await obtainSome(2, lifetime);
    expect(second - first).toBeGreaterThan(900);
  });
});
