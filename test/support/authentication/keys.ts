import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { JWK } from 'jose';

/** A private key as people have it in a file, and the half that a server is told. */
export interface KeyFile {
  readonly pem: string;
  readonly publicJwk: JWK;
}

/** Makes a key for an algorithm. PEM first: on Node 20 the export of a key that was just made can stand still. */
export function makeKey(algorithm: string, modulusLength = 2048): KeyFile {
  const pem = generate(algorithm, modulusLength);
  return { pem, publicJwk: createPublicKey(pem).export({ format: 'jwk' }) as JWK };
}

const curves: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };

function generate(algorithm: string, modulusLength: number): string {
  const namedCurve = curves[algorithm];
  const { privateKey } =
    namedCurve !== undefined
      ? generateKeyPairSync('ec', { namedCurve })
      : /^Ed/.test(algorithm)
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('rsa', { modulusLength });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
