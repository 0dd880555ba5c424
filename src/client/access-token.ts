import type { CachedToken, TokenCacheKey } from '../cache/token-cache.ts';
import { isGood } from '../cache/token-cache.ts';
import { credentialIdentity } from '../config/credential-identity.ts';
import type { Context } from '../context.ts';
import type { JsonObject } from '../json-object.ts';
import type { AccessTokenRequest, IssuedToken } from '../oauth/client-credentials.ts';
import { requestToken } from '../oauth/client-credentials.ts';
import { serverName } from '../oauth/metadata.ts';
import { text } from '../text.ts';
import { fingerprint } from '../token-fingerprint.ts';
import { requestAt } from './authentication.ts';
import type { OAuthClient } from './oauth-client.ts';

/** An access token for use, and whether it was there already. */
export interface AccessToken extends IssuedToken {
  readonly isFromCache: boolean;
}

/**
 * The access token for a request: from the cache while it is good, else from the server, and then stored.
 * @param mayRead whether a cached token may be used
 * @throws what requesting a token throws; never for the sake of the cache
 */
export async function obtainAccessToken(
  request: AccessTokenRequest,
  client: OAuthClient,
  ctx: Context,
  mayRead: boolean = client.settings.cache.mayRead,
): Promise<AccessToken> {
  const { isEnabled, minimumLifetime } = client.settings.cache;
  const key = isEnabled ? await tokenCacheKey(request, client) : undefined;
  const cached = key !== undefined && mayRead ? client.tokens.read(key) : undefined;
  if (cached !== undefined && isGood(cached, ctx.now() / 1000, minimumLifetime)) {
    ctx.io.conceal(cached.accessToken, fingerprint(cached.accessToken));
    return { ...cached, isFromCache: true };
  }
  const token = await requestFromServer(request, client, ctx);
  warnOfShortLife(token, minimumLifetime, ctx);
  if (key !== undefined) store(token, key, client, ctx);
  return { ...token, isFromCache: false };
}

async function requestFromServer(request: AccessTokenRequest, client: OAuthClient, ctx: Context): Promise<IssuedToken> {
  const { io } = ctx;
  const { scope, audience, resource } = request;
  const purpose = { kind: 'token', scope, namesTarget: audience.length + resource.length > 0 } as const;
  const { token, findings } = await io.progress('asking for an access token', () =>
    requestAt('token_endpoint', purpose, client, ctx, (endpoint, options, sent) =>
      requestToken(endpoint, request, options, sent, ctx.now),
    ),
  );
  io.conceal(token.accessToken, fingerprint(token.accessToken));
  for (const finding of findings) io.warn(text`${finding}`);
  return token;
}

function warnOfShortLife({ expiresOn, issuedOn }: IssuedToken, minimumLifetime: number, { io }: Context): void {
  if (expiresOn === undefined || expiresOn - issuedOn >= minimumLifetime) return;
  io.warn(text`the server gives tokens for ${expiresOn - issuedOn} s only, less than --min-ttl asks for`);
}

/** Stores a token unless it would be too old for use at once. */
function store(token: IssuedToken, key: TokenCacheKey, client: OAuthClient, ctx: Context): void {
  const { accessToken, tokenType, issuedOn, expiresOn, response } = token;
  if (expiresOn === undefined) return;
  const members = withoutSecrets(response, ctx);
  const entry: CachedToken = { key, accessToken, tokenType, issuedOn, expiresOn, response: members };
  if (isGood(entry, ctx.now() / 1000)) client.tokens.write(entry);
}

/** A server may send back what it was sent: such members are not kept. */
function withoutSecrets({ access_token, ...members }: JsonObject, { io }: Context): JsonObject {
  const harmless = Object.entries(members).filter(([, value]) => {
    const json = JSON.stringify(value);
    return io.redact(json) === json;
  });
  return { access_token, ...Object.fromEntries(harmless) };
}

/** The key of the token that a request gets; undefined when the credential cannot be told from others. */
async function tokenCacheKey(request: AccessTokenRequest, client: OAuthClient): Promise<TokenCacheKey | undefined> {
  const { server, client: settings } = client.settings;
  const { clientId, credential, authMethod, basicEncoding } = settings;
  const identity = await credentialIdentity(
    credential?.source,
    async () => (await client.secret())?.reveal() ?? '',
    (value) => client.cacheDirectory.keyedHash(value),
  );
  if (identity === undefined) return undefined;
  return {
    issuer: server.identity === undefined ? undefined : serverName(server.identity),
    token_endpoint: server.endpoints.get('token_endpoint')?.href,
    client_id: clientId,
    auth_method: authMethod,
    basic_encoding: basicEncoding,
    credential: identity,
    scope: request.scope.toSorted(),
    audience: request.audience.toSorted(),
    resource: request.resource.toSorted(),
    parameters: request.parameters,
  };
}
