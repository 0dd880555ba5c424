import type { CryptoKey, JWK, KeyObject } from 'jose';
import type { SigningKey } from './signing-key.ts';

/** A private key whose possession is proved, ready to sign. */
export interface ProofKey {
  /** Algorithm of its signatures, RFC 7518 section 3.1. */
  readonly alg: string;
  /** The public key, and nothing of the private one. */
  readonly publicKey: JWK;
  /** SHA-256 thumbprint of the public key, RFC 7638: what tokens are bound to, `jkt`. */
  readonly thumbprint: string;
  readonly privateKey: CryptoKey | KeyObject;
}

/** A key as it is kept: the private one as PEM (PKCS#8), which must be hidden from everybody else. */
export interface KeptProofKey {
  readonly alg: string;
  readonly publicKey: JWK;
  readonly thumbprint: string;
  readonly pem: string;
}

/** What keys are made for, in the order of preference; RSA only where nothing else will do, as it takes long to make. */
const preferredAlgorithms = ['ES256', 'EdDSA', 'Ed25519', 'ES384', 'ES512', 'PS256', 'RS256'];

/**
 * The algorithm for a new key: the first that the server takes.
 * @param supported `dpop_signing_alg_values_supported` of the metadata (RFC 9449 section 5.1), undefined when it does not say
 * @returns undefined when there is none
 */
export function algorithmForNewKey(supported: readonly string[] | undefined): string | undefined {
  return preferredAlgorithms.find((alg) => isAccepted(alg, supported));
}

/**
 * A key from elsewhere, to prove possession of.
 * @param supported the same list
 * @returns undefined when the server takes nothing that the key can sign by
 */
export function toProofKey(
  { privateKey, publicJwk, algorithms, thumbprint }: SigningKey,
  supported: readonly string[] | undefined,
): ProofKey | undefined {
  const alg = algorithms.find((one) => isAccepted(one, supported));
  if (alg === undefined) return undefined;
  // Each proof shows the public key, and nothing else that the file says of it.
  const { kid: _, alg: __, ...publicKey } = publicJwk;
  return { alg, publicKey, thumbprint, privateKey };
}

/** A list that is empty says as little as none. */
function isAccepted(alg: string, supported: readonly string[] = []): boolean {
  return supported.length === 0 || supported.includes(alg);
}

/** Makes a key. */
export async function generateProofKey(alg: string): Promise<KeptProofKey> {
  const { calculateJwkThumbprint, exportJWK, exportPKCS8, exportSPKI, generateKeyPair, importSPKI } = await import(
    'jose'
  );
  const pair = await generateKeyPair(alg, { extractable: true });
  // To export a key as JWK that was just generated can hang for ever on Node 20, when the garbage is
  // collected meanwhile: both halves share one lock. One that was read from PEM has its own.
  const publicPem = await exportSPKI(pair.publicKey);
  const publicKey = await exportJWK(await importSPKI(publicPem, alg, { extractable: true }));
  return {
    alg,
    publicKey,
    thumbprint: await calculateJwkThumbprint(publicKey),
    pem: await exportPKCS8(pair.privateKey),
  };
}

/**
 * Makes a kept key ready to sign.
 * @returns undefined when it is not what it says it is
 */
export async function restoreProofKey({
  alg,
  publicKey,
  thumbprint,
  pem,
}: KeptProofKey): Promise<ProofKey | undefined> {
  const { calculateJwkThumbprint, importPKCS8 } = await import('jose');
  try {
    if ((await calculateJwkThumbprint(publicKey)) !== thumbprint) return undefined;
    return { alg, publicKey, thumbprint, privateKey: await importPKCS8(pem, alg) };
  } catch {
    return undefined;
  }
}
