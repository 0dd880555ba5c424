import type { Context } from '../context.ts';
import { CcgrantError, ProtocolError } from '../errors.ts';
import { expirySkew, refreshTime } from '../expiry.ts';
import type { IssuedToken } from '../oauth/client-credentials.ts';
import { text } from '../text.ts';
import { timestamp } from '../timestamp.ts';

export interface FreshToken<T extends IssuedToken> {
  /** Gets a token; another one than `current`, which is about to expire. */
  readonly obtain: (current: string | undefined) => Promise<T>;
  /** Puts a token where it is used. */
  readonly publish: (token: T) => Promise<void>;
  /** Seconds that a published token must be good for, as far as the server's tokens are. */
  readonly minimumLifetime: number;
}

/** Milliseconds between tries while there is no new token to be had. */
const firstPause = 1_000;
const longestPause = 300_000;
/** Milliseconds after which the clock is looked at again: a machine that slept has not counted them. */
const longestSleep = 10_000;

/**
 * Publishes a token, and another one before it expires, until a signal ends it. Once there is one, a failure ends nothing:
 * the last token stays published.
 * @throws SignalError; what getting or publishing the first token throws
 */
export async function keepFresh<T extends IssuedToken>(
  { obtain, publish, minimumLifetime }: FreshToken<T>,
  ctx: Context,
): Promise<never> {
  let current: T | undefined;
  for (let pause = firstPause; ; ) {
    try {
      const next = await obtain(current?.accessToken);
      const expiresOn = requireExpiry(next);
      await publish(next);
      current = next;
      pause = firstPause;
      ctx.io.note(text`the token is good until ${timestamp(expiresOn)}`);
      // However short a life the server gives, or the same token again until its end, it is not asked all the time.
      await waitUntil(Math.max(renewalTime(next, minimumLifetime) * 1000, ctx.now() + firstPause), ctx);
    } catch (error) {
      ctx.signal.throwIfAborted();
      if (current === undefined || !(error instanceof CcgrantError)) throw error;
      ctx.io.warn(failureOf(error, current, pause, ctx.now()));
      await waitUntil(ctx.now() + pause, ctx);
      pause = Math.min(longestPause, pause * 2);
    }
  }
}

function requireExpiry({ expiresOn }: IssuedToken): number {
  if (expiresOn !== undefined) return expiresOn;
  throw new ProtocolError('invalid_response', 'the authorization server does not say when the token expires', {
    hint: 'without expires_in nobody knows when to replace it',
  });
}

/** Epoch seconds; never before half of the life of a token has gone, however much is asked of it. */
function renewalTime(token: IssuedToken, minimumLifetime: number): number {
  const expiresOn = requireExpiry(token);
  const { issuedOn } = token;
  const asked = expiresOn - minimumLifetime - expirySkew(issuedOn, expiresOn);
  return Math.max(Math.min(refreshTime(issuedOn, expiresOn), asked), (issuedOn + expiresOn) / 2);
}

function failureOf({ message, facts }: CcgrantError, current: IssuedToken, pause: number, now: number) {
  const expiresOn = requireExpiry(current);
  const state = now / 1000 < expiresOn ? 'is good until' : 'expired at';
  const server = facts.server === undefined ? '' : ` (${facts.server})`;
  return text`no new token: ${message}${server}; the last one ${state} ${timestamp(expiresOn)}; next try in ${pause / 1000} s`;
}

/**
 * Waits for an instant, and no longer than it is away now: a clock that is set back does not make a token last.
 * @throws the reason of the signal
 */
async function waitUntil(instant: number, { now, elapsed, signal }: Context): Promise<void> {
  const end = elapsed() + instant - now();
  for (;;) {
    const left = Math.min(instant - now(), end - elapsed());
    if (left <= 0) break;
    signal.throwIfAborted();
    await sleep(Math.min(longestSleep, left), signal);
  }
  signal.throwIfAborted();
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener('abort', end, { once: true });
  });
}
