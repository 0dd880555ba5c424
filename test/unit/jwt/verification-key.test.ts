import { createHash } from 'node:crypto';
import type { JWK } from 'jose';
import { describe, expect, it } from 'vitest';
import type { JsonWebKeySet } from '../../../src/jwt/keys.ts';
import { verifyToken } from '../../../src/jwt/verify.ts';
import { compact, encode, generateSigningKey, signToken } from '../support/json-web-token.ts';
import { claims, failed, now, reasonOf, requirements, verify } from '../support/verification.ts';

const rsa = generateSigningKey('RS256');
const otherRsa = generateSigningKey('RS256');
const ec = generateSigningKey('ES256');

describe('the key ID', () => {
  const token = signToken({ alg: 'RS256', kid: 'new' }, claims, rsa.privateKey);
  const newKey = { ...rsa.publicJwk, kid: 'new' };
  const oldKey = { ...otherRsa.publicJwk, kid: 'old' };

  /** Verifies against an older and a newer key set, and tells for which of them was asked. */
  async function verifyAgainst(older: readonly object[], newer: readonly object[], signed = token) {
    const asked: boolean[] = [];
    const source = async (isNewer: boolean): Promise<JsonWebKeySet> => {
      asked.push(isNewer);
      return { keys: (isNewer ? newer : older) as JWK[] };
    };
    const result = await verifyToken(signed, source, requirements(), now);
    return { result, asked };
  }

  it('that is known asks for the keys once', async () => {
    const { result, asked } = await verifyAgainst([oldKey, newKey], []);
    expect(result.valid).toBe(true);
    expect(asked).toEqual([false]);
  });

  it('that is unknown asks for newer keys exactly once, and holds with them', async () => {
    const { result, asked } = await verifyAgainst([oldKey], [oldKey, newKey]);
    expect(result.valid).toBe(true);
    expect(asked).toEqual([false, true]);
  });

  it('that stays unknown asks exactly once more, and fails', async () => {
    const { result, asked } = await verifyAgainst([oldKey], [oldKey]);
    expect(failed(result)).toEqual(['signature']);
    expect(reasonOf(result)).toContain('none of the 1 keys has the kid "new"');
    expect(asked).toEqual([false, true]);
  });

  it('that is known does not ask again because the signature is wrong', async () => {
    const forged = signToken({ alg: 'RS256', kid: 'new' }, claims, otherRsa.privateKey);
    const { result, asked } = await verifyAgainst([newKey], [newKey], forged);
    expect(failed(result)).toEqual(['signature']);
    expect(asked).toEqual([false]);
  });

  it('that is missing does not ask again', async () => {
    const unnamed = signToken({ alg: 'RS256' }, claims, rsa.privateKey);
    const { result, asked } = await verifyAgainst([oldKey], [oldKey, newKey], unnamed);
    expect(result.valid).toBe(false);
    expect(asked).toEqual([false]);
  });

  it('that is unknown asks again although a key without a kid is there, when that one does not fit', async () => {
    const nameless = otherRsa.publicJwk;
    const { result, asked } = await verifyAgainst([nameless], [nameless, newKey]);
    expect(result.valid).toBe(true);
    expect(asked).toEqual([false, true]);
  });

  it('is compared exactly', async () => {
    for (const kid of ['NEW', 'new ', '', './new', 'ne']) {
      const { result } = await verifyAgainst([{ ...rsa.publicJwk, kid }], [{ ...rsa.publicJwk, kid }]);
      expect(failed(result)).toEqual(['signature']);
    }
  });

  it.each<[string, unknown]>([
    ['a number', 1],
    ['null', null],
    ['an object', {}],
    ['a path', '../../../../dev/null'],
    ['a command', "x' UNION SELECT 'k"],
    ['huge', 'k'.repeat(100_000)],
  ])('that is %s is just one that no key has', async (_, kid) => {
    const odd = signToken({ alg: 'RS256', kid }, claims, rsa.privateKey);
    const { result } = await verifyAgainst([newKey], [newKey], odd);
    expect(failed(result)).toEqual(['signature']);
  });

  it('does not keep the signature of one key from being looked up under the kid of another', async () => {
    const misnamed = signToken({ alg: 'RS256', kid: 'old' }, claims, rsa.privateKey);
    const { result } = await verifyAgainst([oldKey, newKey], [], misnamed);
    expect(failed(result)).toEqual(['signature']);
  });

  it('may be missing in the token: every key that fits is tried', async () => {
    const unnamed = signToken({ alg: 'RS256' }, claims, rsa.privateKey);
    const { result } = await verifyAgainst([oldKey, { ...ec.publicJwk, kid: 'e' }, newKey], [], unnamed);
    expect(result.valid).toBe(true);
  });

  it('may be missing in the only key', async () => {
    expect((await verifyAgainst([rsa.publicJwk], [])).result.valid).toBe(true);
  });

  it.each([
    ['first', [newKey, { ...otherRsa.publicJwk, kid: 'new' }]],
    ['last', [{ ...otherRsa.publicJwk, kid: 'new' }, newKey]],
    ['of another type', [{ ...ec.publicJwk, kid: 'new' }, newKey]],
    ['for encryption', [{ ...otherRsa.publicJwk, kid: 'new', use: 'enc' }, newKey]],
  ])('may stand at two keys, the right one being %s', async (_, keys) => {
    expect((await verifyAgainst(keys, [])).result.valid).toBe(true);
  });
});

describe('the quality and the purpose of a key', () => {
  const token = signToken({ alg: 'RS256' }, claims, rsa.privateKey);

  it.each<[string, object]>([
    ['use enc', { use: 'enc' }],
    ['an unknown use', { use: 'wrap' }],
    ['key_ops without verify', { key_ops: ['encrypt'] }],
    ['key_ops for signing only', { key_ops: ['sign'] }],
    ['empty key_ops', { key_ops: [] }],
    ['the alg of an encryption', { alg: 'RSA-OAEP' }],
  ])('with %s it proves nothing', async (_, members) => {
    const result = await verify(token, [{ ...rsa.publicJwk, ...members }]);
    expect(result).toMatchObject({ valid: false, payload: undefined });
  });

  it.each<[string, object]>([
    ['use sig', { use: 'sig' }],
    ['key_ops with verify', { key_ops: ['sign', 'verify'] }],
    ['members that nobody knows', { ext: true, nbf: 1, 'x5t#S256': 'x' }],
  ])('with %s it is good', async (_, members) => {
    expect(await verify(token, [{ ...rsa.publicJwk, ...members }])).toMatchObject({ valid: true });
  });

  it.each([1024, 1536])('an RSA key of %i bits is too short', async (bits) => {
    const weak = generateSigningKey('RS256', bits);
    const result = await verify(signToken({ alg: 'RS256' }, claims, weak.privateKey), [weak.publicJwk]);
    expect(failed(result)).toEqual(['signature']);
    expect(reasonOf(result)).toContain(`${bits} bits`);
  });

  it('a short RSA key does not grow by zeros in front of its modulus', async () => {
    const weak = generateSigningKey('RS256', 1024);
    const padded = Buffer.concat([Buffer.alloc(128), Buffer.from(weak.publicJwk.n ?? '', 'base64url')]);
    const signed = signToken({ alg: 'RS256' }, claims, weak.privateKey);
    const result = await verify(signed, [{ ...weak.publicJwk, n: padded.toString('base64url') }]);
    expect(failed(result)).toEqual(['signature']);
  });

  it.each(['AQ', 'AAAB'])('an RSA key with the exponent 1 (%s) proves nothing: anybody can sign for it', async (e) => {
    const key = { kty: 'RSA', n: rsa.publicJwk.n, e };
    const input = `${encode({ alg: 'RS256' })}.${encode(claims)}`;
    const result = await verify(`${input}.${paddedDigest(input).toString('base64url')}`, [key]);
    expect(failed(result)).toEqual(['signature']);
    expect(reasonOf(result)).toContain('exponent 1');
  });

  it.each([
    ['HS256', 31],
    ['HS384', 47],
    ['HS512', 63],
    ['HS256', 1],
  ])('a secret for %s of %i bytes is too short', async (alg, length) => {
    const secret = Buffer.alloc(length, 7);
    const result = await verify(signToken({ alg }, claims, secret), [{ kty: 'oct', k: secret.toString('base64url') }]);
    expect(failed(result)).toEqual(['signature']);
    expect(reasonOf(result)).toContain(`${length} bytes`);
  });

  it.each([
    ['HS256', 32],
    ['HS384', 48],
    ['HS512', 64],
  ])('a secret for %s of %i bytes is long enough', async (alg, length) => {
    const secret = Buffer.alloc(length, 7);
    expect(
      await verify(signToken({ alg }, claims, secret), [{ kty: 'oct', k: secret.toString('base64url') }]),
    ).toMatchObject({ valid: true });
  });

  it('a weak key does not hide a strong one that fits too', async () => {
    const weak = generateSigningKey('RS256', 1024);
    expect(await verify(token, [weak.publicJwk, rsa.publicJwk])).toMatchObject({ valid: true });
  });

  it.each<[string, object]>([
    ['RSA without a modulus', { kty: 'RSA', e: 'AQAB' }],
    ['RSA with a modulus that is no number', { kty: 'RSA', n: '!'.repeat(400), e: 'AQAB' }],
    ['EC off the curve', { kty: 'EC', crv: 'P-256', x: ec.publicJwk.x, y: ec.publicJwk.x }],
    ['EC without y', { kty: 'EC', crv: 'P-256', x: ec.publicJwk.x }],
    ['Ed25519 of a wrong length', { kty: 'OKP', crv: 'Ed25519', x: 'AQAB' }],
  ])('a broken key (%s) makes a token invalid, not the program fail', async (_, key) => {
    for (const alg of ['RS256', 'ES256', 'EdDSA']) {
      expect(await verify(compact({ alg }, claims, 'c2ln'), [key])).toMatchObject({ valid: false, payload: undefined });
    }
  });

  it('no key at all makes a token invalid', async () => {
    expect(await verify(token, [])).toMatchObject({ valid: false, payload: undefined });
  });
});

/** What an RSA signature of exponent 1 is: the padded digest itself (RFC 8017 section 9.2). */
function paddedDigest(input: string): Buffer {
  const prefix = Buffer.from('3031300d060960864801650304020105000420', 'hex');
  const digest = createHash('sha256').update(input).digest();
  const filling = Buffer.alloc(256 - 3 - prefix.length - digest.length, 0xff);
  return Buffer.concat([Buffer.of(0x00, 0x01), filling, Buffer.of(0x00), prefix, digest]);
}
