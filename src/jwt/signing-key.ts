import type { KeyObject } from 'node:crypto';
import type { JWK } from 'jose';
import { ConfigError } from '../errors.ts';
import { algorithmsOf, describeKey, weaknessOf } from './algorithms.ts';

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

/** Where a private key came from, and its password where one was given, for reading it and for messages. */
export interface KeyPlace {
  /** `key.pem (--private-key)` */
  readonly name: string;
  readonly password: string | undefined;
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
  const jwk = onlyKey(parseJson(source), place);
  if (jwk.kty === 'oct') {
    throw noPrivateKey(
      place,
      'it is a shared secret: client_secret_jwt signs with that, and it is given by --client-secret-file FILE',
    );
  }
  if (typeof jwk.d !== 'string')
    throw noPrivateKey(place, 'it is a public key: only the private key can sign, which has a member d');
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

function onlyKey(value: unknown, place: KeyPlace): JWK {
  const { keys = [value] } = (value ?? {}) as { readonly keys?: unknown };
  const [key, ...others] = Array.isArray(keys) ? keys : [];
  if (others.length > 0 && [key, ...others].every((one) => one?.d === undefined))
    throw noPrivateKey(place, 'its keys are public: only a private key can sign, which has a member d');
  if (others.length > 0) throw unusable(place, `holds ${others.length + 1} keys`, 'give the one that is to sign');
  const isJwk = typeof key === 'object' && key !== null && typeof key.kty === 'string';
  const texts = isJwk ? [key.kid, key.alg].filter((member) => member !== undefined) : [];
  if (isJwk && texts.every((member) => typeof member === 'string')) return key;
  throw unusable(place, 'is no JWK', keyForms);
}

const keyForms = 'it takes a private key as PEM (-----BEGIN PRIVATE KEY-----) or as JWK ({"kty":…,"d":…})';

function parseJson(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    return undefined;
  }
}

async function keyFromPem(source: string, place: KeyPlace): Promise<KeyObject> {
  const [pem, ...others] =
    source.match(/-----BEGIN ([A-Z0-9 ]*)PRIVATE KEY-----[\s\S]*?-----END \1PRIVATE KEY-----/g) ?? [];
  if (pem === undefined) throw withoutPrivateKey(source, place);
  if (others.length > 0)
    throw unusable(place, `holds ${others.length + 1} private keys`, 'give the one that is to sign');
  if (pem.startsWith('-----BEGIN OPENSSH')) {
    throw unusable(place, 'is in the format of OpenSSH', 'convert a copy of it: ssh-keygen -p -m PKCS8 -f COPY');
  }
  const isEncrypted = /^-----BEGIN ENCRYPTED|^Proc-Type: 4,ENCRYPTED/m.test(pem);
  const { password } = place;
  if (isEncrypted && password === undefined) {
    throw unusable(place, 'is encrypted', 'give the file that holds its password: --pass-file FILE');
  }
  const { createPrivateKey } = await import('node:crypto');
  try {
    return createPrivateKey({ key: pem, format: 'pem', ...(isEncrypted ? { passphrase: password } : {}) });
  } catch {
    throw isEncrypted
      ? unusable(
          place,
          'cannot be decrypted with the password of --pass-file',
          'is it the password of this key? the other reason is an old cipher: openssl pkcs8 -topk8 makes a newer one',
        )
      : unusable(
          place,
          'is no PEM that can be read',
          'are its line ends still there? openssl pkey -in FILE -noout shows whether it is whole',
        );
  }
}

function withoutPrivateKey(source: string, place: KeyPlace): ConfigError {
  if (/-----BEGIN [A-Z0-9 ]*PUBLIC KEY-----/.test(source))
    return noPrivateKey(place, 'it is a public key: only the private key can sign');
  if (source.includes('-----BEGIN CERTIFICATE-----')) {
    return noPrivateKey(place, 'it is a certificate: give the file of its private key');
  }
  if (/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(source))
    return unusable(place, 'breaks off before the end of the key');
  return noPrivateKey(place, keyForms);
}

/** By way of the public key: on Node 20 the export of a private one as JWK can stand still. */
async function publicHalf(privateKey: KeyObject, place: KeyPlace): Promise<JWK> {
  const { createPublicKey } = await import('node:crypto');
  try {
    return createPublicKey(privateKey).export({ format: 'jwk' }) as JWK;
  } catch {
    throw withoutAlgorithm({}, privateKey, place);
  }
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

function noPrivateKey({ name }: KeyPlace, hint: string): ConfigError {
  return new ConfigError('secret_unusable', `there is no private key in ${name}`, { hint });
}

function unusable({ name }: KeyPlace, fault: string, hint?: string): ConfigError {
  return new ConfigError('secret_unusable', `the private key in ${name} ${fault}`, { hint });
}
