import type { CachedToken } from '../cache/token-cache.ts';
import { isGood, TokenCache } from '../cache/token-cache.ts';
import { openCacheDirectory } from '../client/oauth-client.ts';
import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import type { AccessTokenRequest } from '../oauth/client-credentials.ts';
import { fingerprint } from '../token-fingerprint.ts';
import { cacheDirectory } from './cache-options.ts';
import type { OptionRow } from './option.ts';
import { resolveRequest } from './request-options.ts';
import { resolveServer } from './server-options.ts';
import type { Settings } from './settings.ts';
import { claimStandardInput } from './standard-input.ts';

export const cachedOption: OptionRow = {
  name: 'cached',
  group: 'Token',
  summary: 'take the token from the cache; the server is not asked',
};

/**
 * The token that a command is about: its operand, standard input, or the cache.
 * @param operand the operand as typed, `-` for standard input, undefined when it was left out
 * @throws UsageError missing_token, not_cached, standard_input_conflict
 */
export async function readTokenOperand(operand: string | undefined, settings: Settings, ctx: Context): Promise<string> {
  const { stdin } = ctx.io;
  if (settings.flag('cached')) {
    if (operand !== undefined) throw new UsageError('usage', 'a token is given, and --cached asks for another one');
    claimStandardInput(settings);
    return conceal(findCachedToken(settings, ctx), ctx);
  }
  const isFromInput = operand === '-' || (operand === undefined && !stdin.isTerminal);
  claimStandardInput(settings, ...(isFromInput ? ['the token'] : []));
  if (!isFromInput && operand === undefined) throw missingToken('no token is given');
  const given = isFromInput ? new TextDecoder().decode(await stdin.read()) : (operand ?? '');
  const token = cleanToken(given);
  if (token === '') throw missingToken(isFromInput ? 'standard input is empty' : 'the token is empty');
  return conceal(token, ctx);
}

/** A token as people paste it: white space and quotes around it and the scheme before it do not belong to it. */
export function cleanToken(given: string): string {
  const unquoted = given
    .replace(/^\uFEFF/, '')
    .trim()
    .replace(/^(["'`])(.*)\1$/s, '$2');
  return unquoted.replace(/^(authorization:\s*)?(bearer|dpop)\s+/i, '').trim();
}

function conceal(token: string, { io }: Context): string {
  io.conceal(token, fingerprint(token));
  return token;
}

function missingToken(message: string): UsageError {
  return new UsageError('missing_token', message, {
    hint: 'give it as an argument, pipe it in, or take the cached one with --cached',
  });
}

/** The one cached token of this issuer and client that is meant; the person is asked when it is not clear. */
function findCachedToken(settings: Settings, ctx: Context): string {
  const wanted = resolveRequest(settings);
  const now = ctx.now() / 1000;
  const cache = new TokenCache(openCacheDirectory(cacheDirectory(settings, ctx), ctx));
  const good = cache.list().filter((token) => belongsTo(token, settings) && isGood(token, now));
  const exact = good.filter((token) => isFor(token, wanted));
  const [token, ...others] = exact.length > 0 ? exact.sort((a, b) => b.issuedOn - a.issuedOn).slice(0, 1) : good;
  if (token === undefined) {
    throw new UsageError('not_cached', 'no good token of this issuer and client is in the cache', {
      hint: `get one with ccgrant token${wanted.scope.map((scope) => ` --scope ${scope}`).join('')}`,
    });
  }
  if (others.length === 0) return token.accessToken;
  throw new UsageError(
    'not_cached',
    `${good.length} tokens are in the cache, and none was asked for exactly like this`,
    {
      hint: `say which one: ${good.map(({ key }) => (key.scope.length === 0 ? '--no-scope' : `--scope '${key.scope.join(' ')}'`)).join(', or ')}`,
    },
  );
}

function belongsTo({ key }: CachedToken, settings: Settings): boolean {
  const { identity, endpoints } = resolveServer(settings);
  const clientId = settings.text('client-id')?.value;
  const issuer = identity?.kind === 'issuer' ? identity.issuer : identity?.url;
  const endpoint = endpoints.get('token_endpoint')?.href;
  return (
    (issuer === undefined || key.issuer === issuer) &&
    (endpoint === undefined || key.token_endpoint === endpoint) &&
    (clientId === undefined || key.client_id === clientId)
  );
}

function isFor({ key }: CachedToken, request: AccessTokenRequest): boolean {
  const same = (a: readonly string[], b: readonly string[]): boolean =>
    JSON.stringify(a.toSorted()) === JSON.stringify(b.toSorted());
  return (
    same(key.scope, request.scope) &&
    same(key.audience, request.audience) &&
    same(key.resource, request.resource) &&
    JSON.stringify(key.parameters) === JSON.stringify(request.parameters)
  );
}
