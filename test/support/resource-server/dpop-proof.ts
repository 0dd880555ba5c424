import { createHash, randomUUID } from 'node:crypto';
import {
  calculateJwkThumbprint,
  exportJWK,
  type GenerateKeyPairResult,
  generateKeyPair,
  type JWK,
  SignJWT,
} from 'jose';

export interface DpopKey extends GenerateKeyPairResult {
  readonly alg: string;
  readonly publicJwk: JWK;
  /** What an access token that is bound to it has in `cnf.jkt`. */
  readonly thumbprint: string;
}

export async function generateDpopKey(alg = 'ES256'): Promise<DpopKey> {
  const pair = await generateKeyPair(alg, { extractable: true });
  const publicJwk = await exportJWK(pair.publicKey);
  return { ...pair, alg, publicJwk, thumbprint: await calculateJwkThumbprint(publicJwk) };
}

/** What is wrong with a proof; undefined takes a member away. */
export interface ProofChanges {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
}

/** A proof of RFC 9449 section 4.2 for GET, made without the help of anything that checks it. */
export async function prove(
  { privateKey, publicJwk, alg }: DpopKey,
  url: string,
  accessToken: string,
  { claims = {}, header = {} }: ProofChanges = {},
): Promise<string> {
  const ath = createHash('sha256').update(accessToken).digest('base64url');
  const iat = Math.floor(Date.now() / 1000);
  return new SignJWT({ jti: randomUUID(), htm: 'GET', htu: url, iat, ath, ...claims })
    .setProtectedHeader({ alg, typ: 'dpop+jwt', jwk: publicJwk, ...header })
    .sign(privateKey);
}
