import type { CryptoKey, JWTHeaderParameters, JWTPayload, KeyObject } from 'jose';

/**
 * Signs claims as they are, RFC 7515.
 * @param key a private key, or the bytes of a shared secret, that has been found fit for the algorithm
 */
export async function signJwt(
  header: JWTHeaderParameters,
  claims: JWTPayload,
  key: CryptoKey | KeyObject | Uint8Array,
): Promise<string> {
  const { SignJWT } = await import('jose');
  return new SignJWT(claims).setProtectedHeader(header).sign(key);
}
