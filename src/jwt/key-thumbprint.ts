import type { JWK } from 'jose';
import { ConfigError } from '../errors.ts';

/**
 * The thumbprint (RFC 7638, SHA-256, base64url) of a key in a file, public or private: PEM, certificate or JWK.
 * @param place the file's path and who named it, for messages
 * @throws ConfigError file_unusable
 */
export async function keyThumbprint(source: string, place: string): Promise<string> {
  const { calculateJwkThumbprint } = await import('jose');
  const text = source.replace(/^\uFEFF/, '').trim();
  const fail = (reason: string, hint: string): ConfigError =>
    new ConfigError('file_unusable', `${place} ${reason}`, { hint });
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(text))
    throw fail('is encrypted', 'the public key will do: openssl pkey -in FILE -pubout -out public.pem');
  try {
    return await calculateJwkThumbprint(await publicJwk(text));
  } catch {
    throw fail(
      'holds no key that a token could be bound to',
      'it takes one key of EC, Ed25519 or RSA, public or private: PEM or JWK',
    );
  }
}

async function publicJwk(text: string): Promise<JWK> {
  const { createPublicKey } = await import('node:crypto');
  // By way of the object that reads certificates and private keys too; of a shared secret it makes none.
  const key = text.startsWith('{') ? { key: JSON.parse(text), format: 'jwk' as const } : text;
  return createPublicKey(key).export({ format: 'jwk' }) as JWK;
}
