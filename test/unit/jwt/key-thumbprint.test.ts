import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { keyThumbprint } from '../../../src/jwt/key-thumbprint.ts';
import { failureOf } from '../support/failure.ts';

/** RFC 7638 section 3.1. */
const rsa = {
  kty: 'RSA',
  n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
  e: 'AQAB',
  alg: 'RS256',
  kid: '2011-04-29',
};
/** The key of the proofs in RFC 9449, section 4.2; its thumbprint is in section 6.1. */
const ec = {
  kty: 'EC',
  x: 'l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs',
  y: '9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA',
  crv: 'P-256',
};

describe('the thumbprint of a key', () => {
  it.each<[string, object, string]>([
    ['RFC 7638', rsa, 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs'],
    ['RFC 9449', ec, '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'],
  ])('is that of %s', async (_, jwk, thumbprint) => {
    expect(await keyThumbprint(JSON.stringify(jwk), 'key.jwk')).toBe(thumbprint);
    const pem = createPublicKey({ key: jwk as never, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
    expect(await keyThumbprint(`\uFEFF\n${pem}\n`, 'key.pem')).toBe(thumbprint);
  });

  it('is the same for the private key as for the public one', async () => {
    const { privateKey: pem } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const jwk = createPrivateKey(pem).export({ format: 'jwk' });
    const { d: _, ...publicJwk } = jwk;
    const expected = await keyThumbprint(JSON.stringify(publicJwk), 'key');
    expect(await keyThumbprint(pem, 'key')).toBe(expected);
    expect(await keyThumbprint(JSON.stringify(jwk), 'key')).toBe(expected);
  });

  it.each<[string, string]>([
    ['nothing', ''],
    ['a word', 'secret'],
    ['a shared secret', '{"kty":"oct","k":"c2VjcmV0"}'],
    ['a set of keys', JSON.stringify({ keys: [ec] })],
    ['broken PEM', '-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----'],
  ])('of %s is a clear error', async (_, content) => {
    expect(await failureOf(() => keyThumbprint(content, '/k/key'))).toEqual({
      code: 'file_unusable',
      message: '/k/key holds no key that a token could be bound to',
      hint: 'it takes one key of EC, Ed25519 or RSA, public or private: PEM or JWK',
    });
  });

  it('of an encrypted key asks for the public one', async () => {
    const pem = '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIF\n-----END ENCRYPTED PRIVATE KEY-----';
    expect(await failureOf(() => keyThumbprint(pem, '/k/key'))).toMatchObject({
      message: '/k/key is encrypted',
      hint: 'the public key will do: openssl pkey -in FILE -pubout -out public.pem',
    });
  });
});
