import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keepFresh } from '../../../src/client/keep-fresh.ts';
import { NetworkError, OutputError, SignalError } from '../../../src/errors.ts';
import type { IssuedToken } from '../../../src/oauth/client-credentials.ts';
import { failureOf } from '../support/failure.ts';
import { createContext } from '../support/test-context.ts';

const start = 1_700_000_000;
beforeEach(() => {
  vi.useFakeTimers({ now: start * 1000 });
});
afterEach(() => {
  vi.useRealTimers();
});

interface Script {
  /** The life of each token in seconds; null for one without an end, false for a failure. */
  readonly lives: (number: number) => number | null | false;
  readonly minimumLifetime?: number;
}

/** Keeps a token fresh until the test ends it; tells when tokens were asked for, in seconds from the start. */
async function keep({ lives, minimumLifetime = 0 }: Script) {
  const { ctx, stderr } = await createContext({ now: () => Date.now() / 1000 });
  const controller = new AbortController();
  const tries: number[] = [];
  const published: string[] = [];
  const seen: (string | undefined)[] = [];
  const obtain = async (current: string | undefined): Promise<IssuedToken> => {
    const issuedOn = Date.now() / 1000;
    tries.push(issuedOn - start);
    seen.push(current);
    const life = lives(tries.length);
    if (life === false) throw new NetworkError('server_unavailable', 'the server is away', { server: '503' });
    const accessToken = `token-${tries.length}`;
    return {
      accessToken,
      tokenType: 'Bearer',
      issuedOn,
      expiresOn: life === null ? undefined : issuedOn + life,
      response: {},
    };
  };
  const publish = async ({ accessToken }: IssuedToken): Promise<void> => void published.push(accessToken);
  const end = keepFresh({ obtain, publish, minimumLifetime }, { ...ctx, signal: controller.signal });
  end.catch(() => {});
  const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1000);
  await pass(0);
  return { end, controller, tries, published, seen, stderr, pass };
}

describe('keepFresh', () => {
  it('publishes a token, and another one between four and two tenths before the end of a short life', async () => {
    const { tries, published, seen, pass } = await keep({ lives: () => 100 });
    expect(published).toEqual(['token-1']);
    await pass(59);
    expect(published).toHaveLength(1);
    await pass(22);
    expect(published).toEqual(['token-1', 'token-2']);
    expect(seen).toEqual([undefined, 'token-1']);
    expect(tries[1]).toBeGreaterThanOrEqual(60);
  });

  it('renews earlier for --min-ttl', async () => {
    const { tries, pass } = await keep({ lives: () => 600, minimumLifetime: 200 });
    await pass(599);
    expect(tries[1]).toBe(600 - 200 - 60);
  });

  it('renews at half of the life when --min-ttl is longer than that', async () => {
    const { tries, pass } = await keep({ lives: () => 100, minimumLifetime: 3600 });
    await pass(151);
    expect(tries).toEqual([0, 50, 100, 150]);
  });

  it.each([0, -5, 0.01])('asks once a second at most for tokens that live for %d s', async (life) => {
    const { tries, pass } = await keep({ lives: () => life });
    await pass(3);
    expect(tries).toEqual([0, 1, 2, 3]);
  });

  it('keeps the last token when there is no new one, says so, and tries again after pauses that grow to five minutes', async () => {
    const { tries, published, stderr, pass } = await keep({
      lives: (number) => (number === 1 ? 20 : number > 14 && 20),
    });
    await pass(1_600);
    const pauses = tries.slice(1, 13).map((instant, index) => (tries[index + 2] ?? 0) - instant);
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
    expect(published).toEqual(['token-1']);
    expect(stderr()).toContain('no new token: the server is away (503); the last one is good until');
    expect(stderr()).toContain('the last one expired at');
    expect(stderr()).toContain('next try in 300 s');
    await pass(300);
    expect(published.slice(0, 2)).toEqual(['token-1', 'token-15']);
  });

  it('fails when the first token cannot be had', async () => {
    const { end } = await keep({ lives: () => false });
    expect(await failureOf(() => end)).toMatchObject({ code: 'server_unavailable' });
  });

  it('refuses a first token without an end, before it is published', async () => {
    const { end, published } = await keep({ lives: () => null });
    expect(await failureOf(() => end)).toMatchObject({ code: 'invalid_response' });
    expect(published).toEqual([]);
  });

  it('keeps the last token when the next one has no end', async () => {
    const { published, stderr, pass } = await keep({ lives: (number) => (number === 1 ? 20 : null) });
    await pass(20);
    expect(published).toEqual(['token-1']);
    expect(stderr()).toContain('does not say when the token expires');
  });

  it('looks at the clock every ten seconds, as a machine that slept has counted none', async () => {
    const { published, pass } = await keep({ lives: () => 3600 });
    await pass(5);
    vi.setSystemTime((start + 86_400) * 1000);
    await pass(10);
    expect(published).toHaveLength(2);
  });

  it('renews in time by a clock that was set back a day meanwhile', async () => {
    const { published, pass } = await keep({ lives: () => 60 });
    await pass(5);
    vi.setSystemTime((start + 5 - 86_400) * 1000);
    await pass(55);
    expect(published).toHaveLength(2);
  });

  it.each<[string, Script['lives']]>([
    ['for the end of a token', () => 3600],
    ['for the next try', (number) => number === 1 && 0],
  ])('is ended by a signal while it waits %s', async (_, lives) => {
    const { end, controller, pass } = await keep({ lives });
    await pass(2);
    controller.abort(new SignalError(15));
    await expect(end).rejects.toBeInstanceOf(SignalError);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('begins with short pauses again after each success', async () => {
    const { tries, pass } = await keep({ lives: (number) => [1, 5].includes(number) && 20 });
    await pass(60);
    const pauses = tries.slice(1, 7).map((instant, index) => instant - (tries[index] ?? 0));
    expect(pauses.slice(1, 4)).toEqual([1, 2, 4]);
    expect(pauses[5]).toBe(1);
  });

  it('ends with a bug', async () => {
    const { end, pass } = await keep({
      lives: (number) => {
        if (number > 1) throw new TypeError('bug');
        return 20;
      },
    });
    await pass(20);
    await expect(end).rejects.toThrow('bug');
  });

  it('leaves nothing at the signal while it waits', async () => {
    const { controller, pass } = await keep({ lives: () => 3600 });
    await pass(100);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
  });

  it('fails when the first token cannot be published', async () => {
    const { ctx } = await createContext();
    const token = { accessToken: 'a', tokenType: 'Bearer', issuedOn: start, expiresOn: start + 20, response: {} };
    const publish = () => Promise.reject(new OutputError('no room'));
    const end = keepFresh({ obtain: async () => token, publish, minimumLifetime: 0 }, ctx);
    expect(await failureOf(() => end)).toMatchObject({ message: 'no room' });
  });

  it('ends with the signal, whatever fails because of it', async () => {
    const { ctx } = await createContext();
    const controller = new AbortController();
    const obtain = async () => {
      controller.abort(new SignalError(15));
      throw new NetworkError('timeout', 'broken off');
    };
    const end = keepFresh(
      { obtain, publish: async () => {}, minimumLifetime: 0 },
      { ...ctx, signal: controller.signal },
    );
    await expect(end).rejects.toBeInstanceOf(SignalError);
  });
});
