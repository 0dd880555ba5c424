import { createPublicKey, type JsonWebKey } from 'node:crypto';
import type { JWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/errors.ts';
import { signingAlgorithms } from '../../../src/jwt/algorithms.ts';
import type { JsonWebKeySet } from '../../../src/jwt/keys.ts';
import { verifyToken } from '../../../src/jwt/verify.ts';
import { keycloakIssuedOn, keycloakIssuer, keycloakKeys, keycloakToken, readFixture } from '../support/fixtures.ts';
import { compact, encode, generateSigningKey, signToken } from '../support/json-web-token.ts';
import { claims, failed, now, reasonOf, requirements, verify } from '../support/verification.ts';

interface Vector {
  readonly section: string;
  readonly alg: string;
  readonly key: JWK;
  readonly jws: string;
  readonly payload: object | null;
}

const vectors = readFixture<{ signed: Vector[]; unsecured: string }>('rfc/signature-vectors.json');
const rsa = generateSigningKey('RS256');
const otherRsa = generateSigningKey('RS256');
const ec = generateSigningKey('ES256');
const ed = generateSigningKey('EdDSA');
const sharedSecret = Buffer.alloc(64, 0x5a);

describe('the examples of the standards, by --signature-only', () => {
  it.each(vectors.signed)('$section, $alg', async ({ alg, key, jws, payload }) => {
    const result = await verify(jws, [key], { signatureOnly: true });
    expect(result).toMatchObject({ valid: true, header: { alg } });
    expect(result.payload ?? null).toEqual(payload);
    expect(result.checks).toEqual([
      { check: 'alg', ok: true },
      { check: 'signature', ok: true },
    ]);
  });

  it.each(vectors.signed)('$section does not hold with one bit of the signature flipped', async ({ key, jws }) => {
    const [header = '', payload = '', signature = ''] = jws.split('.');
    const bytes = Buffer.from(signature, 'base64url');
    bytes[10] = (bytes[10] ?? 0) ^ 1;
    const result = await verify(`${header}.${payload}.${bytes.toString('base64url')}`, [key], { signatureOnly: true });
    expect(result).toMatchObject({ valid: false, payload: undefined });
    expect(failed(result)).toEqual(['signature']);
  });

  it.each(vectors.signed)('$section does not hold with another payload', async ({ key, jws }) => {
    const [header, , signature] = jws.split('.');
    const result = await verify(`${header}.${encode('{"iss":"jim"}')}.${signature}`, [key], { signatureOnly: true });
    expect(failed(result)).toEqual(['signature']);
  });

  it('RFC 7515 A.5, unsecured, never holds', async () => {
    const keys = vectors.signed.map(({ key }) => key);
    const result = await verify(vectors.unsecured, keys, { signatureOnly: true });
    expect(result).toMatchObject({ valid: false, payload: undefined });
    expect(failed(result)).toEqual(['alg']);
  });

  it('has long expired otherwise, and says so beside the signature', async () => {
    const [example] = vectors.signed.filter(({ alg }) => alg === 'RS256');
    const result = await verify(example?.jws ?? '', [example?.key ?? {}]);
    expect(failed(result)).toEqual(['exp']);
    expect(result.payload).toEqual(example?.payload);
  });

  it('is no claims set where the payload is text', async () => {
    const [example] = vectors.signed.filter(({ alg }) => alg === 'ES512');
    const result = await verify(example?.jws ?? '', [example?.key ?? {}]);
    expect(result).toMatchObject({ valid: false, payload: undefined });
    expect(failed(result)).toEqual(['format']);
  });
});

describe('every algorithm', () => {
  const asymmetric = signingAlgorithms.filter((alg) => !alg.startsWith('HS'));
  const rsaKey = (alg: string) => (/^[RP]S/.test(alg) ? rsa : generateSigningKey(alg));

  it.each(asymmetric)('%s holds with a key that says so, and with one that says nothing', async (alg) => {
    const { privateKey, publicJwk } = rsaKey(alg);
    const token = signToken({ alg, kid: 'k1' }, claims, privateKey);
    expect(await verify(token, [{ ...publicJwk, kid: 'k1', alg, use: 'sig' }])).toMatchObject({ valid: true });
    expect(await verify(token, [publicJwk])).toMatchObject({ valid: true, payload: claims });
  });

  it.each(['HS256', 'HS384', 'HS512'])('%s holds with the shared secret', async (alg) => {
    const token = signToken({ alg }, claims, sharedSecret);
    const key = { kty: 'oct', k: sharedSecret.toString('base64url') };
    expect(await verify(token, [key])).toMatchObject({ valid: true });
    expect(failed(await verify(token, [{ kty: 'oct', k: Buffer.alloc(64).toString('base64url') }]))).toEqual([
      'signature',
    ]);
  });

  it('has none that is called none', () => {
    expect(signingAlgorithms.map((alg) => alg.toLowerCase())).not.toContain('none');
  });
});

describe('the algorithm of the header', () => {
  const keys = [
    { ...rsa.publicJwk, kid: 'r' },
    { ...ec.publicJwk, kid: 'e' },
  ];

  it.each(['none', 'NONE', 'nOnE', 'None'])('%s is refused, with and without a signature', async (alg) => {
    const bare = compact({ alg }, claims);
    const signed = `${bare}${signToken({ alg: 'RS256' }, claims, rsa.privateKey).split('.')[2]}`;
    for (const token of [bare, signed]) {
      const result = await verify(token, keys);
      expect(result).toMatchObject({ valid: false, payload: undefined });
      expect(failed(result)).toEqual(['alg']);
      expect(reasonOf(result)).toBe('the token is not signed');
    }
  });

  it('none is refused even where an allow-list has it', async () => {
    const result = await verify(compact({ alg: 'none' }, claims), keys, { algorithms: ['none'] });
    expect(failed(result)).toEqual(['alg']);
  });

  it.each<[string, unknown]>([
    ['missing', undefined],
    ['null', null],
    ['a number', 256],
    ['an array', ['RS256']],
    ['empty', ''],
    ['in lower case', 'rs256'],
    ['unknown', 'RS1'],
    ['that of an encryption', 'RSA-OAEP'],
    ['with a blank', 'RS256 '],
  ])('is refused when it is %s', async (_, alg) => {
    const token = compact({ alg }, claims, signToken({ alg: 'RS256' }, claims, rsa.privateKey).split('.')[2]);
    const result = await verify(token, [rsa.publicJwk]);
    expect(result).toMatchObject({ valid: false, payload: undefined });
    expect(failed(result)).toEqual(['alg']);
  });

  it.each(['pem', 'der'] as const)('HS256 keyed with the RSA public key (%s) is refused', async (format) => {
    const publicKey = createPublicText(format);
    const token = signToken({ alg: 'HS256' }, claims, publicKey);
    const result = await verify(token, [rsa.publicJwk]);
    expect(result).toMatchObject({ valid: false, payload: undefined });
    expect(failed(result)).toEqual(['alg']);
  });

  it.each([
    ['RS256', ec.publicJwk],
    ['ES256', rsa.publicJwk],
    ['ES384', ec.publicJwk],
    ['EdDSA', ec.publicJwk],
    ['ES256', ed.publicJwk],
    ['RS256', { kty: 'oct', k: sharedSecret.toString('base64url') }],
    ['ES256', { ...ec.publicJwk, crv: 'P-384' }],
    ['ES256K', { ...ec.publicJwk, crv: 'secp256k1' }],
  ])('%s does not fit the key %j', async (alg, key) => {
    const token = compact({ alg }, claims, 'c2ln');
    expect(failed(await verify(token, [key]))).toEqual(['alg']);
  });

  it('must be the one that the key names, even if the key could do another', async () => {
    const token = signToken({ alg: 'PS256' }, claims, rsa.privateKey);
    expect(failed(await verify(token, [{ ...rsa.publicJwk, alg: 'RS256' }]))).toEqual(['alg']);
    expect(await verify(token, [rsa.publicJwk])).toMatchObject({ valid: true });
  });

  it('must be on the allow-list', async () => {
    const token = signToken({ alg: 'RS256' }, claims, rsa.privateKey);
    expect(await verify(token, [rsa.publicJwk], { algorithms: ['RS256', 'PS256'] })).toMatchObject({ valid: true });
    const refused = await verify(token, [rsa.publicJwk], { algorithms: ['ES256'] });
    expect(failed(refused)).toEqual(['alg']);
    expect(reasonOf(refused)).toBe('RS256 is not allowed');
  });

  it('is refused before the keys are asked for', async () => {
    let requests = 0;
    const source = async (): Promise<JsonWebKeySet> => {
      requests += 1;
      return { keys: [] };
    };
    await verifyToken(compact({ alg: 'none' }, claims), source, requirements(), now);
    await verifyToken(compact({ alg: 'RS256', crit: ['x'] }, claims), source, requirements(), now);
    await verifyToken('opaque', source, requirements(), now);
    expect(requests).toBe(0);
  });
});

/** The RSA public key as an attacker finds it. */
function createPublicText(format: 'pem' | 'der'): Uint8Array {
  const key = createPublicKey({ key: rsa.publicJwk as JsonWebKey, format: 'jwk' });
  return Buffer.from(key.export({ type: 'spki', format: format as 'pem' }) as string);
}

describe('extensions and keys in the header', () => {
  const keys = [rsa.publicJwk];

  it.each<[string, object]>([
    ['an unknown crit', { crit: ['exp'], exp: now + 300 }],
    ['an empty crit', { crit: [] }],
    ['a crit that is no array', { crit: 'b64' }],
    ['crit null', { crit: null }],
    ['b64 false with crit', { crit: ['b64'], b64: false }],
    ['b64 false without crit', { b64: false }],
    ['b64 true', { b64: true }],
  ])('with %s the token is refused although its signature holds', async (_, members) => {
    const result = await verify(signToken({ alg: 'RS256', ...members }, claims, rsa.privateKey), keys);
    expect(result).toMatchObject({ valid: false, payload: undefined });
    expect(failed(result)).toEqual(['crit']);
  });

  it.each<[string, object]>([
    ['jwk', { jwk: otherRsa.publicJwk }],
    ['jku', { jku: 'https://evil.example/jwks.json' }],
    ['x5u', { x5u: 'https://evil.example/cert.pem' }],
    ['x5c', { x5c: ['MIIB'] }],
    ['all of them', { jwk: otherRsa.publicJwk, jku: 'https://evil.example', kid: 'https://evil.example' }],
  ])('a key that rides in its own header as %s proves nothing', async (_, members) => {
    const forged = signToken({ alg: 'RS256', ...members }, claims, otherRsa.privateKey);
    expect(await verify(forged, keys)).toMatchObject({ valid: false, payload: undefined });
  });

  it('is ignored in a token that is otherwise good', async () => {
    const token = signToken({ alg: 'RS256', jwk: otherRsa.publicJwk, jku: 'x' }, claims, rsa.privateKey);
    expect(await verify(token, keys)).toMatchObject({ valid: true });
  });
});

describe('the signature', () => {
  const token = signToken({ alg: 'ES256' }, claims, ec.privateKey);
  const [header, payload, signature = ''] = token.split('.');
  const bytes = Buffer.from(signature, 'base64url');

  it.each<[string, Uint8Array]>([
    ['empty', Buffer.alloc(0)],
    ['one byte short', bytes.subarray(0, 63)],
    ['one byte long', Buffer.concat([bytes, Buffer.alloc(1)])],
    ['twice', Buffer.concat([bytes, bytes])],
    ['all zeros (CVE-2022-21449)', Buffer.alloc(64)],
    ['in ASN.1', inAsn1(bytes)],
    ['with a zero in front', Buffer.concat([Buffer.alloc(1), bytes])],
  ])('of ES256 does not hold when it is %s', async (_, wrong) => {
    const result = await verify(`${header}.${payload}.${Buffer.from(wrong).toString('base64url')}`, [ec.publicJwk]);
    expect(result).toMatchObject({ valid: false, payload: undefined });
    expect(failed(result)).toEqual(['signature']);
  });

  it.each([
    ['a newline at the end', `${token}\n`],
    ['a blank in front', ` ${token}`],
    ['padding', `${header}.${payload}.${signature}==`],
    [
      'bits that are not zero at the end',
      `${header}.${payload}.${signature.slice(0, -1)}${String.fromCharCode((signature.at(-1) ?? '').charCodeAt(0) + 1)}`,
    ],
    [
      'a member twice in the header',
      signToken({ alg: 'ES256' }, claims, ec.privateKey).replace(/^[^.]+/, encode('{"alg":"none","alg":"ES256"}')),
    ],
  ])('is not even looked at with %s', async (_, spelled) => {
    const result = await verify(spelled, [ec.publicJwk]);
    expect(result).toEqual({
      valid: false,
      checks: [{ check: 'format', ok: false, reason: expect.stringContaining('not a JWT') }],
      header: undefined,
      payload: undefined,
    });
  });

  it('makes a claims set with a member twice no claims set, even if it holds', async () => {
    const twice = signToken({ alg: 'ES256' }, `{"exp":1,"exp":${now + 300}}`, ec.privateKey);
    const result = await verify(twice, [ec.publicJwk]);
    expect(result).toMatchObject({ valid: false, payload: undefined });
    expect(failed(result)).toEqual(['format']);
  });

  it('that does not hold leaves every claim unchecked and the payload unshown', async () => {
    const forged = `${token.slice(0, -8)}AAAAAAAA`.replace(/.$/, 'A');
    const result = await verify(forged, [ec.publicJwk], { issuer: 'https://as.example', audience: ['api'] });
    expect(result.payload).toBeUndefined();
    const claimsChecked = result.checks.filter(({ check }) => !['alg', 'signature'].includes(check));
    expect(claimsChecked.map(({ check }) => check)).toEqual(['typ', 'iss', 'aud', 'exp', 'nbf', 'iat', 'scope']);
    expect(claimsChecked.every(({ ok }) => ok === null)).toBe(true);
  });

  it('that holds does not make an expired token valid', async () => {
    const expired = signToken({ alg: 'ES256' }, { exp: now - 3600 }, ec.privateKey);
    const result = await verify(expired, [ec.publicJwk]);
    expect(result).toMatchObject({ valid: false, payload: { exp: now - 3600 } });
    expect(failed(result)).toEqual(['exp']);
  });
});

/** The two numbers of an ECDSA signature as a SEQUENCE of INTEGER, as X.509 has it and JWS has not. */
function inAsn1(signature: Uint8Array): Buffer {
  const integer = (bytes: Uint8Array) => Buffer.concat([Buffer.of(2, bytes.length + 1, 0), bytes]);
  const content = Buffer.concat([integer(signature.subarray(0, 32)), integer(signature.subarray(32))]);
  return Buffer.concat([Buffer.of(0x30, content.length), content]);
}

describe('what is no JWS', () => {
  it.each([
    ['an opaque token', '9f86d081884c7d659a2feaa0c55ad015'],
    ['nothing', ''],
    ['a JWE', `${encode({ alg: 'RSA-OAEP', enc: 'A256GCM' })}.a2V5.aXY.dGV4dA.dGFn`],
    [
      'a JWE with a huge p2c',
      `${encode({ alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2c: 1e9, p2s: 'AA' })}.a2V5.aXY.dGV4dA.dGFn`,
    ],
  ])('%s is not valid, and no failure', async (_, token) => {
    const result = await verify(token, [rsa.publicJwk]);
    expect(result).toMatchObject({ valid: false, header: undefined, payload: undefined });
    expect(failed(result)).toEqual(['format']);
  });

  it('says of a JWE that it is encrypted', async () => {
    const result = await verify(`${encode({ alg: 'dir' })}..aXY.dGV4dA.dGFn`, [rsa.publicJwk]);
    expect(reasonOf(result)).toContain('encrypted');
  });
});

describe('a key source that fails', () => {
  it('ends the verification with its failure', async () => {
    const source = async (): Promise<JsonWebKeySet> => {
      throw new ConfigError('file_unusable', 'keys.json cannot be read');
    };
    const token = signToken({ alg: 'RS256' }, claims, rsa.privateKey);
    await expect(verifyToken(token, source, requirements(), now)).rejects.toThrow('keys.json cannot be read');
  });
});

describe('the tokens of Keycloak', () => {
  const atIssue = keycloakIssuedOn + 10;
  const source = async () => keycloakKeys;

  it.each(['token', 'token-scoped'])('%s verifies with its jwks.json at the time it was issued', async (name) => {
    const result = await verifyToken(keycloakToken(name), source, requirements({ issuer: keycloakIssuer }), atIssue);
    expect(result.valid).toBe(true);
  });

  it.each([
    ['token-dpop', 1_795_322_409],
    ['token-lightweight', 1_795_322_535],
  ])('%s verifies too', async (name, issuedOn) => {
    const result = await verifyToken(
      keycloakToken(name),
      source,
      requirements({ issuer: keycloakIssuer }),
      issuedOn + 10,
    );
    expect(result.valid).toBe(true);
  });

  it('verify after a rotation as long as the old key is listed', async () => {
    const rotated = readFixture<JsonWebKeySet>('keycloak/jwks-rotated.json');
    const result = await verifyToken(keycloakToken('token'), async () => rotated, requirements(), atIssue);
    expect(result.valid).toBe(true);
  });

  it('do not verify with the encryption key alone', async () => {
    const encryption = keycloakKeys.keys.filter(({ use }) => use === 'enc');
    const result = await verifyToken(
      keycloakToken('token'),
      async () => ({ keys: encryption }),
      requirements(),
      atIssue,
    );
    expect(result.valid).toBe(false);
  });

  it('have the audience and scope only when those were asked for', async () => {
    const api = requirements({ issuer: keycloakIssuer, audience: ['test_api_resource'], scope: ['test_api_access'] });
    const scoped = await verifyToken(keycloakToken('token-scoped'), source, api, atIssue);
    expect(scoped.checks.every(({ ok }) => ok === true)).toBe(true);
    const plain = await verifyToken(keycloakToken('token'), source, api, atIssue);
    expect(failed(plain)).toEqual(['aud', 'scope']);
  });

  it('are of another issuer when the server is called by another name', async () => {
    const result = await verifyToken(
      keycloakToken('token'),
      source,
      requirements({ issuer: 'http://127.0.0.1:8080/realms/myorg' }),
      atIssue,
    );
    expect(failed(result)).toEqual(['iss']);
  });

  it('do not have all that RFC 9068 demands: typ is JWT', async () => {
    const result = await verifyToken(keycloakToken('token'), source, requirements({ isAccessTokenJwt: true }), atIssue);
    expect(failed(result)).toEqual(['typ']);
  });

  it('expire 300 s later, and the leeway after that', async () => {
    const at = (seconds: number) =>
      verifyToken(keycloakToken('token'), source, requirements(), keycloakIssuedOn + seconds);
    expect((await at(359)).valid).toBe(true);
    expect(failed(await at(360))).toEqual(['exp']);
  });
});
