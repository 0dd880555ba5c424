import type { JsonWebKeyInput, KeyObject } from 'node:crypto';
import type { JWK } from 'jose';

/**
 * The public key as JWK: of PEM, which may be a certificate or a private key too, of a JWK, or of a private key.
 * @throws what node throws for anything else, such as a shared secret
 */
export async function publicJwkOf(key: string | JsonWebKeyInput | KeyObject): Promise<JWK> {
  const { createPublicKey } = await import('node:crypto');
  // By way of the public key: on Node 20 the export of a private one as JWK can stand still.
  return createPublicKey(key).export({ format: 'jwk' }) as JWK;
}
