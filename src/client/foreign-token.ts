import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import { confirmationOf } from '../jwt/confirmation.ts';
import { readJwtClaims } from '../jwt/decode.ts';
import type { BoundKey } from '../oauth/client-credentials.ts';
import { otherKey, readKeyFile } from './dpop-keys.ts';
import type { OAuthClient } from './oauth-client.ts';

/**
 * The key that a token from elsewhere is bound to, RFC 9449 section 6.1: a JWT says so itself, of an opaque token
 * the options do. Undefined for a bearer token.
 * @param origin how the token was given, for messages
 * @throws UsageError usage for a token whose key is not at hand; ConfigError file_unusable, secret_unusable
 */
export async function bindingOfForeignToken(
  accessToken: string,
  origin: string,
  client: OAuthClient,
  ctx: Context,
): Promise<BoundKey | undefined> {
  const { dpop } = client.settings;
  const claims = readJwtClaims(accessToken);
  const isBound = claims === undefined ? dpop !== undefined : confirmationOf(claims, 'jkt') !== undefined;
  if (!isBound) return undefined;
  if (dpop?.keyFile === undefined) {
    if (claims === undefined && dpop?.isOptional === true) return undefined;
    throw new UsageError('usage', `the token of ${origin} is of use only with the key that it is bound to`, {
      hint: 'give that key with --dpop-key FILE; a key that ccgrant made is kept with its token: leave --token-file out',
    });
  }
  const { thumbprint, algorithms } = await readKeyFile(dpop.keyFile, ctx);
  if (claims !== undefined && confirmationOf(claims, 'jkt') !== thumbprint) throw otherKey(dpop.keyFile);
  return { thumbprint, alg: algorithms[0] ?? '', isOwn: false };
}
