import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { JWK } from 'jose';

/** The text or bytes of a header or payload, as base64url. */
export function encode(part: string | Uint8Array | object): string {
  const bytes = typeof part === 'string' || part instanceof Uint8Array ? part : JSON.stringify(part);
  return Buffer.from(bytes as string).toString('base64url');
}

/** A compact serialisation of exactly these bytes, whatever they are. */
export function compact(header: string | Uint8Array | object, payload: string | Uint8Array | object, signature = '') {
  return `${encode(header)}.${encode(payload)}.${signature}`;
}

/** A private key of the test, and the public half as a JWK. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicJwk: JWK;
}

const curves = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' } as const;

/** Makes a key pair that an algorithm can be used with. */
export function generateSigningKey(alg: string, modulusLength = 2048): SigningKey {
  const pair =
    alg in curves
      ? generateKeyPairSync('ec', { namedCurve: curves[alg as keyof typeof curves] })
      : /^[RP]S/.test(alg)
        ? generateKeyPairSync('rsa', { modulusLength })
        : generateKeyPairSync('ed25519');
  return { privateKey: pair.privateKey, publicJwk: pair.publicKey.export({ format: 'jwk' }) as JWK };
}

/** Signs what it is given with the bare algorithm: no rule of JOSE stands in the way of a wrong token. */
export function signToken(
  header: { readonly alg: string; readonly [name: string]: unknown },
  payload: string | Uint8Array | object,
  key: KeyObject | Uint8Array,
): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${signatureOf(header.alg, input, key).toString('base64url')}`;
}

function signatureOf(alg: string, input: string, key: KeyObject | Uint8Array): Buffer {
  const hash = `sha${alg.slice(2)}`;
  if (alg.startsWith('HS'))
    return createHmac(hash, key as Uint8Array)
      .update(input)
      .digest();
  const privateKey = key as KeyObject;
  if (alg.startsWith('Ed')) return sign(null, Buffer.from(input), privateKey);
  if (alg.startsWith('PS')) {
    return sign(hash, Buffer.from(input), { key: privateKey, padding: 6, saltLength: Number(alg.slice(2)) / 8 });
  }
  return sign(hash, Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
}
