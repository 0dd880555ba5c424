import { describeKey } from '../../jwt/algorithms.ts';
import { chooseAlgorithm } from './assertion-algorithm.ts';
import { byOwnAssertion } from './client-assertion.ts';
import type { ClientAuthentication, ClientCredentials, CredentialOf } from './client-authentication.ts';

/**
 * An assertion signed with the client's private key, RFC 7523 section 2.2.
 * @throws ConfigError config_invalid when key, algorithm and server do not go together
 */
export function privateKeyJwt(
  { clientId, assertion }: ClientCredentials,
  { key: { privateKey, publicJwk, thumbprint, algorithms } }: CredentialOf<'private key'>,
): ClientAuthentication {
  // The one server that asks for a certificate's thumbprint, Entra ID, wants PS256 with it.
  const possible = assertion.certificateThumbprint === undefined ? algorithms : pssFirst(algorithms);
  const algorithm = chooseAlgorithm(possible, describeKey(publicJwk), assertion);
  // A key without a kid gets none here: a server finds the only key of a client without one, and all refuse
  // a kid that they do not know. The thumbprint would be a guess; whoever is refused is told it.
  const keyId = assertion.keyId ?? publicJwk.kid;
  return byOwnAssertion('private_key_jwt', clientId, { key: privateKey, algorithm, keyId, thumbprint }, assertion);
}

function pssFirst(algorithms: readonly string[]): readonly string[] {
  return algorithms.toSorted((a, b) => Number(b.startsWith('PS')) - Number(a.startsWith('PS')));
}
