import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { decodeJwt, exportJWK, exportPKCS8, exportSPKI, generateKeyPair } from 'jose';
import { describe, expect } from 'vitest';
import { keyThumbprint } from '../../src/jwt/key-thumbprint.ts';
import { makeKey } from '../support/authentication/keys.ts';
import type { Cli } from '../support/run-in-process.ts';
import { test } from '../support/run-in-process.ts';
import { encrypt } from './support/client-assertions.ts';
import { answerMetadata, answerToken, byIssuer, direct, report, success, tokenEndpoint } from './support/scene.ts';
import { jwks, signToken, unsignedToken } from './support/signing.ts';

const url = 'https://api.example.com/orders';
const pair = await generateKeyPair('ES256', { extractable: true });
const pem = await exportPKCS8(pair.privateKey);
const publicPem = await exportSPKI(pair.publicKey);
const jkt = await keyThumbprint(publicPem, 'key');
const publicJwk = JSON.stringify(await exportJWK(pair.publicKey));
const agreement = await generateKeyPair('ECDH-ES', { extractable: true, crv: 'X25519' });
const agreementPem = await exportPKCS8(agreement.privateKey);
const from200 = `200 from POST ${tokenEndpoint}`;

/** A JWT that is bound to a key. */
function boundTo(thumbprint: string): Promise<string> {
  return signToken({ cnf: { jkt: thumbprint } });
}

const boundToken = await boundTo(jkt);

/** The proofs that were sent. */
function proofs({ requests }: Cli): ReturnType<typeof decodeJwt>[] {
  return requests.flatMap(({ headers }) => (headers.dpop === undefined ? [] : [decodeJwt(headers.dpop)]));
}

const env = direct;

describe('what cannot work is refused before anything is sent', () => {
  const key = 'private key in $DIR/key (--dpop-key)';
  const named = `the ${key}`;
  const lost = [
    'error[usage]: without the cache the key that the token is bound to would be lost',
    'give a key of your own with --dpop-key FILE, or leave --no-cache out',
  ] as const;
  const useless = [
    'error[usage]: the token of --token-file is of use only with the key that it is bound to',
    'give that key with --dpop-key FILE; a key that ccgrant made is kept with its token: leave --token-file out',
  ] as const;
  test.for<[mistake: string, content: string | undefined, args: string[], message: string, hint: string]>([
    ['a key that would be lost', undefined, ['token', '--dpop', '--no-cache'], ...lost],
    ['the same, a bearer token being welcome', undefined, ['token', '--dpop-optional', '--no-cache'], ...lost],
    [
      'a key that is not there',
      undefined,
      ['token', '--dpop-key', 'nokey.pem'],
      'error[secret_unusable]: the private key file $DIR/nokey.pem (--dpop-key) does not exist',
      'it takes the path of a file, not the private key; a relative one starts at the working directory, in a profile at its file',
    ],
    [
      'a key from standard input',
      undefined,
      ['token', '--dpop-key', '-'],
      'error[usage]: --dpop-key takes a file, and not standard input',
      'the same key is needed again with each use of the token',
    ],
    [
      'the key itself',
      undefined,
      ['token', '--dpop-key', pem],
      'error[secret_unusable]: --dpop-key takes the path of a file, not what is in it',
      'write it to a file that only you can read, and give the path of that',
    ],
    [
      'a public key',
      publicPem,
      ['token', '--dpop-key', 'key'],
      `error[secret_unusable]: there is no ${key}`,
      'it holds the public key: only the private one can sign',
    ],
    [
      'a public JWK',
      publicJwk,
      ['token', '--dpop-key', 'key'],
      `error[secret_unusable]: there is no ${key}`,
      'it holds the public key: the private one, which can sign, has a member d',
    ],
    [
      'a word',
      'hunter22',
      ['token', '--dpop-key', 'key'],
      `error[secret_unusable]: there is no ${key}`,
      'it takes a private key as PEM (-----BEGIN PRIVATE KEY-----) or as JWK ({"kty":…,"d":…})',
    ],
    [
      'a key of a curve for secrets alone',
      agreementPem,
      ['token', '--dpop-key', 'key'],
      `error[secret_unusable]: ${named} is of a type that is not supported (X25519)`,
      'it takes RSA, P-256, P-384, P-521 and Ed25519',
    ],
    [
      'a short RSA key',
      makeKey('RS256', 1024).pem,
      ['token', '--dpop-key', 'key'],
      `error[secret_unusable]: ${named} is too weak: the RSA key has 1024 bits, fewer than 2048`,
      'make another one: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072',
    ],
    [
      'an encrypted key',
      encrypt(makeKey('ES256').pem, 'correct horse'),
      ['token', '--dpop-key', 'key'],
      `error[secret_unusable]: ${named} is encrypted, and no password is given`,
      'put the password into a file of its own: --pass-file FILE',
    ],
    ['a bound token without its key', boundToken, ['call', url, '--token-file', 'key'], ...useless],
    ['an opaque token and no key', 'opaque', ['call', url, '--dpop', '--token-file', 'key'], ...useless],
    [
      'a proof by hand',
      undefined,
      ['call', url, '-H', 'DPoP: eyJ'],
      'error[usage]: the DPoP header is ours: each request needs a proof of its own',
      'for a token that is bound to a key say --dpop, or --dpop-key FILE',
    ],
    [
      'a key where the certificate is to be compared with',
      pem,
      ['verify', 'x.y.z', '--bound-to-cert', 'key'],
      'error[file_unusable]: there is no certificate in $DIR/key (--bound-to-cert)',
      'it holds a private key: what a token is bound to by DPoP is --bound-to-key FILE',
    ],
    [
      'a key behind the flag',
      undefined,
      ['token', '--dpop', 'key.pem'],
      'error[usage]: too many arguments for ccgrant token',
      'did you mean --dpop-key FILE',
    ],
    [
      'a key behind the flag of a command that has an operand',
      undefined,
      ['call', '--dpop', 'key.pem', url],
      'error[usage]: too many arguments for ccgrant call',
      'did you mean --dpop-key FILE',
    ],
    [
      'a key as the value of the flag',
      undefined,
      ['token', '--dpop=key.pem'],
      'error[usage]: --dpop takes no value',
      'did you mean --dpop-key FILE',
    ],
    [
      'a key as the value of the flag in a profile',
      "[profiles.p]\ndpop = 'key.pem'\n",
      ['token', '--config', 'key', '--profile', 'p'],
      'error[config_invalid]: dpop in profile p is neither true nor false',
      'say true or false; for a file there is dpop_key',
    ],
    [
      'no key to compare with',
      'x',
      ['verify', 'x.y.z', '--bound-to-key', 'key'],
      'error[file_unusable]: $DIR/key (--bound-to-key) holds no key that a token could be bound to',
      'it takes one key of EC, Ed25519 or RSA, public or private: PEM or JWK',
    ],
  ])('%s', async ([, content, args, message, hint], { cli }) => {
    if (content !== undefined) await cli.writeFile('key', content);
    const { exitCode, stdout, stderr } = await cli.run(args, { env });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toBe(`${message.replace('$DIR', cli.directory)}\n  hint:   ${hint}\n`);
    expect(cli.requests).toEqual([]);
  });

  test('a shared secret is no such key', async ({ cli }) => {
    await cli.writeFile('key', '{"kty":"oct","k":"c2VjcmV0LXRoYXQtaXMtbm90LXNob3du"}');
    const { exitCode, stderr } = await cli.run(['token', '--dpop-key', 'key'], { env });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('it is a shared secret: ');
    expect(stderr).not.toContain('c2VjcmV0');
  });

  test('a file that others can write is refused', async ({ cli }) => {
    const path = await cli.writeFile('key', pem);
    (await import('node:fs')).chmodSync(path, 0o666);
    expect(await cli.run(['token', '--dpop-key', 'key'], { env })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining(`other users may write to the private key file ${path}`),
    });
  });

  test('an algorithm that the metadata does not list is said before the token is asked for', async ({ cli }) => {
    await cli.writeFile('key', pem);
    answerMetadata(cli, { dpop_signing_alg_values_supported: ['RS256', 'EdDSA'] });
    expect(await cli.run(['token', '--dpop-key', 'key'], { env: byIssuer })).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: report(
        'file_unusable',
        `the key in ${cli.directory}/key (--dpop-key) signs by ES256, and this server takes RS256, EdDSA`,
        {
          hint: 'give a key that fits, or let --dpop make one',
        },
      ),
    });
  });

  test('so are algorithms that no key can be made for', async ({ cli }) => {
    answerMetadata(cli, { dpop_signing_alg_values_supported: ['ES256K'] });
    expect(await cli.run(['token', '--dpop'], { env: byIssuer })).toMatchObject({
      exitCode: 2,
      stderr: 'error[missing_setting]: this server takes no proofs that ccgrant can make: it lists ES256K\n',
    });
  });

  test('a token that is bound to another key is not sent', async ({ cli }) => {
    await cli.writeFile('key', pem);
    await cli.writeFile('token', await boundTo('another'));
    const { exitCode, stderr } = await cli.run(['call', url, '--token-file', 'token', '--dpop-key', 'key'], { env });
    expect(exitCode).toBe(2);
    expect(stderr).toContain(
      `error[file_unusable]: the token is bound to another key than the one in ${cli.directory}/key`,
    );
  });
});

test('a key for the binding is not taken for a proof of the client, and the hint says so', async ({ cli }) => {
  await cli.writeFile('key', pem);
  const { stderr } = await cli.run(['token', '--dpop-key', 'key'], { env: { ...env, CCGRANT_CLIENT_SECRET: '' } });
  expect(stderr).toMatch(
    /^error\[missing_setting\]: no client secret\n {2}hint: {3}--dpop-key binds tokens and proves no client: give --client-secret-file/,
  );
});

describe('the answer to an access token request with a proof', () => {
  test('is a token of type DPoP, which is kept with its key', async ({ cli }) => {
    answerToken(cli, 'opaque-token', { token_type: 'dpop' });
    expect(await cli.run(['token', '--dpop'], { env })).toEqual(success('opaque-token\n'));
    expect(await cli.run(['token', '--dpop'], { env })).toEqual(success('opaque-token\n'));
    expect(proofs(cli)).toEqual([
      { jti: expect.any(String), htm: 'POST', htu: tokenEndpoint, iat: Math.floor(cli.now / 1000) },
    ]);
  });

  test('as a header says that it is not enough', async ({ cli }) => {
    answerToken(cli, 'opaque-token', { token_type: 'DPoP' });
    const printed = {
      exitCode: 0,
      stdout: 'Authorization: DPoP opaque-token\n',
      stderr: 'each request with this token needs a proof of its own: use ccgrant call\n',
    };
    expect(await cli.run(['token', '--dpop', '--format', 'header'], { env })).toEqual(printed);
    expect(await cli.run(['token', '--dpop', '--format', 'header'], { env })).toEqual(printed);
  });

  test('says so when the key cannot be kept', async ({ cli }) => {
    cli.answer('POST', tokenEndpoint, { json: { access_token: 'opaque-token', token_type: 'DPoP' } });
    expect(await cli.run(['token', '--dpop'], { env })).toEqual({
      exitCode: 0,
      stdout: 'opaque-token\n',
      stderr:
        'warning: the key that this token is bound to is not kept, so no API will take it: give a key with --dpop-key\n',
    });
  });

  test('takes the place of the one of before, and of its key, when it cannot be kept', async ({ cli }) => {
    const keys = join(cli.cacheDirectory, 'keys');
    answerToken(cli, 'first-token', { token_type: 'DPoP' });
    answerToken(cli, 'second-token', { token_type: 'DPoP', expires_in: undefined });
    answerToken(cli, 'third-token', { token_type: 'DPoP' });
    await cli.run(['token', '--dpop'], { env });
    expect(readdirSync(keys)).toHaveLength(1);
    expect(await cli.run(['token', '--dpop', '--fresh'], { env })).toMatchObject({ stdout: 'second-token\n' });
    expect(readdirSync(keys)).toEqual([]);
    expect(await cli.run(['token', '--dpop'], { env })).toEqual(success('third-token\n'));
  });

  const bound = 'the server did not bind the token to the key of the proof';
  const refusals: [answer: string, members: () => Promise<object>, message: string, facts: object][] = [
    [
      'a bearer token',
      async () => ({ token_type: 'Bearer' }),
      'the access token response is of token_type "Bearer", not DPoP',
      {
        server: from200,
        hint: 'the server does not bind tokens to a key, or not for this client: to take a bearer token say --dpop-optional',
      },
    ],
    [
      'a token of no binding at all',
      async () => ({ access_token: await signToken(), token_type: 'DPoP' }),
      'the token is bound to no key: it has no cnf.jkt',
      {
        server: from200,
        sent: `a DPoP proof, jkt ${jkt}`,
        hint: `${bound}: to take it all the same say --dpop-optional`,
      },
    ],
    [
      'a token that is bound to a certificate',
      async () => ({ access_token: await signToken({ cnf: { 'x5t#S256': 'another' } }), token_type: 'DPoP' }),
      'the token is bound to no key: it has no cnf.jkt',
      {
        server: from200,
        sent: `a DPoP proof, jkt ${jkt}`,
        hint: 'the server bound the token to the certificate of the client instead: leave --dpop out, or say --dpop-optional',
      },
    ],
    [
      'a token that is bound to another key',
      async () => ({ access_token: await boundTo('another'), token_type: 'DPoP' }),
      'the token is bound to another key than ours',
      { server: `${from200}: jkt another`, sent: `a DPoP proof, jkt ${jkt}`, hint: bound },
    ],
  ];
  test.for(refusals)('is refused when it is %s, and nothing is kept', async ([, members, message, facts], { cli }) => {
    await cli.writeFile('key', pem);
    answerToken(cli, 'opaque-token', await members());
    expect(await cli.run(['token', '--dpop-key', 'key'], { env })).toEqual({
      exitCode: 3,
      stdout: '',
      stderr: report('invalid_response', message, facts),
    });
    expect(await cli.run(['cache', 'list', '--json'])).toEqual(success('[]\n'));
  });

  test('may be a bearer token with --dpop-optional, which is shown as one, and is not for those who insist', async ({
    cli,
  }) => {
    answerToken(cli, 'bearer-token');
    cli.answer('GET', url, { body: 'ok', times: 2 });
    const call = ['call', url, '--dpop-optional'];
    const warning = 'warning: the server gave a bearer token, although DPoP was asked for\n';
    expect(await cli.run(call, { env })).toEqual({ exitCode: 0, stdout: 'ok', stderr: warning });
    expect(await cli.run(call, { env })).toEqual({ exitCode: 0, stdout: 'ok', stderr: '' });
    expect(cli.requests.at(-1)?.headers).toMatchObject({ authorization: 'Bearer bearer-token' });
    expect(cli.requests.at(-1)?.headers).not.toHaveProperty('dpop');
    answerToken(cli, 'bound-token', { token_type: 'DPoP' });
    expect(await cli.run(['token', '--dpop'], { env })).toEqual(success('bound-token\n'));
  });

  test.for<[binding: string, cnf: object | undefined]>([
    ['nothing', undefined],
    ['a certificate', { 'x5t#S256': 'another' }],
  ])('may be bound to %s with --dpop-optional, and is shown without a proof', async ([, cnf], { cli }) => {
    const token = await signToken({ cnf });
    answerToken(cli, token, { token_type: 'DPoP' });
    const header = ['token', '--dpop-optional', '--format', 'header'];
    const stdout = `Authorization: Bearer ${token}\n`;
    expect(await cli.run(header, { env })).toEqual({
      exitCode: 0,
      stdout,
      stderr: 'warning: the server bound the token to no key, although it was asked to: taken as a bearer token\n',
    });
    expect(await cli.run(header, { env })).toEqual({ exitCode: 0, stdout, stderr: '' });
  });

  test('may not be bound to the key of somebody else, with --dpop-optional neither', async ({ cli }) => {
    answerToken(cli, await boundTo('another'), { token_type: 'DPoP' });
    expect(await cli.run(['token', '--dpop-optional'], { env })).toMatchObject({ exitCode: 3, stdout: '' });
  });

  test('is another one for those who do not ask for a binding', async ({ cli }) => {
    answerToken(cli, 'bound-token', { token_type: 'DPoP' });
    answerToken(cli, 'bearer-token');
    expect(await cli.run(['token', '--dpop'], { env })).toEqual(success('bound-token\n'));
    expect(await cli.run(['token'], { env })).toEqual(success('bearer-token\n'));
    expect(await cli.run(['decode', '--cached', '--dpop'], { env })).toMatchObject({ exitCode: 2 });
    const revoked = await cli.run(['cache', 'list', '--json', '--show-tokens'], { env });
    expect(
      JSON.parse(revoked.stdout)
        .map((one: { token_type: string }) => one.token_type)
        .sort(),
    ).toEqual(['Bearer', 'DPoP']);
  });
});

describe('--cached', () => {
  test.for([
    [[], 'bearer'],
    [['--dpop'], 'bound'],
  ] as const)('with %j takes the %s token of the two', async ([args, sub], { cli }) => {
    const request = ['--scope', 'api:read'];
    cli.answer('POST', tokenEndpoint, {
      json: { access_token: unsignedToken({ sub: 'bearer' }), token_type: 'Bearer', expires_in: 300 },
    });
    await cli.run(['token', ...request], { env });
    await cli.writeFile('key', pem);
    const token = unsignedToken({ sub: 'bound', cnf: { jkt } });
    cli.answer('POST', tokenEndpoint, { json: { access_token: token, token_type: 'DPoP', expires_in: 300 } });
    await cli.run(['token', ...request, '--dpop-key', 'key'], { env });
    const { stdout } = await cli.run(['decode', '--cached', '--json', ...request, ...args], { env });
    expect(JSON.parse(stdout).payload.sub).toBe(sub);
  });
});

describe('a refusal that is about the proof', () => {
  const behind = new Date(Date.parse('2026-01-01T00:00:00Z') - 90_000).toUTCString();
  test.for<[error: string, args: string[], headers: Record<string, string>, hint: string | undefined]>([
    [
      'invalid_dpop_proof',
      ['--dpop'],
      {},
      'behind a proxy the server may know its token endpoint by another URL than the one that was called: --token-endpoint URL',
    ],
    [
      'invalid_dpop_proof',
      ['--dpop'],
      { date: behind },
      "the clock of this machine is 90 s ahead of the server's: a proof of a wrong time is refused; set the clock",
    ],
    [
      'invalid_request',
      ['--dpop'],
      { date: behind },
      "the clock of this machine is 90 s ahead of the server's: a proof of a wrong time is refused; set the clock",
    ],
    [
      'use_dpop_nonce',
      ['--dpop'],
      {},
      'the server wants a nonce that it does not give, or does not take then: do several servers answer in its name?',
    ],
    ['use_dpop_nonce', [], {}, 'this client has to bind its tokens to a key: say --dpop'],
    ['invalid_dpop_proof', [], {}, 'this client has to bind its tokens to a key: say --dpop'],
    ['invalid_grant', [], {}, 'does this client have to bind its tokens to a key? then say --dpop'],
    ['invalid_scope', ['--dpop', '--scope', 'a'], {}, 'is the scope assigned to this client at the server?'],
  ])('%s with %j and %j', async ([error, args, headers, hint], { cli }) => {
    answerMetadata(cli, { dpop_signing_alg_values_supported: ['ES256'] });
    cli.answer('POST', tokenEndpoint, { status: 400, json: { error }, headers });
    const { exitCode, stderr } = await cli.run(['token', ...args], {
      env: { ...byIssuer, CCGRANT_CLIENT_SECRET: 'plain' },
    });
    expect(exitCode).toBe(3);
    expect(/hint: {3}(.*)/.exec(stderr)?.[1]).toBe(hint);
  });

  test.for<[challenge: string, hint: string | undefined]>([
    [
      'DPoP error="invalid_dpop_proof"',
      'behind a proxy the API may know itself by another URL than the one that was called',
    ],
    [
      'DPoP algs="RS256 PS256", error="invalid_dpop_proof"',
      'this API takes proofs by RS256, PS256, and ours is by ES256: give a key that fits with --dpop-key',
    ],
    [
      'Bearer realm="x"',
      'does this API take tokens that are bound to a key? it asks for bearer tokens: leave --dpop out',
    ],
    ['DPoP error="insufficient_scope", scope="b"', "ask for what it needs: --scope 'b'"],
  ])('of an API: %s', async ([challenge, hint], { cli }) => {
    answerToken(cli, 'bound-token', { token_type: 'DPoP' });
    cli.answer('GET', url, { status: 401, headers: { 'www-authenticate': challenge } });
    const { exitCode, stderr } = await cli.run(['call', url, '--dpop'], { env });
    expect(exitCode).toBe(22);
    expect(/hint: {3}(.*)/.exec(stderr)?.[1]).toBe(hint);
  });
});

describe('call with a bound token', () => {
  test('has a fresh token and a key for it where the API refuses the cached one', async ({ cli }) => {
    answerToken(cli, 'first-token', { token_type: 'DPoP' });
    answerToken(cli, 'second-token', { token_type: 'DPoP' });
    cli.answer('GET', url, { body: 'ok' });
    cli.answer('GET', url, { status: 401, headers: { 'www-authenticate': 'DPoP error="invalid_token"' } });
    cli.answer('GET', url, { body: 'ok again' });
    await cli.run(['call', url, '--dpop'], { env });
    expect(await cli.run(['call', url, '--dpop'], { env })).toEqual(success('ok again'));
    expect(cli.requests.map(({ headers }) => headers.authorization?.split(' ').at(-1))).toEqual([
      expect.anything(),
      'first-token',
      'first-token',
      expect.anything(),
      'second-token',
    ]);
  });

  test('does not take token and proof to another origin', async ({ cli }) => {
    answerToken(cli, 'bound-token', { token_type: 'DPoP' });
    cli.answer('GET', url, { status: 302, headers: { location: 'https://elsewhere.example.com/x' } });
    cli.answer('GET', 'https://elsewhere.example.com/x', { body: 'ok' });
    await cli.run(['call', url, '--dpop', '-L'], { env });
    const { headers } = cli.requests.at(-1) ?? {};
    expect(headers).not.toHaveProperty('authorization');
    expect(headers).not.toHaveProperty('dpop');
  });

  test('without the cache keeps the key for the run', async ({ cli }) => {
    answerToken(cli, 'bound-token', { token_type: 'DPoP' });
    cli.answer('GET', url, { body: 'ok' });
    expect(await cli.run(['call', url, '--dpop', '--no-cache'], { env })).toEqual(success('ok'));
    expect(proofs(cli).map(({ htm, ath }) => [htm, typeof ath])).toEqual([
      ['POST', 'undefined'],
      ['GET', 'string'],
    ]);
  });

  test('proves the possession of the key of an encrypted file', async ({ cli }) => {
    await cli.writeFile('key', encrypt(makeKey('ES256').pem, 'correct horse'));
    await cli.writeFile('password', 'correct horse\n');
    answerToken(cli, 'bound-token', { token_type: 'DPoP' });
    const args = ['token', '--dpop-key', 'key', '--pass-file', 'password'];
    expect(await cli.run(args, { env })).toEqual(success('bound-token\n'));
  });
});

test('a profile can ask for it', async ({ cli }) => {
  await cli.writeFile('config.toml', '[profiles.x]\ndpop = true\n');
  answerToken(cli, 'bound-token', { token_type: 'DPoP' });
  expect(await cli.run(['token', '--config', 'config.toml', '--profile', 'x'], { env })).toEqual(
    success('bound-token\n'),
  );
});

describe('verify --bound-to-key', () => {
  test.for<[string, object, boolean, string | undefined]>([
    ['this key', { cnf: { jkt } }, true, undefined],
    ['another key', { cnf: { jkt: 'x' } }, false, `the token is bound to another key: cnf.jkt is "x", not ${jkt}`],
    ['no key', {}, false, 'the token is bound to no key: it has no cnf.jkt'],
    ['a certificate', { cnf: { 'x5t#S256': 'x' } }, false, 'the token is bound to no key: it has no cnf.jkt'],
    ['null', { cnf: null }, false, 'the token is bound to no key: it has no cnf.jkt'],
  ])('of a token that is bound to %s', async ([, claims, ok, reason], { cli }) => {
    await cli.writeFile('jwks.json', JSON.stringify(jwks));
    await cli.writeFile('key', pem);
    const token = await signToken(claims);
    const args = ['verify', token, '--jwks', 'jwks.json', '--bound-to-key', 'key', '--json'];
    const { exitCode, stdout } = await cli.run(args);
    const { checks } = JSON.parse(stdout);
    expect(checks).toContainEqual({ check: 'cnf.jkt', ok, ...(reason === undefined ? {} : { reason }) });
    expect(exitCode).toBe(ok ? 0 : 5);
  });

  test('contradicts --signature-only', async ({ cli }) => {
    await cli.writeFile('key', pem);
    expect(await cli.run(['verify', 'x.y.z', '--bound-to-key', 'key', '--signature-only'])).toMatchObject({
      exitCode: 2,
      stderr: [
        'error[usage]: --bound-to-key and --signature-only are both given\n',
        '  hint:   what a token is bound to is a claim: leave --signature-only out\n',
      ].join(''),
    });
  });
});
