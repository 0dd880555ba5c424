import { createPrivateKey, createPublicKey } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { HttpHeaders } from '../../../../src/http/headers.ts';
import { parseSigningKey } from '../../../../src/jwt/signing-key.ts';
import { chooseAuthentication } from '../../../../src/oauth/client-auth/choose-authentication.ts';
import type { AssertionTerms } from '../../../../src/oauth/client-auth/client-assertion.ts';
import type {
  ClientAuthentication,
  ClientCredential,
  Refusal,
} from '../../../../src/oauth/client-auth/client-authentication.ts';
import { Secret } from '../../../../src/secret.ts';
import { makeKey } from '../../../support/authentication/keys.ts';
import { plainTerms } from '../../support/assertions.ts';
import { failureOf } from '../../support/failure.ts';

const rsa = makeKey('RS256');
const ec = makeKey('ES256');
const now = plainTerms.now() / 1000;

async function privateKey(pem: string, named: object = {}): Promise<ClientCredential> {
  const source = Object.keys(named).length === 0 ? pem : JSON.stringify({ ...toJwk(pem), ...named });
  return { kind: 'private key', key: await parseSigningKey(source, { name: 'key.pem', password: undefined }) };
}

const toJwk = (pem: string): object => createPrivateKey(pem).export({ format: 'jwk' });
const secretOf = (value: string): ClientCredential => ({ kind: 'secret', secret: new Secret(value) });

function authenticate(
  credential: ClientCredential,
  terms: Partial<AssertionTerms> = {},
  { method, listed }: { method?: string; listed?: string[] } = {},
): Promise<ClientAuthentication> {
  const client = {
    clientId: 'ci-bot',
    credential,
    basicEncoding: 'form',
    assertion: { ...plainTerms, ...terms },
  } as const;
  return chooseAuthentication(method, client, listed);
}

async function formOf(authentication: ClientAuthentication): Promise<Readonly<Record<string, string>>> {
  const url = new URL('https://as.example/introspect');
  const request = await authentication.complete({ url, headers: new HttpHeaders(), form: [['token', 'x']] });
  expect([...request.headers]).toEqual([]);
  expect(request.url.href).toBe(url.href);
  return Object.fromEntries(request.form);
}

async function assertionOf(authentication: ClientAuthentication) {
  const { client_assertion: assertion = '' } = await formOf(authentication);
  return { assertion, header: decodeProtectedHeader(assertion), claims: decodeJwt(assertion) };
}

describe('private_key_jwt (RFC 7523 section 2.2)', () => {
  it('adds type, assertion and client id to the form, named as in the example of the RFC', async () => {
    const { client_assertion, ...form } = await formOf(await authenticate(await privateKey(ec.pem)));
    expect(form).toEqual({
      token: 'x',
      client_id: 'ci-bot',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    });
    expect(client_assertion).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  });

  it('says what RFC 7523 section 3 and its draft successor ask for, the audience as one string', async () => {
    const { assertion, header, claims } = await assertionOf(await authenticate(await privateKey(ec.pem)));
    expect(header).toEqual({ alg: 'ES256', typ: 'client-authentication+jwt' });
    expect(claims).toEqual({
      iss: 'ci-bot',
      sub: 'ci-bot',
      aud: 'https://as.example',
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      iat: now,
      exp: now + 60,
    });
    await jwtVerify(assertion, createPublicKey(ec.pem), { currentDate: new Date(now * 1000) });
  });

  it('has a jti of its own in each try, and the time of that try', async () => {
    let time = now;
    const authentication = await authenticate(await privateKey(ec.pem), { now: () => time * 1000 });
    const first = await assertionOf(authentication);
    time += 90;
    const second = await assertionOf(authentication);
    expect(second.claims.jti).not.toBe(first.claims.jti);
    expect(second.claims).toMatchObject({ iat: now + 90, exp: now + 150 });
  });

  it.each<[what: string, named: object, keyId: string | undefined, kid: string | undefined]>([
    ['none of a PEM', {}, undefined, undefined],
    ['that of the JWK', { kid: 'of-the-key' }, undefined, 'of-the-key'],
    ['the one that was said before it', { kid: 'of-the-key' }, 'said', 'said'],
    ['the one that was said', {}, 'said', 'said'],
  ])('has the kid: %s', async (_, named, keyId, kid) => {
    const { header } = await assertionOf(await authenticate(await privateKey(ec.pem, named), { keyId }));
    expect(header.kid).toBe(kid);
  });

  it('names the certificate where that is wanted, and then prefers PS256 with an RSA key', async () => {
    const { header } = await assertionOf(
      await authenticate(await privateKey(rsa.pem), { certificateThumbprint: 'abc' }),
    );
    expect(header).toMatchObject({ 'x5t#S256': 'abc', alg: 'PS256' });
  });

  it.each<[listed: string[] | undefined, asked: string | undefined, alg: string]>([
    [undefined, undefined, 'RS256'],
    [[], undefined, 'RS256'],
    [['PS256', 'RS256'], undefined, 'RS256'],
    [['ES256', 'PS512'], undefined, 'PS512'],
    [['RS256', 'PS384'], 'PS384', 'PS384'],
    [undefined, 'PS256', 'PS256'],
  ])('where %j is listed and %s asked for, an RSA key signs with %s', async (supportedAlgorithms, algorithm, alg) => {
    const { header } = await assertionOf(
      await authenticate(await privateKey(rsa.pem), { supportedAlgorithms, algorithm }),
    );
    expect(header.alg).toBe(alg);
  });

  it('calls EdDSA by whichever of its names the server lists', async () => {
    const key = await privateKey(makeKey('EdDSA').pem);
    for (const [supportedAlgorithms, alg] of [
      [undefined, 'EdDSA'],
      [['EdDSA', 'Ed25519'], 'EdDSA'],
      [['Ed25519'], 'Ed25519'],
    ] as const) {
      expect((await assertionOf(await authenticate(key, { supportedAlgorithms }))).header.alg).toBe(alg);
    }
  });

  it.each<[what: string, terms: Partial<AssertionTerms>, message: string]>([
    ['an algorithm of another type of key', { algorithm: 'ES256' }, 'an RSA key cannot sign with ES256'],
    ['one of a shared secret', { algorithm: 'HS256' }, 'an RSA key cannot sign with HS256'],
    [
      'one that the server does not list',
      { algorithm: 'RS384', supportedAlgorithms: ['RS256'] },
      'this server takes no assertion signed with RS384',
    ],
    [
      'a key for which the server lists nothing',
      { supportedAlgorithms: ['ES256', 'EdDSA'] },
      'this server takes no assertion signed with RS256, RS384',
    ],
  ])('refuses %s before anything is sent', async (_, terms, message) => {
    const key = await privateKey(rsa.pem);
    const failure = await failureOf(() => authenticate(key, terms));
    expect(failure).toMatchObject({ code: 'config_invalid', message: expect.stringContaining(message) });
    expect(failure.hint).toBeDefined();
  });

  it('needs a client id', async () => {
    const client = { clientId: undefined, credential: await privateKey(ec.pem), basicEncoding: 'form' } as const;
    expect(
      await failureOf(() => chooseAuthentication(undefined, { ...client, assertion: plainTerms }, undefined)),
    ).toMatchObject({ code: 'missing_setting', hint: expect.stringContaining('--client-id') });
  });
});

describe('client_secret_jwt', () => {
  const secret = 'x'.repeat(48);

  it('signs with the bytes of the secret', async () => {
    const method = 'client_secret_jwt';
    const { assertion, header } = await assertionOf(await authenticate(secretOf('ü'.repeat(16)), {}, { method }));
    expect(header).toEqual({ alg: 'HS256', typ: 'client-authentication+jwt' });
    await jwtVerify(assertion, Buffer.from('ü'.repeat(16)), { currentDate: new Date(now * 1000) });
  });

  it.each<[listed: string[] | undefined, asked: string | undefined, alg: string]>([
    [undefined, undefined, 'HS256'],
    [['RS256', 'HS384'], undefined, 'HS384'],
    [['HS256', 'HS384'], 'HS384', 'HS384'],
  ])('where %j is listed and %s asked for, it is %s', async (supportedAlgorithms, algorithm, alg) => {
    const terms = { supportedAlgorithms, algorithm };
    const { header } = await assertionOf(await authenticate(secretOf(secret), terms, { method: 'client_secret_jwt' }));
    expect(header.alg).toBe(alg);
  });

  it.each([
    ['HS256', 31, 32],
    ['HS384', 47, 48],
    ['HS512', 63, 64],
  ])('refuses for %s a secret of %i bytes (RFC 7518 section 3.2)', async (algorithm, length, needed) => {
    const method = 'client_secret_jwt';
    const failure = await failureOf(() => authenticate(secretOf('x'.repeat(length)), { algorithm }, { method }));
    expect(failure).toMatchObject({
      code: 'secret_unusable',
      message: `client_secret_jwt cannot be used: the secret has ${length} bytes, fewer than the ${needed} that ${algorithm} needs`,
    });
    await expect(authenticate(secretOf('x'.repeat(needed)), { algorithm }, { method })).resolves.toBeDefined();
  });

  it('is used where the server lists nothing else that takes a secret', async () => {
    const methodFor = async (listed: string[]): Promise<string> =>
      (await authenticate(secretOf(secret), {}, { listed })).method;
    expect(await methodFor(['client_secret_jwt', 'private_key_jwt'])).toBe('client_secret_jwt');
    expect(await methodFor(['client_secret_jwt', 'client_secret_post'])).toBe('client_secret_post');
    expect(await methodFor(['client_secret_jwt', 'client_secret_basic'])).toBe('client_secret_basic');
  });
});

describe('an assertion that somebody else has signed (RFC 7521 section 4.2)', () => {
  const foreign = (type: string, ...values: string[]): ClientCredential => {
    const left = [...values];
    return { kind: 'assertion', type, read: async () => new Secret(left.shift() ?? '') };
  };

  it('is read anew for each try, and goes with the client id that was given', async () => {
    const authentication = await authenticate(foreign('urn:x:jwt-spiffe', 'one\n', 'two'));
    expect(await formOf(authentication)).toEqual({
      token: 'x',
      client_assertion_type: 'urn:x:jwt-spiffe',
      client_assertion: 'one',
      client_id: 'ci-bot',
    });
    expect(await formOf(authentication)).toMatchObject({ client_assertion: 'two' });
  });

  it('goes without a client id where none is given, whatever the server lists', async () => {
    const client = { clientId: undefined, basicEncoding: 'form', assertion: plainTerms } as const;
    for (const asked of [undefined, 'private_key_jwt']) {
      const authentication = await chooseAuthentication(asked, { ...client, credential: foreign('urn:x', 'one') }, [
        'none',
      ]);
      expect(await formOf(authentication)).not.toHaveProperty('client_id');
    }
  });
});

describe('the explanation of a refused assertion', () => {
  const refusal = (change: Partial<Refusal> = {}): Refusal => ({
    error: 'invalid_client',
    status: 401,
    date: undefined,
    now: now * 1000,
    ...change,
  });
  const at = (seconds: number): string => new Date((now + seconds) * 1000).toUTCString();

  async function explain(authentication: ClientAuthentication, change: Partial<Refusal> = {}): Promise<string> {
    await formOf(authentication);
    return authentication.advise?.(refusal(change)) ?? '';
  }

  it.each([
    [-6, "the clock of this machine is 6 s ahead of the server's"],
    [-3600, "the clock of this machine is 3600 s ahead of the server's"],
    [90, "the clock of this machine is 90 s behind the server's"],
  ])('is the clock where the server says %i s', async (seconds, words) => {
    const own = await authenticate(await privateKey(ec.pem));
    expect(await explain(own, { date: at(seconds) })).toContain(words);
  });

  it.each([at(0), at(-5), at(5), undefined, '', 'yesterday'])(
    'is not the clock where the server says %j',
    async (date) => {
      expect(await explain(await authenticate(await privateKey(ec.pem)), { date })).not.toContain('clock');
    },
  );

  it('names key, algorithm and audience, and what else there is', async () => {
    const key = await privateKey(ec.pem);
    const words = await explain(await authenticate(key));
    expect(words).toContain('ES256');
    expect(words).toContain('aud, which was https://as.example: try --assertion-audience token-endpoint');
    expect(words).toContain(
      `--key-id ID; the key's thumbprint is ${key.kind === 'private key' ? key.key.thumbprint : ''}`,
    );
  });

  it('names the thumbprint of a key beside the kid that was sent for it', async () => {
    const key = await privateKey(ec.pem);
    const words = await explain(await authenticate(key, { keyId: 'k1', otherAudience: 'issuer' }));
    const thumbprint = key.kind === 'private key' ? key.key.thumbprint : '';
    expect(words).toContain(`by the kid k1 (the key's thumbprint is ${thumbprint})?`);
    expect(words).toContain('--assertion-audience issuer');
  });

  it('asks for the secret where it was one that signed', async () => {
    const authentication = await authenticate(secretOf('x'.repeat(32)), {}, { method: 'client_secret_jwt' });
    expect(await explain(authentication)).toMatch(/^is the secret the one of ci-bot, and HS256 what/);
  });

  const foreignWith = (claims: object) => {
    const parts = [{ alg: 'RS256' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
    return authenticate({ kind: 'assertion', type: 'urn:x', read: async () => new Secret(`${parts.join('.')}.c2ln`) });
  };

  it.each<[object, number, string | undefined]>([
    [{ exp: now + 60 }, 90, "by the server's clock it expired 30 s ago: whoever gives it out has to give a newer one"],
    [{ exp: now + 60 }, 60, "by the server's clock it expired 0 s ago"],
    [{ exp: now + 60, iat: now }, -30, "by the server's clock it is good in 30 s only: the clock of whoever signed"],
    [{ nbf: now + 10, iat: now - 60 }, 0, "by the server's clock it is good in 10 s only"],
    [{ exp: now + 60, iat: now }, -5, undefined],
    [{ exp: now + 60, iat: now }, 59, undefined],
    [{ exp: 'soon' }, 3600, undefined],
    [{}, -3600, undefined],
  ])("of somebody else's with %j is about its times where the server says %i s", async (claims, seconds, words) => {
    const explained = await explain(await foreignWith(claims), { date: at(seconds) });
    if (words === undefined) expect(explained).not.toContain('clock');
    else expect(explained).toContain(words);
  });

  it("shows of somebody else's who it is about, and for whom", async () => {
    const claims = { iss: 'https://k8s', sub: 'system:a', aud: ['x', 'y'], jti: 'hidden' };
    const words = await explain(await foreignWith(claims));
    expect(words).toContain('it says iss https://k8s, sub system:a, aud x y');
    expect(words).not.toContain('hidden');
  });
});
