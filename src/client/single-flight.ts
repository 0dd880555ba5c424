import type { Ending, Turn } from '../cache/generation-lock.ts';
import type { CachedToken, TokenCacheKey } from '../cache/token-cache.ts';
import type { Context } from '../context.ts';
import { NetworkError, SignalError } from '../errors.ts';
import type { IssuedToken } from '../oauth/client-credentials.ts';
import { text } from '../text.ts';
import type { AccessToken } from './access-token.ts';
import type { OAuthClient } from './oauth-client.ts';
import type { SharedFailure } from './shared-failure.ts';
import { shareFailure, toError } from './shared-failure.ts';

/** A token that several processes may want at once, and what one of them needs to get it. */
export interface TokenDemand {
  readonly key: TokenCacheKey;
  /** Whoever's request ends after this instant has made it for us too. Epoch milliseconds. */
  readonly since: number;
  readonly ask: (client: OAuthClient) => Promise<IssuedToken>;
  /** Whether a cached token will do. */
  readonly isGood: (token: CachedToken) => boolean;
  /** Whether a token that was issued while we waited will do: asking again would get no better one. */
  readonly isAlive: (token: Pick<CachedToken, 'accessToken' | 'expiresOn' | 'boundTo'>) => boolean;
  /** Stores a token unless it may not be stored; whether it did. */
  readonly store: (token: IssuedToken) => boolean;
  /** Puts the key of a token that is not stored where others find it, until what it returns is called. */
  readonly lendKey: (token: IssuedToken) => () => void;
}

/** What the end of a turn may leave to those who wait for it. */
type Outcome =
  | { readonly kind: 'stored' }
  /** A token that may not be stored. */
  | { readonly kind: 'token'; readonly token: IssuedToken }
  /** Tokens that end before anybody else could use them: each asks for its own, and nobody waits for that. */
  | { readonly kind: 'unusable' }
  | SharedFailure;

/** Milliseconds after its time limit within which a process has given up in any case. */
const grace = 5_000;
/** Milliseconds that replacing a token which is still good may take. */
const refreshTimeLimit = 2_000;
/** Milliseconds for which a token that may not be stored lies there for those who wait. */
const handOverTime = 300;

/**
 * Asks for a token, or gets the one that somebody else asks for at this moment. Whoever waits longer
 * than half of its time asks on its own, and stores nothing.
 * @throws what asking throws, whoever did it
 */
export async function requestOnce(demand: TokenDemand, client: OAuthClient, ctx: Context): Promise<AccessToken> {
  const signal = client.transport.start();
  const end = ctx.elapsed() + halfTime(client);
  let { since } = demand;
  for (;;) {
    const limit = end - ctx.elapsed();
    const next = await ctx.io.progress('waiting for another process that asks for this token', () =>
      client.tokens.waitForTurn(demand.key, { since, limit, until: deadline(client, ctx) }, signal),
    );
    if (next === undefined) return { ...(await demand.ask(client)), isFromCache: false };
    if (isTurn(next)) {
      const cached = client.tokens.read(demand.key);
      if (cached === undefined || !demand.isGood(cached)) return requestInTurn(next, demand, client, ctx);
      next.release({ kind: 'stored' } satisfies Outcome);
      return { ...cached, isFromCache: true };
    }
    const token = takeOver(next, demand, client);
    if (token === 'unusable') return { ...(await demand.ask(client)), isFromCache: false };
    if (token !== undefined) {
      ctx.io.trace(text`* another process has asked for this token`);
      return { ...token, isFromCache: true, isShared: true };
    }
    since = next.on;
  }
}

/** Asks for a token whatever is there, and whatever others do. */
export async function requestAnew(demand: TokenDemand, client: OAuthClient, ctx: Context): Promise<AccessToken> {
  const turn = await client.tokens.takeTurn(demand.key, deadline(client, ctx));
  if (turn !== undefined) return requestInTurn(turn, demand, client, ctx);
  const token = await demand.ask(client);
  const isStored = demand.store(token);
  return { ...token, isFromCache: false, ...(isStored ? { key: demand.key } : {}) };
}

/**
 * Replaces a token that is still good, but not for long: the first process that comes does it, and all
 * others use the old one. When it does not succeed soon, the old one will do, and the next attempt is
 * made when half of the time that is left has gone.
 */
export async function refreshEarly(
  cached: CachedToken,
  demand: TokenDemand,
  client: OAuthClient,
  ctx: Context,
): Promise<AccessToken> {
  const old = { ...cached, isFromCache: true };
  const turn = await client.tokens.takeTurn(demand.key, ctx.now() + refreshTimeLimit + grace);
  if (turn === undefined) return old;
  const newest = client.tokens.read(demand.key);
  if (newest !== undefined && demand.isGood(newest) && newest.refreshOn > ctx.now() / 1000) {
    turn.release({ kind: 'stored' } satisfies Outcome);
    return { ...newest, isFromCache: true };
  }
  const hasty = client.within(refreshTimeLimit);
  try {
    return await requestInTurn(turn, { ...demand, ask: (limited) => inTime(demand.ask(limited)) }, hasty, ctx);
  } catch (error) {
    if (error instanceof SignalError) throw error;
    ctx.io.trace(text`* the token could not be replaced before its end, and is still good`);
    const now = ctx.now() / 1000;
    client.tokens.write({ ...cached, refreshOn: Math.ceil(now + (cached.expiresOn - now) / 2) });
    return old;
  } finally {
    await hasty.transport.close();
  }
}

/** A command that gives the secret knows nothing of time limits. */
async function inTime(asking: Promise<IssuedToken>): Promise<IssuedToken> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NetworkError('timeout', 'no token in time')), refreshTimeLimit);
  });
  try {
    return await Promise.race([asking, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

async function requestInTurn(turn: Turn, demand: TokenDemand, client: OAuthClient, ctx: Context): Promise<AccessToken> {
  let outcome: Outcome | undefined;
  try {
    const token = await demand.ask(client);
    if (!turn.isMine() || !demand.store(token)) {
      outcome = handOver(token, turn, demand, client, ctx.signal);
      return { ...token, isFromCache: false };
    }
    outcome = { kind: 'stored' };
    client.afterAnswer.push(() => client.cacheDirectory.sweep());
    return { ...token, isFromCache: false, key: demand.key };
  } catch (error) {
    outcome = shareFailure(error, connectionOf(client), ctx.io.redact);
    throw error;
  } finally {
    turn.release(outcome);
  }
}

/** A token that may not be stored is there for those who wait now, and then no more. */
function handOver(
  token: IssuedToken,
  turn: Turn,
  demand: TokenDemand,
  client: OAuthClient,
  signal: AbortSignal,
): Outcome | undefined {
  const takeKeyBack = demand.lendKey(token);
  const isUsable = isAlive(token, demand);
  if (!isUsable || !turn.isAwaited()) {
    takeKeyBack();
    return isUsable ? undefined : { kind: 'unusable' };
  }
  const gone = new Promise((resolve) => {
    setTimeout(resolve, handOverTime);
    signal.addEventListener('abort', resolve, { once: true });
  });
  client.afterAnswer.push(async () => {
    await gone;
    turn.release();
    takeKeyBack();
  });
  return { kind: 'token', token };
}

/**
 * The token that somebody else has asked for; undefined when there is none for us.
 * @throws the failure of that request
 */
function takeOver(ending: Ending, demand: TokenDemand, client: OAuthClient): IssuedToken | 'unusable' | undefined {
  const outcome = ending.outcome as Outcome | undefined;
  switch (outcome?.kind) {
    case undefined:
      return undefined;
    case 'stored': {
      const cached = client.tokens.read(demand.key);
      return cached !== undefined && demand.isAlive(cached) ? cached : undefined;
    }
    case 'token':
      return isAlive(outcome.token, demand) ? outcome.token : 'unusable';
    case 'unusable':
      return 'unusable';
    case 'failure':
      if (outcome.connection === connectionOf(client)) throw toError(outcome);
      return undefined;
  }
}

/** A token of which nobody knows how long it is good for was issued just now. */
function isAlive(token: IssuedToken, demand: TokenDemand): boolean {
  return demand.isAlive({ ...token, expiresOn: token.expiresOn ?? Number.POSITIVE_INFINITY });
}

function isTurn(next: Turn | Ending): next is Turn {
  return 'release' in next;
}

/** The way in which requests are sent, under a key of the cache: a proxy's password may be in it. */
function connectionOf({ cacheDirectory, settings, maxTime }: OAuthClient): string {
  return cacheDirectory.keyedHash(`${settings.connection.identity()} ${maxTime}`) ?? '';
}

/** Half of the time for everything, in milliseconds. */
function halfTime({ maxTime }: OAuthClient): number {
  return maxTime === 0 ? Number.POSITIVE_INFINITY : maxTime / 2;
}

function deadline({ maxTime }: OAuthClient, { now }: Context): number | undefined {
  return maxTime === 0 ? undefined : now() + maxTime + grace;
}
