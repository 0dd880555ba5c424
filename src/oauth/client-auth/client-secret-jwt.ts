import { ConfigError } from '../../errors.ts';
import { algorithmsOf, weaknessOf } from '../../jwt/algorithms.ts';
import { chooseAlgorithm } from './assertion-algorithm.ts';
import { byOwnAssertion } from './client-assertion.ts';
import type { ClientAuthentication, ClientCredentials, CredentialOf } from './client-authentication.ts';

/**
 * An assertion signed with the client secret, OpenID Connect Core 1.0 section 9: the bytes of its UTF-8
 * form are the key.
 * @throws ConfigError config_invalid; secret_unusable for a secret too short for the algorithm (RFC 7518 section 3.2)
 */
export function clientSecretJwt(
  { clientId, assertion }: ClientCredentials,
  { secret }: CredentialOf<'secret'>,
): ClientAuthentication {
  const key = Buffer.from(secret.reveal());
  const jwk = { kty: 'oct', k: key.toString('base64url') };
  const algorithm = chooseAlgorithm(algorithmsOf(jwk), 'a client secret', assertion);
  const weakness = weaknessOf(jwk, algorithm);
  if (weakness !== undefined) {
    throw new ConfigError('secret_unusable', `client_secret_jwt cannot be used: ${weakness}`, {
      hint: 'have the server make a longer secret, or use another --auth-method',
    });
  }
  return byOwnAssertion('client_secret_jwt', clientId, { key, algorithm }, assertion);
}
