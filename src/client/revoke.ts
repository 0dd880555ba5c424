import type { Context } from '../context.ts';
import { readJwtClaims } from '../jwt/decode.ts';
import { revokeToken } from '../oauth/revocation.ts';
import { requestAt } from './authentication.ts';
import type { TokenInQuestion } from './introspect.ts';
import type { OAuthClient } from './oauth-client.ts';

/**
 * Revokes a token, RFC 7009, and forgets it just before it asks: a token that may be dead must not be handed out again.
 * @returns what the server had to say against it although it answered 200
 */
export async function revoke(
  token: TokenInQuestion,
  client: OAuthClient,
  ctx: Context,
): Promise<{ readonly objection: string | undefined }> {
  const purpose = { kind: 'revocation', issuedTo: issuedTo(token.value) } as const;
  return ctx.io.progress('revoking the token', () =>
    requestAt('revocation_endpoint', purpose, client, ctx, (endpoint, options, sent) => {
      client.tokens.removeAll(({ accessToken }) => accessToken === token.value);
      return revokeToken(endpoint, token, options, sent, ctx.now);
    }),
  );
}

/** The client in a JWT: `client_id` of RFC 9068, `azp` on Keycloak, `cid` on Okta. */
function issuedTo(token: string): string | undefined {
  const claims = readJwtClaims(token);
  const client = claims?.client_id ?? claims?.azp ?? claims?.cid;
  return typeof client === 'string' ? client : undefined;
}
