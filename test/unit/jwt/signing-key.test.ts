import type { JsonWebKey } from 'node:crypto';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import type { JWK } from 'jose';
import { importJWK, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { signJwt } from '../../../src/jwt/sign.ts';
import type { SigningKey } from '../../../src/jwt/signing-key.ts';
import { parseSigningKey } from '../../../src/jwt/signing-key.ts';
import { makeKey } from '../../support/authentication/keys.ts';
import { failureOf, wordsOf } from '../support/failure.ts';

const parse = (source: string, password?: string): Promise<SigningKey> =>
  parseSigningKey(source, { name: 'key.pem (--private-key)', password });

const rsa = makeKey('RS256');
const ec = makeKey('ES256');

/** The private JWK of a PEM, by way of the PEM. */
const toJwk = (pem: string): JWK => createPrivateKey(pem).export({ format: 'jwk' }) as JWK;

/** RFC 7515 appendix A.3 and RFC 8037 appendix A.1, the latter with its thumbprint (A.3). */
const published = {
  p256: {
    kty: 'EC',
    crv: 'P-256',
    x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
    y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
    d: 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI',
  },
  ed25519: {
    kty: 'OKP',
    crv: 'Ed25519',
    d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
    x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  },
} as const;

describe('a private key', () => {
  const formats: [string, string, string?][] = [
    ['PKCS#8', rsa.pem],
    ['PKCS#1', createPrivateKey(rsa.pem).export({ type: 'pkcs1', format: 'pem' }).toString()],
    ['SEC1', createPrivateKey(ec.pem).export({ type: 'sec1', format: 'pem' }).toString()],
    ['encrypted PKCS#8', encrypt(rsa.pem, 'pkcs8'), 'pass'],
    ['encrypted PKCS#1', encrypt(rsa.pem, 'pkcs1'), 'pass'],
    ['encrypted SEC1', encrypt(ec.pem, 'sec1'), 'pass'],
    ['PKCS#8 with the line ends of Windows', rsa.pem.replaceAll('\n', '\r\n')],
    ['PKCS#8 between other text', `Bag Attributes\n${rsa.pem}-----BEGIN CERTIFICATE-----\nMII=\n`],
    ['PKCS#8 that is not encrypted, although a password is there', rsa.pem, 'pass'],
    ['a JWK', JSON.stringify(toJwk(rsa.pem))],
    ['a JWK in a set', JSON.stringify({ keys: [toJwk(ec.pem)] })],
  ];

  it.each(formats)('is read from %s, and signs', async (_, source, password) => {
    const { privateKey, publicJwk, algorithms } = await parse(source, password);
    const [alg = ''] = algorithms;
    const token = await signJwt({ alg }, { sub: 'a' }, privateKey);
    const { publicJwk: expected } = publicJwk.kty === 'RSA' ? rsa : ec;
    expect(publicJwk).toEqual(expected);
    await expect(jwtVerify(token, await importJWK(expected, alg))).resolves.toMatchObject({ payload: { sub: 'a' } });
  });

  it.each([
    ['RS256', ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']],
    ['ES256', ['ES256']],
    ['ES384', ['ES384']],
    ['ES512', ['ES512']],
    ['EdDSA', ['EdDSA', 'Ed25519']],
  ])('of %s signs with %j', async (kind, algorithms) => {
    const key = await parse(makeKey(kind).pem);
    expect(key.algorithms).toEqual(algorithms);
    for (const alg of algorithms) {
      const token = await signJwt({ alg }, {}, key.privateKey);
      await expect(jwtVerify(token, await importJWK(key.publicJwk, alg))).resolves.toBeDefined();
    }
  });

  it('of an RFC signs what its public half verifies', async () => {
    for (const [jwk, alg] of [
      [published.p256, 'ES256'],
      [published.ed25519, 'EdDSA'],
    ] as const) {
      const { d, ...publicJwk } = jwk;
      const token = await signJwt({ alg }, {}, (await parse(JSON.stringify(jwk))).privateKey);
      await expect(jwtVerify(token, await importJWK(publicJwk, alg))).resolves.toBeDefined();
    }
  });

  it('has the thumbprint of RFC 8037 appendix A.3 (RFC 7638)', async () => {
    const { thumbprint } = await parse(JSON.stringify(published.ed25519));
    expect(thumbprint).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
  });

  it('that is a JWK keeps its kid, and signs with its alg only', async () => {
    const { publicJwk, algorithms } = await parse(JSON.stringify({ ...toJwk(rsa.pem), kid: 'k1', alg: 'PS384' }));
    expect(publicJwk.kid).toBe('k1');
    expect(algorithms).toEqual(['PS384']);
  });

  it.each(['EdDSA', 'Ed25519'])('that is a JWK with the alg %s has both names of it', async (alg) => {
    expect((await parse(JSON.stringify({ ...published.ed25519, alg }))).algorithms).toEqual(['EdDSA', 'Ed25519']);
  });
});

describe('no signature is made with', () => {
  const certificate = '-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n';
  const jwk = toJwk(rsa.pem);
  const { d, ...publicOnly } = jwk;
  const refused: readonly (readonly [
    what: string,
    source: string,
    password: string | undefined,
    message: RegExp,
    hint: RegExp | undefined,
  ])[] = [
    ['a public key', publicPem(), undefined, /^there is no private key in /, /^it holds the public key/],
    ['a public JWK', JSON.stringify(publicOnly), undefined, /^there is no private key in /, /public key.* member d/],
    [
      'a certificate',
      certificate,
      undefined,
      /^there is no private key in /,
      /^it holds a certificate only: give the file of its private key$/,
    ],
    ['a shared secret', '{"kty":"oct","k":"c2VjcmV0"}', undefined, /is a shared secret/, /--client-secret-file/],
    [
      'an RSA key of 1024 bits',
      makeKey('RS256', 1024).pem,
      undefined,
      /too weak: the RSA key has 1024 bits/,
      /openssl/,
    ],
    ['an encrypted key without its password', encrypt(rsa.pem, 'pkcs8'), undefined, /is encrypted/, /--pass-file/],
    [
      'an encrypted PKCS#1 key without its password',
      encrypt(rsa.pem, 'pkcs1'),
      undefined,
      /is encrypted/,
      /--pass-file/,
    ],
    [
      'an encrypted key with another password',
      encrypt(rsa.pem, 'pkcs8'),
      'wrong',
      /^the password does not open /,
      /--pass-file/,
    ],
    ['a key that breaks off', rsa.pem.slice(0, 300), undefined, /breaks off/, undefined],
    [
      'a key that breaks off after its certificate',
      `${certificate}${rsa.pem.slice(0, 300)}`,
      undefined,
      /breaks off/,
      undefined,
    ],
    ['a key in one line', rsa.pem.replaceAll('\n', ' '), undefined, /no PEM that can be read/, /line ends/],
    [
      'a key of OpenSSH',
      '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----',
      undefined,
      /OpenSSH/,
      /ssh-keygen/,
    ],
    ['two keys', rsa.pem + ec.pem, undefined, /holds 2 private keys/, /give the one/],
    ['a set of two keys', JSON.stringify({ keys: [jwk, jwk] }), undefined, /holds 2 keys/, /give the one/],
    ['an empty set', '{"keys":[]}', undefined, /is no JWK/, /PEM/],
    ['a JWK without its modulus', '{"kty":"RSA","d":"AQAB"}', undefined, /no JWK that can be used/, undefined],
    ['a JWK of encryption', JSON.stringify({ ...jwk, use: 'enc' }), undefined, /not meant for signatures/, undefined],
    [
      'a JWK of another alg',
      JSON.stringify({ ...jwk, alg: 'RSA-OAEP' }),
      undefined,
      /an RSA key whose alg is RSA-OAEP/,
      /RS256/,
    ],
    ['a JWK with a kid that is no text', JSON.stringify({ ...jwk, kid: 7 }), undefined, /is no JWK/, undefined],
    ['an X25519 key', pemOf(generateKeyPairSync('x25519')), undefined, /not supported \(X25519\)/, /Ed25519/],
    [
      'a secp256k1 key',
      pemOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' })),
      undefined,
      /not supported \(secp256k1\)/,
      /P-256/,
    ],
    [
      'an RSASSA-PSS key',
      pemOf(generateKeyPairSync('rsa-pss', { modulusLength: 2048 })),
      undefined,
      /id-RSASSA-PSS/,
      /PS256/,
    ],
    ...[makeKey('RS256'), makeKey('ES256'), makeKey('EdDSA')].flatMap(({ pem }, index) => {
      const [own, other] = [toJwk(pem), toJwk([rsa.pem, ec.pem, pemOf(generateKeyPairSync('ed25519'))][index] ?? '')];
      const { kty } = own;
      const mixed = JSON.stringify(kty === 'RSA' ? { ...own, n: other.n } : { ...own, d: other.d });
      return [[`a JWK of ${kty} put together of two`, mixed, undefined, /do not belong together/, undefined] as const];
    }),
    [
      'a PEM put together of two',
      createPrivateKey({ key: { ...toJwk(ec.pem), d: published.p256.d } as JsonWebKey, format: 'jwk' })
        .export({ type: 'pkcs8', format: 'pem' })
        .toString(),
      undefined,
      /do not belong together/,
      undefined,
    ],
    ['a token', 'eyJhbGciOiJub25lIn0.e30.', undefined, /^there is no private key in /, /PEM/],
    ['nothing of the kind', 'hunter22', undefined, /^there is no private key in /, /PEM/],
  ];

  it.each(refused)('%s', async (_, source, password, message, hint) => {
    const failure = await failureOf(() => parse(source, password));
    expect(failure).toMatchObject({ code: 'secret_unusable', message: expect.stringMatching(message) });
    expect(failure.message).toMatch(
      / the private key in key\.pem \(--private-key\)$|^the private key in key\.pem \(--private-key\) |^there is no private key in key\.pem \(--private-key\)$/,
    );
    if (hint !== undefined) expect(failure.hint).toMatch(hint);
    const words = wordsOf(failure);
    for (const line of source.split('\n').filter((one) => one.length > 20 && !one.includes('KEY'))) {
      expect(words).not.toContain(line);
    }
    expect(words).not.toContain('hunter22');
  });
});

it('a file in which keys begin and never end is refused in time', { timeout: 5000 }, async () => {
  const failure = await failureOf(() => parse('-----BEGIN A PRIVATE KEY-----\n'.repeat(34_000)));
  expect(failure.message).toContain('breaks off');
});

function encrypt(pem: string, type: 'pkcs8' | 'pkcs1' | 'sec1'): string {
  return createPrivateKey(pem)
    .export({ type, format: 'pem', cipher: 'aes-256-cbc', passphrase: 'pass' } as never)
    .toString();
}

function publicPem(): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .publicKey.export({ type: 'spki', format: 'pem' })
    .toString();
}

function pemOf({ privateKey }: { readonly privateKey: { export(options: object): unknown } }): string {
  return String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
}
