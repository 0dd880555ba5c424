import type { JWK } from 'jose';

const rsaAlgorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
const curveAlgorithms: ReadonlyMap<string, readonly string[]> = new Map([
  ['P-256', ['ES256']],
  ['P-384', ['ES384']],
  ['P-521', ['ES512']],
  ['Ed25519', ['EdDSA', 'Ed25519']],
]);
const hmacBytes: ReadonlyMap<string, number> = new Map([
  ['HS256', 32],
  ['HS384', 48],
  ['HS512', 64],
]);

/** Every algorithm that can be signed by and verified (RFC 7518 section 3.1, RFC 8037 section 3.1, RFC 9864). `none` is not one. */
export const signingAlgorithms = [...rsaAlgorithms, ...[...curveAlgorithms.values()].flat(), ...hmacBytes.keys()];

/** The algorithms that a key can be used with; a key that names its own allows no other (RFC 8725 section 3.1). */
export function algorithmsOf(key: JWK): readonly string[] {
  const possible = possibleAlgorithms(key);
  return key.alg === undefined ? possible : possible.filter((alg) => alg === key.alg);
}

function possibleAlgorithms({ kty, crv }: JWK): readonly string[] {
  if (kty === 'RSA') return rsaAlgorithms;
  if (kty === 'oct') return [...hmacBytes.keys()];
  return (crv !== undefined && curveAlgorithms.get(crv)) || [];
}

/** A key as people name it: `an RSA key`, `a P-256 key`. */
export function describeKey({ kty, crv }: JWK): string {
  if (kty === 'RSA') return 'an RSA key';
  return crv?.startsWith('Ed') === true ? `an ${crv} key` : `a ${crv ?? kty} key`;
}

/**
 * Why a key is too weak to prove anything, or undefined (RFC 7518 sections 3.2 and 3.3, RFC 8725 section 3.5).
 */
export function weaknessOf(key: JWK, alg: string): string | undefined {
  if (key.kty === 'RSA') {
    const bits = Buffer.from(key.n ?? '', 'base64url').length * 8;
    if (bits < 2048) return `the RSA key has ${bits} bits, fewer than 2048`;
    if (
      Buffer.from(key.e ?? '', 'base64url')
        .toString('hex')
        .replace(/^0+/, '') === '1'
    )
      return 'the RSA key has the exponent 1';
  }
  const needed = hmacBytes.get(alg);
  const length = Buffer.from(key.k ?? '', 'base64url').length;
  if (key.kty === 'oct' && needed !== undefined && length < needed) {
    return `the secret has ${length} bytes, fewer than the ${needed} that ${alg} needs`;
  }
  return undefined;
}
