import type { CachedToken } from '../cache/token-cache.ts';
import type { Style } from '../io/style.ts';
import { Text, text } from '../text.ts';
import { timestamp } from '../timestamp.ts';
import { relativeTime } from './time.ts';

/** The cached tokens for a program. */
export function toCachedTokensJson(tokens: readonly CachedToken[], showTokens: boolean): object[] {
  return tokens.map(({ key, accessToken, expiresOn, tokenType, boundTo }) => ({
    issuer: key.issuer,
    token_endpoint: key.token_endpoint,
    client_id: key.client_id,
    scope: key.scope.join(' '),
    audience: key.audience,
    resource: key.resource,
    token_type: tokenType,
    ...(boundTo === undefined ? {} : { cnf: { jkt: boundTo.thumbprint } }),
    expires_at: timestamp(expiresOn),
    expires_on: expiresOn,
    ...(showTokens ? { access_token: accessToken } : {}),
  }));
}

export interface ListedToken extends CachedToken {
  /** Whether it would still be handed out. */
  readonly isUsable: boolean;
}

/**
 * The cached tokens for a person, a few lines each.
 * @param now epoch seconds
 */
export function renderCachedTokens(
  tokens: readonly ListedToken[],
  showTokens: boolean,
  style: Style,
  now: number,
): Text {
  return Text.join(
    tokens.map((token) => {
      const { key, accessToken, expiresOn, isUsable, boundTo } = token;
      const target = [...key.audience, ...key.resource].join(' ');
      const end = `${timestamp(expiresOn)}, ${relativeTime(expiresOn, now)}`;
      return Text.join(
        [
          text`${style.title(key.client_id ?? 'no client id')} at ${key.issuer ?? key.token_endpoint ?? 'an unnamed server'}`,
          text`  scope    ${key.scope.join(' ') || 'none asked for'}`,
          ...(target === '' ? [] : [text`  for      ${target}`]),
          ...(boundTo === undefined ? [] : [text`  bound to ${boundTo.thumbprint} (DPoP)`]),
          text`  expires  ${end}${isUsable ? text`` : text` ${style.bad('NOT USED ANY MORE')}`}`,
          ...(showTokens ? [text`  token    ${accessToken}`] : []),
        ],
        '\n',
      );
    }),
    '\n',
  );
}
