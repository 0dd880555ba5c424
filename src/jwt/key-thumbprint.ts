import { ConfigError } from '../errors.ts';
import { isEncrypted, privateKeyBlocks } from '../pem.ts';
import { publicJwkOf } from './public-jwk.ts';

/**
 * The thumbprint (RFC 7638, SHA-256, base64url) of a key in a file, public or private: PEM, certificate or JWK.
 * @param place the file's path, for messages
 * @throws ConfigError file_unusable
 */
export async function keyThumbprint(source: string, place: string): Promise<string> {
  const { calculateJwkThumbprint } = await import('jose');
  const text = source.replace(/^\uFEFF/, '').trim();
  const fail = (reason: string, hint: string): ConfigError =>
    new ConfigError('file_unusable', `${place} ${reason}`, { hint });
  if (privateKeyBlocks(text).some(isEncrypted))
    throw fail('is encrypted', 'the public key will do: openssl pkey -in FILE -pubout -out public.pem');
  try {
    const key = text.startsWith('{') ? { key: JSON.parse(text), format: 'jwk' as const } : text;
    return await calculateJwkThumbprint(await publicJwkOf(key));
  } catch {
    throw fail(
      'holds no key that a token could be bound to',
      'it takes one key of EC, Ed25519 or RSA, public or private: PEM or JWK',
    );
  }
}
