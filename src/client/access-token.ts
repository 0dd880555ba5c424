import type { CachedToken, TokenCacheKey } from '../cache/token-cache.ts';
import type { Context } from '../context.ts';
import { isGood, refreshTime } from '../expiry.ts';
import type { JsonObject } from '../json-object.ts';
import type { AccessTokenRequest, IssuedToken } from '../oauth/client-credentials.ts';
import { text } from '../text.ts';
import { fingerprint } from '../token-fingerprint.ts';
import type { TokenBinding } from './dpop.ts';
import type { OAuthClient } from './oauth-client.ts';
import type { TokenDemand } from './single-flight.ts';
import { refreshEarly, requestAnew, requestOnce } from './single-flight.ts';
import { tokenCacheKey } from './token-cache-key.ts';

/** An access token for use, and whether it was there already. */
export interface AccessToken extends IssuedToken {
  readonly isFromCache: boolean;
  /** Whether another process has asked for it while we waited, and leaves for later runs what they need. */
  readonly isShared?: true;
  /** Under which key it lies in the cache; undefined when it does not. */
  readonly key?: TokenCacheKey;
}

/**
 * The access token for a request: from the cache while it is good, else from the server, and then stored.
 * Of all processes that share the cache and want the same token at once, one asks.
 * @param refused a token that was used in vain: any other one will do
 * @throws what requesting a token throws; never for the sake of the cache
 */
export async function obtainAccessToken(
  request: AccessTokenRequest,
  client: OAuthClient,
  ctx: Context,
  refused?: string,
): Promise<AccessToken> {
  const { isEnabled, mayRead, minimumLifetime } = client.settings.cache;
  const key = isEnabled ? await tokenCacheKey(request, client, ctx) : undefined;
  ctx.witness.close();
  const ask = async (limited: OAuthClient): Promise<IssuedToken> => {
    const token = await requestFromServer(request, limited, ctx);
    warnOfShortLife(token, minimumLifetime, ctx);
    return token;
  };
  if (key === undefined) return { ...(await ask(client)), isFromCache: false };

  const demand: TokenDemand = {
    key,
    since: refused === undefined ? ctx.startedOn : ctx.now(),
    ask,
    isGood: (token) =>
      token.accessToken !== refused &&
      isGood(token, ctx.now() / 1000, minimumLifetime) &&
      client.dpopKeys.isThere(token.boundTo),
    isAlive: (token) =>
      token.accessToken !== refused && token.expiresOn > ctx.now() / 1000 && client.dpopKeys.isThere(token.boundTo),
    store: (token) => store(token, key, client, ctx),
    lendKey: (token) => lendKey(token, client, ctx),
  };
  const token =
    mayRead || refused !== undefined
      ? await readOrRequest(demand, client, ctx)
      : await requestAnew(demand, client, ctx);
  ctx.io.conceal(token.accessToken, () => fingerprint(token.accessToken, ctx.sha256));
  return token;
}

async function readOrRequest(demand: TokenDemand, client: OAuthClient, ctx: Context): Promise<AccessToken> {
  const cached = client.tokens.read(demand.key);
  if (cached === undefined || !demand.isGood(cached)) return requestOnce(demand, client, ctx);
  if (ctx.now() / 1000 < cached.refreshOn) return { ...cached, isFromCache: true };
  return refreshEarly(cached, demand, client, ctx);
}

async function requestFromServer(request: AccessTokenRequest, client: OAuthClient, ctx: Context): Promise<IssuedToken> {
  const { io, sha256 } = ctx;
  const { scope, audience, resource } = request;
  const purpose = { kind: 'token', scope, namesTarget: audience.length + resource.length > 0 } as const;
  // Who finds a token, or waits for one that another process asks for, does without these.
  const { requestAt } = await import('./authentication.ts');
  const { requestToken } = await import('../oauth/client-credentials.ts');
  const binding = await bindingOf(client, ctx);
  const { token, findings } = await io.progress('asking for an access token', () =>
    requestAt('token_endpoint', purpose, client, ctx, (endpoint, options, sent) =>
      requestToken(endpoint, request, { ...options, constraint: binding?.constraint }, sent, ctx.now),
    ),
  );
  io.conceal(token.accessToken, () => fingerprint(token.accessToken, sha256));
  for (const finding of findings) io.warn(text`${finding}`);
  return binding?.constraint.tokenType === token.tokenType ? { ...token, boundTo: binding.boundTo } : token;
}

/** What the token is to be bound to; nothing of it is loaded for bearer tokens. */
async function bindingOf(client: OAuthClient, ctx: Context): Promise<TokenBinding | undefined> {
  const { dpop } = client.settings;
  return dpop && (await import('./dpop.ts')).openBinding(dpop, client, ctx);
}

/** Seconds for which the key lies there of a token that is handed over; the process that got it removes it before. */
const longestLoan = 60;

/** Puts the key of a token that is not stored where those find it who get that token now; returns how to take it back. */
function lendKey({ boundTo }: IssuedToken, client: OAuthClient, ctx: Context): () => void {
  const key = client.dpopKeys.toKeep(boundTo, ctx.now() / 1000 + longestLoan);
  if (key === undefined) return () => {};
  client.tokens.proofKeys.write(key);
  return () => client.tokens.proofKeys.remove(key.thumbprint);
}

function warnOfShortLife({ expiresOn, issuedOn }: IssuedToken, minimumLifetime: number, { io }: Context): void {
  if (expiresOn === undefined || expiresOn - issuedOn >= minimumLifetime) return;
  io.warn(text`the server gives tokens for ${expiresOn - issuedOn} s only, less than --min-ttl asks for`);
}

/**
 * Stores a token unless it would be too old for use at once; whether it did. What it came in place of is gone
 * in both cases: whoever asks next would get an older token than the one that was given last.
 */
function store(token: IssuedToken, key: TokenCacheKey, client: OAuthClient, ctx: Context): boolean {
  const entry = toCachedToken(token, key, ctx);
  if (entry !== undefined && isGood(entry, ctx.now() / 1000))
    return client.tokens.write(entry, client.dpopKeys.toKeep(entry.boundTo, entry.expiresOn));
  client.tokens.supersede(key, token);
  return false;
}

/** Undefined for a token of which nobody knows how long it is good for. */
function toCachedToken(token: IssuedToken, key: TokenCacheKey, ctx: Context): CachedToken | undefined {
  const { accessToken, tokenType, issuedOn, expiresOn, response, boundTo } = token;
  if (expiresOn === undefined) return undefined;
  const refreshOn = refreshTime(issuedOn, expiresOn);
  return {
    key,
    accessToken,
    tokenType,
    issuedOn,
    expiresOn,
    refreshOn,
    response: withoutSecrets(response, ctx),
    boundTo,
  };
}

/** A server may send back what it was sent: such members are not kept. */
function withoutSecrets({ access_token, ...members }: JsonObject, { io }: Context): JsonObject {
  const harmless = Object.entries(members).filter(([, value]) => {
    const json = JSON.stringify(value);
    return io.redact(json) === json;
  });
  return { access_token, ...Object.fromEntries(harmless) };
}
