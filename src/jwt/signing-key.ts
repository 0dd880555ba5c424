import type { KeyObject } from 'node:crypto';
import type { JWK } from 'jose';
import type { ConfigError } from '../errors.ts';
import type { JsonObject } from '../json-object.ts';
import { parseJsonObject } from '../json-object.ts';
import { privateKeyBlocks } from '../pem.ts';
import type { KeyPlace } from '../private-key.ts';
import { noPrivateKey, parsePrivateKey, unusable } from '../private-key.ts';
import { algorithmsOf, describeKey, weaknessOf } from './algorithms.ts';
import { publicJwkOf } from './public-jwk.ts';

/** A private key that signatures can be made with. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  /** The public half, and of the private JWK its `kid` and `alg`, where it was one that had them. */
  readonly publicJwk: JWK;
  /** What it can sign with, first what most servers take; one only where the JWK says which. */
  readonly algorithms: readonly string[];
  /** JWK thumbprint by SHA-256, RFC 7638. */
  readonly thumbprint: string;
}

/**
 * Reads a private key: PEM of PKCS#8 (RFC 5958), PKCS#1 (RFC 8017) or SEC1 (RFC 5915), each of them
 * encrypted or not, or a private JWK (RFC 7517), alone or the only key of a set.
 * @throws ConfigError secret_unusable for a key that no signature can be made with, or a weak one
 */
export async function parseSigningKey(source: string, place: KeyPlace): Promise<SigningKey> {
  const trimmed = source.trim();
  const { privateKey, jwk } = trimmed.startsWith('{')
    ? await keyFromJwk(trimmed, place)
    : { privateKey: await keyFromPem(trimmed, place), jwk: undefined };
  const publicJwk = { ...(await publicHalf(privateKey, place)), ...named(jwk) };
  const algorithms = signingAlgorithmsOf(publicJwk);
  if (algorithms.length === 0) throw withoutAlgorithm(publicJwk, privateKey, place);
  const weakness = weaknessOf(publicJwk, algorithms[0] ?? '');
  if (weakness !== undefined) {
    throw unusable(
      place,
      `is too weak: ${weakness}`,
      'make another one: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072',
    );
  }
  await requirePair(privateKey, jwk ?? publicJwk, place);
  const { calculateJwkThumbprint } = await import('jose');
  return { privateKey, publicJwk, algorithms, thumbprint: await calculateJwkThumbprint(publicJwk) };
}

/** `Ed25519` of RFC 9864 and `EdDSA` are one algorithm by two names: whichever the JWK says, a server may know the other. */
function signingAlgorithmsOf(publicJwk: JWK): readonly string[] {
  const { alg, ...free } = publicJwk;
  return alg === 'Ed25519' || alg === 'EdDSA' ? algorithmsOf(free) : algorithmsOf(publicJwk);
}

function named(jwk: JWK | undefined): Pick<JWK, 'kid' | 'alg'> {
  const { kid, alg } = jwk ?? {};
  return { ...(kid === undefined ? {} : { kid }), ...(alg === undefined ? {} : { alg }) };
}

async function keyFromJwk(source: string, place: KeyPlace): Promise<{ privateKey: KeyObject; jwk: JWK }> {
  const jwk = onlyKey(parseJsonObject(source), place);
  if (jwk.kty === 'oct') {
    throw unusable(
      place,
      'is a shared secret and no private key',
      'client_secret_jwt signs with the client secret: --client-secret-file FILE',
    );
  }
  if (typeof jwk.d !== 'string')
    throw noPrivateKey(place, 'it holds the public key: the private one, which can sign, has a member d');
  if (jwk.use === 'enc' || (Array.isArray(jwk.key_ops) && !jwk.key_ops.includes('sign'))) {
    throw unusable(place, 'is not meant for signatures (use, key_ops)');
  }
  const { createPrivateKey } = await import('node:crypto');
  try {
    return { privateKey: createPrivateKey({ key: jwk as import('node:crypto').JsonWebKey, format: 'jwk' }), jwk };
  } catch {
    throw unusable(
      place,
      'is no JWK that can be used',
      'are all members of the private key there, and on a curve that JOSE knows?',
    );
  }
}

function onlyKey(value: JsonObject | undefined, place: KeyPlace): JWK {
  const { keys = [value] } = value ?? {};
  const [key, ...others] = Array.isArray(keys) ? keys : [];
  if (others.length > 0) throw unusable(place, `holds ${others.length + 1} keys`, 'give the one that is to sign');
  const isJwk = typeof key === 'object' && key !== null && typeof key.kty === 'string';
  const texts = isJwk ? [key.kid, key.alg].filter((member) => member !== undefined) : [];
  if (isJwk && texts.every((member) => typeof member === 'string')) return key;
  throw unusable(place, 'is no JWK', keyForms);
}

const keyForms = 'it takes a private key as PEM (-----BEGIN PRIVATE KEY-----) or as JWK ({"kty":…,"d":…})';

function keyFromPem(source: string, place: KeyPlace): Promise<KeyObject> {
  const { length } = privateKeyBlocks(source);
  // A certificate beside them would tell which one is meant; here nothing does.
  if (length > 1) throw unusable(place, `holds ${length} private keys`, 'give the one that is to sign');
  return parsePrivateKey(source, place, {
    certificate: 'it holds a certificate only: give the file of its private key',
    other: keyForms,
  });
}

async function publicHalf(privateKey: KeyObject, place: KeyPlace): Promise<JWK> {
  try {
    return await publicJwkOf(privateKey);
  } catch {
    throw withoutAlgorithm({}, privateKey, place);
  }
}

/**
 * Nobody else looks: the key would be taken, and what it signs would be refused everywhere.
 * @param publicJwk the public half as the file has it
 */
async function requirePair(privateKey: KeyObject, publicJwk: JWK, place: KeyPlace): Promise<void> {
  const { createPublicKey, sign, verify } = await import('node:crypto');
  const digest = publicJwk.kty === 'OKP' ? null : 'sha256';
  const sample = Buffer.from('sample');
  try {
    const publicKey = createPublicKey({ key: publicJwk as import('node:crypto').JsonWebKey, format: 'jwk' });
    if (verify(digest, sample, publicKey, sign(digest, sample, privateKey))) return;
  } catch {
    // A key that cannot sign is no better.
  }
  throw unusable(place, 'is damaged: its private and its public half do not belong together');
}

function withoutAlgorithm(
  publicJwk: Partial<JWK>,
  { asymmetricKeyType = 'rsa' }: KeyObject,
  place: KeyPlace,
): ConfigError {
  const { alg, kty = 'oct', ...others } = publicJwk;
  const free: JWK = { kty, ...others };
  if (alg !== undefined && algorithmsOf(free).length > 0) {
    return unusable(
      place,
      `is ${describeKey(free)} whose alg is ${alg}`,
      `such a key signs with ${algorithmsOf(free).join(', ')}: correct its alg, or leave it out`,
    );
  }
  if (asymmetricKeyType === 'rsa-pss') {
    return unusable(
      place,
      'is limited to RSASSA-PSS by its type (id-RSASSA-PSS)',
      'give a plain RSA key (rsaEncryption): it signs with PS256 too',
    );
  }
  const { crv = asymmetricKeyType } = publicJwk;
  return unusable(
    place,
    `is of a type that is not supported (${crv})`,
    'it takes RSA, P-256, P-384, P-521 and Ed25519',
  );
}
