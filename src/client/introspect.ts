import type { Context } from '../context.ts';
import { NegativeResultError } from '../errors.ts';
import { readJwtClaims } from '../jwt/decode.ts';
import type { IntrospectionResponse } from '../oauth/introspection.ts';
import { introspectToken } from '../oauth/introspection.ts';
import { requestAt } from './authentication.ts';
import type { OAuthClient } from './oauth-client.ts';

export interface TokenInQuestion {
  readonly value: string;
  readonly typeHint?: string | undefined;
}

/** Asks the authorization server about a token, RFC 7662, authenticated as the client. */
export async function introspect(
  token: TokenInQuestion,
  client: OAuthClient,
  ctx: Context,
): Promise<IntrospectionResponse> {
  return ctx.io.progress('asking about the token', () =>
    requestAt('introspection_endpoint', { kind: 'introspection' }, client, ctx, (endpoint, options, sent) =>
      introspectToken(endpoint, token, options, sent, ctx.now),
    ),
  );
}

/**
 * The failure of a token that is not active, with the likely reason.
 * @param now epoch seconds
 */
export async function notActive(
  token: TokenInQuestion,
  client: OAuthClient,
  now: number,
): Promise<NegativeResultError> {
  const { clientId } = client.settings.client;
  const issuer = await client.server.issuer();
  return new NegativeResultError('token_not_active', 'the token is not active', {
    hint: inactivityHint(token, readJwtClaims(token.value), clientId, issuer, now),
  });
}

function inactivityHint(
  { typeHint }: TokenInQuestion,
  claims: Readonly<Record<string, unknown>> | undefined,
  clientId: string | undefined,
  issuer: string | undefined,
  now: number,
): string | undefined {
  if (typeof claims?.exp === 'number' && claims.exp <= now)
    return 'it has expired: get another one with ccgrant token --fresh';
  if (typeof claims?.iss === 'string' && issuer !== undefined && claims.iss !== issuer) {
    return `it was issued by ${claims.iss}, and this is ${issuer}`;
  }
  if (typeHint !== undefined && typeHint !== 'access_token') {
    return `a wrong --token-type-hint hides a good token on some servers: leave ${typeHint} out`;
  }
  // Keycloak, Zitadel and others say so of every token to whoever is not meant by it.
  if (claims === undefined) return 'it has expired, was revoked, or is not of this server';
  if ([claims.aud].flat().includes(clientId)) return 'it was revoked, or is not of this server';
  return `${clientId ?? 'this client'} is not in the token's aud: to such a caller some servers (Keycloak, Zitadel) call every token inactive; ask as a client that is; else it was revoked`;
}
