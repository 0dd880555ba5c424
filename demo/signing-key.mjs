import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';

/** @import { CryptoKey, JWK } from 'jose' */

/** The algorithm of the demo's access tokens. */
export const signingAlgorithm = 'RS256';

/**
 * A key pair that lives as long as the authorization server: nothing signed by it outlasts the demo.
 *
 * @typedef {{ kid: string, privateJwk: JWK, privateKey: CryptoKey, publicKey: CryptoKey }} SigningKey
 *
 * @returns {Promise<SigningKey>}
 */
export async function generateSigningKey() {
  const { privateKey, publicKey } = await generateKeyPair(signingAlgorithm, { extractable: true });
  const jwk = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  const privateJwk = { ...jwk, kid, alg: signingAlgorithm, use: 'sig' };
  return { kid, privateJwk, privateKey, publicKey };
}
