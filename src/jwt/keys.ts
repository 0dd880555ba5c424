import type { JWK } from 'jose';
import { ConfigError } from '../errors.ts';
import { parseJsonObject } from '../json-object.ts';

/** RFC 7517 section 5. */
export interface JsonWebKeySet {
  readonly keys: readonly JWK[];
}

/** More keys than any server has; trying them all would take too long. */
export const keyLimit = 100;

/** A JSON value as JWK Set, or undefined when it is none. Keys that are no objects are left out. */
export function toKeySet(value: unknown): JsonWebKeySet | undefined {
  const keys = (value as { keys?: unknown } | undefined)?.keys;
  if (!Array.isArray(keys) || keys.length > keyLimit) return undefined;
  return { keys: keys.filter(isKey) };
}

const textMembers = ['kid', 'alg', 'use', 'crv', 'n', 'e', 'x', 'y', 'k'] as const;

/** A JWK whose members are of the types that RFC 7517 section 4 and RFC 7518 section 6 give them. */
function isKey(value: unknown): value is JWK {
  if (typeof value !== 'object' || value === null) return false;
  const key = value as JWK;
  return (
    typeof key.kty === 'string' && textMembers.every((name) => key[name] === undefined || typeof key[name] === 'string')
  );
}

/**
 * Reads public keys from a file: a JWK Set, one JWK, a PEM public key or a PEM certificate.
 * @param place the file's path, for messages
 * @throws ConfigError file_unusable
 */
export async function parsePublicKeys(source: string, place: string): Promise<JsonWebKeySet> {
  const fail = (reason: string, hint?: string): ConfigError =>
    new ConfigError('file_unusable', `${place} ${reason}`, { hint });
  const trimmed = source.replace(/^\uFEFF/, '').trim();
  const privateKey = (): ConfigError => fail('holds a private key', 'tokens are verified with the public key');
  if (/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(trimmed)) throw privateKey();
  if (trimmed.startsWith('-----BEGIN')) return { keys: [await publicKeyFromPem(trimmed, fail)] };
  const value = parseJsonObject(trimmed);
  const keySet = toKeySet(value) ?? toKeySet({ keys: [value] });
  const keys = keySet?.keys.filter((key) => key.kty !== 'oct') ?? [];
  if (keys.some(({ d }) => d !== undefined)) throw privateKey();
  if (keys.length > 0) return { keys };
  throw fail(
    'holds no public key',
    'it takes a JWK Set, a JWK, a PEM public key or a PEM certificate; a shared secret comes from --verify-secret-file',
  );
}

/**
 * Reads a shared secret: a JWK with `kty: oct`, or the bare bytes less one final newline.
 * @throws ConfigError secret_unusable
 */
export function parseSharedSecret(bytes: Uint8Array, place: string): JsonWebKeySet {
  const value = parseJsonObject(Buffer.from(bytes).toString()) as JWK | undefined;
  if (value?.kty === 'oct' && typeof value.k === 'string') return { keys: [value] };
  const secret = withoutFinalNewline(bytes);
  if (secret.length === 0) throw new ConfigError('secret_unusable', `${place} is empty`);
  return { keys: [{ kty: 'oct', k: Buffer.from(secret).toString('base64url') }] };
}

async function publicKeyFromPem(pem: string, fail: (reason: string) => ConfigError): Promise<JWK> {
  const { publicJwkOf } = await import('./public-jwk.ts');
  try {
    return await publicJwkOf(pem);
  } catch {
    throw fail('holds no readable PEM public key or certificate');
  }
}

function withoutFinalNewline(bytes: Uint8Array): Uint8Array {
  if (bytes.at(-1) !== 0x0a) return bytes;
  return bytes.subarray(0, bytes.at(-2) === 0x0d ? -2 : -1);
}
