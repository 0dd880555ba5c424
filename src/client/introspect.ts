import type { Context } from '../context.ts';
import { NegativeResultError } from '../errors.ts';
import { readJwtClaims } from '../jwt/decode.ts';
import type { IntrospectionResponse } from '../oauth/introspection.ts';
import { introspectToken } from '../oauth/introspection.ts';
import { authenticateAt } from './authentication.ts';
import type { OAuthClient } from './oauth-client.ts';

export interface TokenInQuestion {
  readonly value: string;
  readonly typeHint?: string | undefined;
}

const nothingAsked = { scope: [], namesTarget: false };

/** Asks the authorization server about a token, RFC 7662, authenticated as the client. */
export async function introspect(
  token: TokenInQuestion,
  client: OAuthClient,
  ctx: Context,
): Promise<IntrospectionResponse> {
  return ctx.io.progress('asking about the token', async () => {
    const { authentication, sent } = await authenticateAt('introspection_endpoint', nothingAsked, client, ctx);
    const options = { authentication, transport: client.transport };
    return client.server.use('introspection_endpoint', authentication.tls !== undefined, (endpoint) =>
      introspectToken(endpoint, token, options, sent, ctx.now),
    );
  });
}

/** The failure of a token that is not active. To a caller outside of `aud`, Keycloak and others say so of every token. */
export function notActive(token: TokenInQuestion, client: OAuthClient, now: number): NegativeResultError {
  const claims = readJwtClaims(token.value);
  const clientId = client.settings.client.clientId ?? '';
  const isOutside = claims !== undefined && ![claims.aud].flat().includes(clientId);
  const isExpired = typeof claims?.exp === 'number' && claims.exp <= now;
  return new NegativeResultError('token_not_active', 'the token is not active', { hint: hint() });

  function hint(): string | undefined {
    if (isExpired) return 'it has expired';
    if (token.typeHint !== undefined && token.typeHint !== 'access_token') {
      return `a wrong --token-type-hint hides a good token on some servers: leave ${token.typeHint} out`;
    }
    if (!isOutside) return undefined;
    return `${clientId} is not in the token's aud: to such a caller some servers (Keycloak, Zitadel) call every token inactive; ask as a client that is`;
  }
}
