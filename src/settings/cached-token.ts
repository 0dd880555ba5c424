import { TokenCache } from '../cache/token-cache.ts';
import { openCacheDirectory } from '../client/oauth-client.ts';
import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import { isGood } from '../expiry.ts';
import { text } from '../text.ts';
import { cacheDirectory } from './resolve-cache.ts';
import { resolveDpop } from './resolve-dpop.ts';
import { resolveRequest } from './resolve-request.ts';
import type { Settings } from './settings.ts';
import { belongsTo, isBound, optionsFor, ownerOptionsFor, resolveOwner, wasAskedFor } from './token-selection.ts';

/**
 * The one cached token of this issuer and client that is meant; the person is asked when it is not clear.
 * @throws UsageError not_cached
 */
export function findCachedToken(selection: Settings, ctx: Context): string {
  const wanted = resolveRequest(selection);
  const owner = resolveOwner(selection);
  const now = ctx.now() / 1000;
  const cache = new TokenCache(openCacheDirectory(cacheDirectory(selection, ctx), ctx));
  const good = cache.list().filter((token) => belongsTo(token, owner) && isGood(token, now));
  const isBinding = resolveDpop(selection, ctx) !== undefined;
  const exact = good
    .filter((token) => wasAskedFor(token, wanted))
    .sort((a, b) => b.issuedOn - a.issuedOn)
    .sort((a, b) => Number(isBound(b) === isBinding) - Number(isBound(a) === isBinding));
  const owners = new Set((exact.length > 0 ? exact : good).map(({ key }) => ownerOptionsFor(key)));
  if (owners.size > 1) {
    throw new UsageError('not_cached', 'tokens of several servers or clients are in the cache', {
      hint: `say whose: ${[...owners].sort().join(', or ')}`,
    });
  }
  const [token, ...others] = exact.length > 0 ? exact.slice(0, 1) : good;
  if (token === undefined) {
    throw new UsageError('not_cached', 'no good token of this issuer and client is in the cache', {
      hint: `get one with ccgrant token${wanted.scope.map((scope) => ` --scope ${scope}`).join('')}`,
    });
  }
  if (exact.length === 0 && others.length === 0) {
    ctx.io.note(text`the only token is that of ${ownerOptionsFor(token.key)} ${optionsFor(token.key)}`);
  }
  if (others.length === 0) return token.accessToken;
  throw new UsageError(
    'not_cached',
    `${good.length} tokens are in the cache, and none was asked for exactly like this`,
    {
      hint: `say which one: ${good.map(({ key }) => optionsFor(key)).join(', or ')}`,
    },
  );
}
