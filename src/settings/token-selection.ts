import type { CachedToken, TokenCacheKey } from '../cache/token-cache.ts';
import { parseUrl } from '../http/url-policy.ts';
import type { AccessTokenRequest } from '../oauth/client-credentials.ts';
import { serverName, toServerIdentity } from '../oauth/metadata.ts';
import type { TypedOptions } from '../options/option.ts';
import type { Rank, Setting, Settings } from './settings.ts';

/** Whose tokens are meant; what is undefined may be anything. */
export interface TokenOwner {
  readonly issuer: string | undefined;
  readonly tokenEndpoint: string | undefined;
  readonly clientId: string | undefined;
}

/**
 * Whose tokens the settings mean.
 * @param ranks the settings that count; all without it
 * @throws UsageError invalid_url
 */
export function resolveOwner(settings: Settings, ranks?: readonly Rank[]): TokenOwner {
  const chosen = (name: string): Setting<string> | undefined => {
    const setting = settings.text(name);
    return setting !== undefined && ranks?.includes(setting.origin.rank) !== false ? setting : undefined;
  };
  const url = (setting: Setting<string>): URL => parseUrl(setting.value, setting.origin.name);
  const issuer = chosen('issuer');
  const endpoint = chosen('token-endpoint');
  return {
    issuer: issuer && serverName(toServerIdentity(issuer.value, url(issuer))),
    tokenEndpoint: endpoint && url(endpoint).href,
    clientId: chosen('client-id')?.value,
  };
}

export function belongsTo({ key }: CachedToken, { issuer, tokenEndpoint, clientId }: TokenOwner): boolean {
  return (
    (issuer === undefined || key.issuer === issuer) &&
    (tokenEndpoint === undefined || key.token_endpoint === tokenEndpoint) &&
    (clientId === undefined || key.client_id === clientId)
  );
}

/** Whether a token was asked for with exactly these parameters, the order of scopes aside. */
export function wasAskedFor({ key }: CachedToken, request: AccessTokenRequest): boolean {
  const same = (a: readonly string[], b: readonly string[]): boolean =>
    JSON.stringify(a.toSorted()) === JSON.stringify(b.toSorted());
  return (
    same(key.scope, request.scope) &&
    same(key.audience, request.audience) &&
    same(key.resource, request.resource) &&
    JSON.stringify(key.parameters) === JSON.stringify(request.parameters)
  );
}

/** Whether a token was asked for as one that is bound to a key. */
export function isBound({ key }: CachedToken): boolean {
  return key.binding !== undefined;
}

/** The options that ask for a token with this key, for the shell; values of parameters may be secret. */
export function optionsFor({ scope, audience, resource, parameters, binding }: TokenCacheKey): string {
  return [
    scope.length === 0 ? '--no-scope' : `--scope ${shellQuote(scope.join(' '))}`,
    ...audience.map((value) => `--audience ${shellQuote(value)}`),
    ...resource.map((value) => `--resource ${shellQuote(value)}`),
    ...parameters.map(([name]) => `--param ${shellQuote(name)}=…`),
    ...(binding === undefined ? [] : ['--dpop']),
  ].join(' ');
}

/** The options that say whose token it is, for the shell. */
export function ownerOptionsFor({ issuer, token_endpoint, client_id }: TokenCacheKey): string {
  return Object.entries({ issuer, 'token-endpoint': token_endpoint, 'client-id': client_id })
    .flatMap(([name, value]) => (value === undefined ? [] : [`--${name} ${shellQuote(value)}`]))
    .join(' ');
}

const selecting = [
  ...['profile', 'config', 'cache-dir', 'issuer', 'token-endpoint', 'client-id'],
  ...['scope', 'audience', 'resource', 'param', 'dpop', 'dpop-key', 'dpop-optional'],
];

/** Of the options that were typed those that select a token, for the shell; what a variable says it goes on to say. */
export function selectionTyped(typed: TypedOptions): string {
  return selecting
    .flatMap((name) => {
      const value = typed.get(name) ?? [];
      if (typeof value === 'boolean') return [value ? `--${name}` : `--no-${name}`];
      // Values of parameters may be secret.
      return value.map(
        (one) => `--${name} ${name === 'param' ? `${shellQuote(one.split('=', 1)[0] ?? '')}=…` : shellQuote(one)}`,
      );
    })
    .join(' ');
}

export function shellQuote(value: string): string {
  return /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
