import type { CryptoKey, JWK } from 'jose';
import { weaknessOf } from './algorithms.ts';

/** A public key or shared secret made ready for one algorithm, or why it is too weak to prove anything. */
export type VerificationKey = { readonly imported: ImportedKey } | { readonly weakness: string };

/** Rejected with JOSEError, TypeError or DOMException for a key that is none. */
export type ImportedKey = Promise<CryptoKey | Uint8Array>;

const prepared = new WeakMap<JWK, Map<string, VerificationKey>>();

/** Prepares a key, once for all tokens: importing one takes longer than verifying a signature. */
export function prepareKey(key: JWK, alg: string): VerificationKey {
  const known = prepared.get(key) ?? new Map<string, VerificationKey>();
  prepared.set(key, known);
  const ready = known.get(alg) ?? prepare(key, alg);
  known.set(alg, ready);
  return ready;
}

function prepare(key: JWK, alg: string): VerificationKey {
  const weakness = weaknessOf(key, alg);
  if (weakness !== undefined) return { weakness };
  const imported = importKey(key, alg);
  // Whoever verifies with it meets the failure, and may come to that later.
  imported.catch(() => {});
  return { imported };
}

async function importKey(key: JWK, alg: string): ImportedKey {
  const { importJWK } = await import('jose');
  // Only the public members: a key source may hold more than that, and needs no more.
  const { kty, crv, x, y, n, e, k } = key;
  const publicKey = Object.fromEntries(
    Object.entries({ kty, crv, x, y, n, e, k }).filter(([, value]) => value !== undefined),
  );
  return importJWK(publicKey as unknown as JWK, alg);
}
