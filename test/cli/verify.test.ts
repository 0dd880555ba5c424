import { createHmac, generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { Cli, CliResult } from '../support/run-in-process.ts';
import { test } from '../support/run-in-process.ts';
import {
  answerMetadata,
  client,
  direct,
  failure,
  introspectionEndpoint,
  issuer,
  jwksUri,
  metadataUrl,
  report,
} from './support/scene.ts';
import { base64url, claims, forgeToken, jwk, jwks, signToken } from './support/signing.ts';

const header = { alg: 'ES256', typ: 'at+jwt', kid: 'key-1' };

/** The result of verifying against the issuer's keys, metadata and JWKS agreed on, as JSON. */
async function verify(cli: Cli, token: string, args: string[] = []): Promise<Verified> {
  answerMetadata(cli);
  cli.answer('GET', jwksUri, { json: jwks });
  return parsed(await cli.run(['verify', '--json', '--issuer', issuer, ...args, token]));
}

/** The same against the key in a file, which asks nobody. */
async function verifyOffline(cli: Cli, token: string, args: string[] = []): Promise<Verified> {
  await cli.writeFile('keys.json', JSON.stringify(jwks));
  return parsed(await cli.run(['verify', '--json', '--jwks', 'keys.json', ...args, token]));
}

interface Verified {
  readonly exitCode: number;
  readonly stderr: string;
  readonly document: {
    readonly valid: boolean;
    readonly checks: readonly { readonly check: string; readonly ok: boolean | null; readonly reason?: string }[];
    readonly header?: object;
    readonly payload?: object;
  };
}

function parsed({ exitCode, stdout, stderr }: CliResult): Verified {
  return { exitCode, stderr, document: JSON.parse(stdout) };
}

/** The verdicts by the name of the check. */
function verdicts({ document }: Verified): Record<string, boolean | null> {
  return Object.fromEntries(document.checks.map(({ check, ok }) => [check, ok]));
}

function failed({ document }: Verified): string[] {
  return document.checks.filter(({ ok }) => ok === false).map(({ check }) => check);
}

describe('verify', () => {
  test('passes a token by the issuer with every claim as it should be', async ({ cli }) => {
    const result = await verify(cli, await signToken(), ['--audience', 'my-api', '--scope', 'api:read']);

    expect(result).toEqual({
      exitCode: 0,
      stderr: '',
      document: {
        valid: true,
        checks: ['alg', 'signature', 'typ', 'iss', 'aud', 'exp', 'nbf', 'iat', 'scope'].map((check) => ({
          check,
          ok: true,
        })),
        header,
        payload: claims,
      },
    });
    expect(cli.requests.map(({ url }) => url)).toEqual([metadataUrl, jwksUri]);
  });

  test('says in one note what it did not check', async ({ cli }) => {
    const result = await verifyOffline(cli, await signToken());

    expect(result).toMatchObject({
      exitCode: 0,
      stderr: 'not checked: iss (no --issuer given), aud (no --audience given), scope (no --scope given)\n',
    });
    expect(verdicts(result)).toMatchObject({ iss: null, aud: null, scope: null, exp: true });
    expect(result.document.valid).toBe(true);
  });

  test('needs no client, whatever is said of one', async ({ cli }) => {
    await cli.writeFile('keys.json', JSON.stringify(jwks));
    const env = { CCGRANT_CLIENT_SECRET: 'one', CCGRANT_CLIENT_SECRET_FILE: 'two', CCGRANT_AUTH_METHOD: 'odd' };
    const args = ['verify', '-q', '--jwks', 'keys.json', await signToken()];
    expect(await cli.run(args, { env })).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await cli.run([...args, '--introspect'], { env })).toMatchObject({ exitCode: 2 });
  });

  test('reads well for a person', async ({ cli }) => {
    await cli.writeFile('keys.json', JSON.stringify(jwks));
    const token = await signToken({ iat: undefined, jti: undefined });

    expect(await cli.run(['verify', '--jwks', 'keys.json', '--audience', 'my-api', '-q', token])).toEqual({
      exitCode: 0,
      stdout: `valid
  alg       ok
  signature ok
  typ       ok
  iss       not checked  no --issuer given
  aud       ok
  exp       ok
  nbf       ok
  iat       ok
  scope     not checked  no --scope given
claims
{
  "iss": "https://as.example.com",
  "sub": "ci-bot",
  "client_id": "ci-bot",
  "aud": "my-api",
  "scope": "api:read api:write",
  "exp": 1767225890  // 2026-01-01T00:04:50Z, in 4 minutes 50 seconds
}
`,
      stderr: '',
    });
  });

  test('lists every failure, not just the first, with exit code 5', async ({ cli }) => {
    const token = await signToken({ iss: 'https://evil.example', aud: ['other'], exp: 1767225000, nbf: 1767229200 });
    const result = await verify(cli, token, ['--audience', 'my-api', '--scope', 'api:admin']);

    expect(result.exitCode).toBe(5);
    expect(failed(result)).toEqual(['iss', 'aud', 'exp', 'nbf', 'scope']);
    expect(result.document.valid).toBe(false);
    expect(result.document.payload).toMatchObject({ iss: 'https://evil.example' });
    const error = JSON.parse(result.stderr).error;
    expect(error.code).toBe('token_not_valid');
    for (const part of ['https://evil.example', 'my-api', 'expired 2025-12-31T23:50:00Z', 'api:admin'])
      expect(error.message).toContain(part);
  });

  test('shows nothing of the payload unless the signature holds', async ({ cli }) => {
    const result = await verify(cli, await forgeToken());

    expect(result.exitCode).toBe(5);
    expect(verdicts(result)).toMatchObject({ signature: false, iss: null, exp: null });
    expect(result.document).not.toHaveProperty('payload');
    await cli.writeFile('keys.json', JSON.stringify(jwks));
    const forPeople = await cli.run(['verify', '--jwks', 'keys.json', await forgeToken()]);
    expect(forPeople.exitCode).toBe(5);
    expect(forPeople.stdout).toMatch(/^NOT VALID\n/);
    expect(forPeople.stdout).not.toContain('ci-bot');
  });

  test('has its result on standard output and the failure on standard error', async ({ cli }) => {
    await cli.writeFile('keys.json', JSON.stringify(jwks));

    expect(await cli.run(['verify', '--jwks', 'keys.json', await signToken({ exp: 1767225000 })])).toMatchObject({
      exitCode: 5,
      stdout: expect.stringContaining('  exp       FAILED  expired 2025-12-31T23:50:00Z\n'),
      stderr: 'error[token_not_valid]: the token is not valid: expired 2025-12-31T23:50:00Z\n',
    });
  });
});

describe('a claim check of verify', () => {
  const now = 1_767_225_600;

  test.for<[name: string, claims: object, args: string[], check: string, ok: boolean]>([
    ['aud as an array that holds it', { aud: ['a', 'my-api'] }, ['--audience', 'my-api'], 'aud', true],
    ['aud that holds one of two', { aud: ['a'] }, ['--audience', 'a', '--audience', 'b'], 'aud', false],
    ['no aud', { aud: undefined }, ['--audience', 'a'], 'aud', false],
    ['a part of aud', { aud: 'my-api-2' }, ['--audience', 'my-api'], 'aud', false],
    ['no exp', { exp: undefined }, [], 'exp', false],
    ['exp as a string', { exp: '1767225900' }, [], 'exp', false],
    ['exp a minute ago, less a second', { exp: now - 59 }, [], 'exp', true],
    ['exp a minute ago', { exp: now - 60 }, [], 'exp', false],
    ['exp now without leeway', { exp: now }, ['--leeway', '0'], 'exp', false],
    ['exp in a second without leeway', { exp: now + 1 }, ['--leeway', '0s'], 'exp', true],
    ['exp five minutes ago with as much leeway', { exp: now - 299 }, ['--leeway', '5m'], 'exp', true],
    ['nbf within the leeway', { nbf: now + 60 }, [], 'nbf', true],
    ['nbf beyond it', { nbf: now + 61 }, [], 'nbf', false],
    ['iat in the future', { iat: now + 61 }, [], 'iat', false],
    ['iat younger than --max-age', { iat: now - 600 }, ['--max-age', '9m'], 'iat', true],
    ['iat older than --max-age', { iat: now - 601 }, ['--max-age', '9m'], 'iat', false],
    ['no iat with --max-age', { iat: undefined }, ['--max-age', '1h'], 'iat', false],
    ['every scope', {}, ['--scope', 'api:read', '--scope', 'api:write'], 'scope', true],
    ['every scope in one value', {}, ['--scope', 'api:write api:read'], 'scope', true],
    ['one scope of two', {}, ['--scope', 'api:read api:admin'], 'scope', false],
    ['a part of a scope', {}, ['--scope', 'api'], 'scope', false],
    ['scp as an array', { scope: undefined, scp: ['a', 'b'] }, ['--scope', 'b'], 'scope', true],
    ['roles of Entra', { scope: undefined, roles: ['Api.Read'] }, ['--scope', 'Api.Read'], 'scope', true],
  ])('takes %s', async ([, members, args, check, ok], { cli }) => {
    const result = await verifyOffline(cli, await signToken(members), args);

    expect(verdicts(result)[check]).toBe(ok);
    expect(result.exitCode).toBe(ok ? 0 : 5);
  });

  test.for<[typ: string | undefined, args: string[], ok: boolean]>([
    ['at+jwt', [], true],
    ['application/at+jwt', [], true],
    ['JWT', [], true],
    [undefined, [], true],
    ['logout+jwt', [], false],
    ['AT+JWT', ['--typ', 'at+jwt'], true],
    ['JWT', ['--typ', 'at+jwt'], false],
    ['logout+jwt', ['--typ', 'logout+jwt'], true],
    [undefined, ['--typ', 'at+jwt'], false],
    ['JWT', ['--at-jwt'], false],
    ['at+jwt', ['--at-jwt'], true],
  ])('takes typ %s with %s', async ([typ, args, ok], { cli }) => {
    const result = await verifyOffline(cli, await signToken({}, { typ }), args);

    expect(verdicts(result).typ).toBe(ok);
    expect(result.exitCode).toBe(ok ? 0 : 5);
  });

  test('asks for all of RFC 9068 with --at-jwt', async ({ cli }) => {
    const result = await verifyOffline(cli, await signToken({ jti: undefined, client_id: undefined }), ['--at-jwt']);

    expect(result.exitCode).toBe(5);
    const reasons = result.document.checks.flatMap(({ ok, reason }) => (ok === false ? [reason] : []));
    expect(reasons.join()).toMatch(/client_id.*jti|jti.*client_id/);
  });

  test.for<[args: string[], variables: Record<string, string>]>([
    [[], { CCGRANT_SCOPE: 'api:admin', CCGRANT_AUDIENCE: 'other', CCGRANT_RESOURCE: 'urn:other' }],
    [['--profile', 'dev'], {}],
  ])('never comes from the environment or a profile: %s %s', async ([args, variables], { cli }) => {
    await cli.writeFile('keys.json', JSON.stringify(jwks));
    const config = await cli.writeFile('config.toml', '[profiles.dev]\nscope = "api:admin"\naudience = "other"\n');

    const result = parsed(
      await cli.run(['verify', '--json', '--jwks', 'keys.json', ...args, await signToken()], {
        env: { ...variables, CCGRANT_CONFIG: config },
      }),
    );
    expect(result.exitCode).toBe(0);
    expect(verdicts(result)).toMatchObject({ aud: null, scope: null });
  });

  test('compares the issuer of the environment', async ({ cli }) => {
    await cli.writeFile('keys.json', JSON.stringify(jwks));

    const result = parsed(
      await cli.run(['verify', '--json', '--jwks', 'keys.json', await signToken({ iss: `${issuer}/` })], {
        env: { CCGRANT_ISSUER: issuer },
      }),
    );
    expect(result.exitCode).toBe(5);
    expect(failed(result)).toEqual(['iss']);
  });

  test('is left out with --signature-only, where the payload may be anything', async ({ cli }) => {
    const result = await verifyOffline(cli, await signToken({ exp: 1 }, { typ: 'x' }), ['--signature-only']);

    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(verdicts(result)).toEqual({ alg: true, signature: true });
  });

  test.for<[option: string, value: string, message: string]>([
    ['--leeway', '301', '--leeway is more than 300 s'],
    ['--leeway', '6m', '--leeway is more than 300 s'],
    ['--leeway', '-1', '--leeway takes a duration'],
    ['--max-age', 'long', '--max-age takes a duration'],
    ['--alg', 'none', '--alg none is not known'],
    ['--alg', 'ES256,RS257', '--alg RS257 is not known'],
  ])('with %s %s exits 2', async ([option, value, message], { cli }) => {
    const { exitCode, stdout, stderr } = await cli.run(['verify', option, value, 'a.b.c'], { env: direct });

    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr.split('\n')[0]).toBe(`error[usage]: ${message}`);
  });
});

describe('the signature check of verify', () => {
  test.for<[name: string, header: object, args: string[], check: string]>([
    ['an algorithm that is not allowed', {}, ['--alg', 'RS256,PS256'], 'alg'],
    ['a key ID that nobody knows', { kid: 'key-2' }, [], 'signature'],
  ])('fails for %s', async ([, members, args, check], { cli }) => {
    const result = await verifyOffline(cli, await signToken({}, members), args);

    expect(result.exitCode).toBe(5);
    expect(failed(result)).toEqual([check]);
  });

  test('passes an algorithm that is allowed', async ({ cli }) => {
    expect(await verifyOffline(cli, await signToken(), ['--alg', 'RS256, ES256'])).toMatchObject({ exitCode: 0 });
  });

  test('fails for a header that demands an extension', async ({ cli }) => {
    const parts = (await signToken()).split('.');
    const token = [base64url('{"alg":"ES256","crit":["exp"],"exp":1}'), ...parts.slice(1)].join('.');

    const result = await verifyOffline(cli, token);
    expect(result.exitCode).toBe(5);
    expect(failed(result)).toEqual(['crit']);
  });

  test.for(['none', 'None', 'nOnE'])('fails for alg %s', async (alg, { cli }) => {
    const token = `${base64url(JSON.stringify({ alg }))}.${base64url(JSON.stringify(claims))}.`;

    const result = await verifyOffline(cli, token);
    expect(result.exitCode).toBe(5);
    expect(failed(result)).toEqual(['alg']);
    expect(result.document).not.toHaveProperty('payload');
  });

  test('fails for HS256 keyed with the public key', async ({ cli }) => {
    const content = `${base64url('{"alg":"HS256","kid":"key-1"}')}.${base64url(JSON.stringify(claims))}`;
    const signature = createHmac('sha256', JSON.stringify(jwk)).update(content).digest('base64url');

    const result = await verifyOffline(cli, `${content}.${signature}`);
    expect(result.exitCode).toBe(5);
    expect(failed(result)).toEqual(['alg']);
  });

  test('asks for newer keys once when the key ID is unknown, and exits 5 when it stays so', async ({ cli }) => {
    answerMetadata(cli);
    cli.answer('GET', jwksUri, { json: { keys: [{ ...jwk, kid: 'old' }] } });
    expect(await cli.run(['verify', '--issuer', issuer, await signToken({}, { kid: 'old' })])).toMatchObject({
      exitCode: 0,
    });

    cli.answer('GET', jwksUri, { json: jwks });
    expect(await cli.run(['verify', '--issuer', issuer, await signToken()])).toMatchObject({ exitCode: 0 });
    expect(cli.requests).toHaveLength(3);

    cli.answer('GET', jwksUri, { json: jwks });
    expect(await cli.run(['verify', '--issuer', issuer, await signToken({}, { kid: 'nobody' })])).toMatchObject({
      exitCode: 5,
    });
    expect(cli.requests).toHaveLength(4);
  });

  test('takes no key and no URL from the token', async ({ cli }) => {
    expect(await verify(cli, await signToken())).toMatchObject({ exitCode: 0 });
    const evil = 'https://evil.example/jwks';
    const parameters = { jku: evil, x5u: evil, jwk: { ...jwk, kid: 'key-2' }, kid: 'key-2' };

    cli.answer('GET', jwksUri, { json: jwks });
    const token = await signToken({ iss: 'https://evil.example' }, parameters);
    const result = parsed(await cli.run(['verify', '--json', '--issuer', issuer, token]));
    expect(result.exitCode).toBe(5);
    expect(failed(result)).toEqual(['signature']);
    expect(cli.requests.map(({ url }) => url)).toEqual([metadataUrl, jwksUri, jwksUri]);
  });
});

describe('the keys of verify', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });

  test('come from --jwks-uri without any issuer', async ({ cli }) => {
    cli.answer('GET', 'https://keys.example.com/jwks', { json: jwks });

    expect(
      await cli.run(['verify', '-q', '--jwks-uri', 'https://keys.example.com/jwks', await signToken()]),
    ).toMatchObject({ exitCode: 0, stderr: '' });
    expect(cli.requests).toHaveLength(1);
  });

  test('are asked for again only after ten minutes', async ({ cli }) => {
    cli.answer('GET', jwksUri, { json: jwks, times: 2 });
    const token = await signToken({ exp: 1767225600 + 7200 });
    const run = (): Promise<CliResult> => cli.run(['verify', '-q', '--jwks-uri', jwksUri, token]);

    expect(await run()).toMatchObject({ exitCode: 0 });
    cli.now += 599_000;
    expect(await run()).toMatchObject({ exitCode: 0 });
    expect(cli.requests).toHaveLength(1);
    cli.now += 1_000;
    expect(await run()).toMatchObject({ exitCode: 0 });
  });

  test.for(['--fresh', '--no-cache'])('are asked for each time with %s', async (option, { cli }) => {
    cli.answer('GET', jwksUri, { json: jwks, times: 2 });

    for (let runs = 0; runs < 2; runs += 1) {
      expect(await cli.run(['verify', '-q', option, '--jwks-uri', jwksUri, await signToken()])).toMatchObject({
        exitCode: 0,
      });
    }
  });

  test.for<[name: string, content: () => string]>([
    ['a JWK Set', () => JSON.stringify(jwks)],
    ['one JWK', () => JSON.stringify(jwk)],
    ['a byte order mark before it', () => `\ufeff${JSON.stringify(jwk)}`],
  ])('come from a file that holds %s', async ([, content], { cli }) => {
    await cli.writeFile('keys', content());

    expect(await cli.run(['verify', '-q', '--jwks', 'keys', await signToken()])).toMatchObject({ exitCode: 0 });
  });

  test('come from a PEM file, whatever kid the token names', async ({ cli }) => {
    const { SignJWT } = await import('jose');
    await cli.writeFile('key.pem', rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString());
    const token = await new SignJWT({ exp: 1767225900 })
      .setProtectedHeader({ alg: 'PS256', kid: 'any' })
      .sign(rsa.privateKey);

    expect(await cli.run(['verify', '-q', '--jwks', 'key.pem', token])).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test.for<[name: string, content: string | undefined, message: string]>([
    ['is not there', undefined, 'does not exist'],
    ['is empty', '', 'holds no public key'],
    ['holds something else', 'hello', 'holds no public key'],
    ['holds a shared secret', '{"kty":"oct","k":"aHVudGVyMjI"}', '--verify-secret-file'],
    ['holds a broken PEM', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n', 'holds no readable PEM'],
    ['holds a private key', rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 'holds a private key'],
    [
      'holds a private key among others',
      JSON.stringify({ keys: [jwks.keys[0], { ...jwks.keys[0], d: 'AQAB' }] }),
      'holds a private key',
    ],
  ])('exit 2 where the file %s', async ([, content, message], { cli }) => {
    if (content !== undefined) await cli.writeFile('keys', content);

    const { exitCode, stdout, stderr } = await cli.run(['verify', '--jwks', 'keys', await signToken()]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error\[file_unusable\]: /);
    expect(stderr).toContain(message);
  });

  test.for(['--jwks', '--verify-secret-file', '--bound-to-cert', '--bound-to-key'])(
    'exit 2 where the file of %s is not there, which is named by both',
    async (option, { cli }) => {
      expect(await cli.run(['verify', option, 'nowhere', await signToken()])).toMatchObject(
        failure(2, report('file_unusable', `${join(cli.directory, 'nowhere')} (${option}) does not exist`)),
      );
    },
  );

  test('have to be named', async ({ cli }) => {
    expect(await cli.run(['verify', await signToken()])).toEqual(
      failure(
        2,
        report('missing_setting', 'nothing says where the keys are', {
          hint: 'give --issuer URL, --jwks-uri URL, --jwks FILE or --verify-secret-file FILE',
        }),
      ),
    );
  });

  test.for<[name: string, answer: object, exitCode: number, word: string]>([
    ['cannot be had', { status: 404 }, 4, 'jwks_unavailable'],
    ['are no JWK Set', { json: { nope: [] } }, 3, 'invalid_response'],
    ['are HTML', { body: '<html>' }, 3, 'invalid_response'],
  ])('exit with their own code when they %s', async ([, answer, exitCode, word], { cli }) => {
    cli.answer('GET', jwksUri, answer);

    const result = await cli.run(['verify', '--jwks-uri', jwksUri, await signToken()]);
    expect(result).toMatchObject({ exitCode, stdout: '' });
    expect(result.stderr).toMatch(new RegExp(`^error\\[${word}\\]: `));
  });

  describe('for HS256', () => {
    const secret = 'a shared secret of at least 32 bytes';
    const content = `${base64url('{"alg":"HS256"}')}.${base64url('{"exp":1767225900}')}`;
    const token = `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`;

    test.for<[name: string, file: string]>([
      ['bare bytes', secret],
      ['bare bytes and a newline', `${secret}\n`],
      ['bare bytes and a newline of Windows', `${secret}\r\n`],
      ['a JWK', JSON.stringify({ kty: 'oct', k: base64url(secret) })],
    ])('are a secret file of %s', async ([, file], { cli }) => {
      await cli.writeFile('shared.txt', file);

      expect(await cli.run(['verify', '-q', '--verify-secret-file', 'shared.txt', token])).toMatchObject({
        exitCode: 0,
        stderr: '',
      });
    });

    test('are standard input where the token is an argument', async ({ cli }) => {
      expect(await cli.run(['verify', '-q', '--verify-secret-file', '-', token], { stdin: secret })).toMatchObject({
        exitCode: 0,
      });
    });

    test('must be as long as the hash', async ({ cli }) => {
      await cli.writeFile('shared.txt', 'short');

      const { exitCode, stdout } = await cli.run(['verify', '--verify-secret-file', 'shared.txt', token]);
      expect(exitCode).toBe(5);
      expect(stdout).toContain('the secret has 5 bytes, fewer than the 32 that HS256 needs');
    });

    test('never come from a JWK Set', async ({ cli }) => {
      const keys = { keys: [{ kty: 'oct', k: base64url(secret) }, jwk] };
      await cli.writeFile('keys', JSON.stringify(keys));
      cli.answer('GET', jwksUri, { json: keys });

      expect(await cli.run(['verify', '--jwks', 'keys', token])).toMatchObject({ exitCode: 5 });
      expect(await cli.run(['verify', '--jwks-uri', jwksUri, token])).toMatchObject({ exitCode: 5 });
    });

    test('never serve a token that is signed by a key pair', async ({ cli }) => {
      await cli.writeFile('shared.txt', secret);

      expect(await cli.run(['verify', '--verify-secret-file', 'shared.txt', await signToken()])).toMatchObject({
        exitCode: 5,
      });
    });

    test('are not given together with public ones', async ({ cli }) => {
      const { exitCode, stderr } = await cli.run(['verify', '--verify-secret-file', 'a', '--jwks', 'b', token]);

      expect(exitCode).toBe(2);
      expect(stderr).toMatch(/^error\[usage\]: --jwks and --verify-secret-file are both given\n/);
    });

    test.for<[name: string, content: string | undefined]>([
      ['is not there', undefined],
      ['is empty', ''],
      ['is a newline', '\n'],
    ])('exit 2 where the file %s', async ([, file], { cli }) => {
      if (file !== undefined) await cli.writeFile('shared.txt', file);

      const { exitCode, stdout, stderr } = await cli.run(['verify', '--verify-secret-file', 'shared.txt', token]);
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
      expect(stderr).toMatch(/^error\[(file|secret)_unusable\]: /);
    });
  });
});

describe('what is no signed JWT', () => {
  test.for<[name: string, token: string]>([
    ['an opaque token', '2YotnFZFEjr1zCsicMWpAA'],
    ['an encrypted token', `${base64url('{"alg":"dir","enc":"A256GCM"}')}..aXY.dGV4dA.dGFn`],
  ])('exits 5: %s', async ([, token], { cli }) => {
    const result = parsed(await cli.run(['verify', '--json', '--jwks-uri', jwksUri, token]));

    expect(result.exitCode).toBe(5);
    expect(result.document).toMatchObject({ valid: false });
    expect(result.document).not.toHaveProperty('payload');
    expect(JSON.parse(result.stderr)).toMatchObject({ error: { code: 'token_not_valid' } });
    expect(cli.requests).toEqual([]);
  });
});

describe('verify --introspect', () => {
  test.for<[active: boolean, exitCode: number]>([
    [true, 0],
    [false, 5],
  ])('also asks the server: active %s', async ([active, exitCode], { cli }) => {
    cli.answer('POST', introspectionEndpoint, { json: { active } });
    await cli.writeFile('keys.json', JSON.stringify(jwks));

    const result = parsed(
      await cli.run(['verify', '--json', '--introspect', '--jwks', 'keys.json', await signToken()], { env: direct }),
    );
    expect(result).toMatchObject({ exitCode, document: { valid: active } });
    expect(verdicts(result)).toMatchObject({ signature: true, active });
  });

  test('does not ask about a token that is no good anyway', async ({ cli }) => {
    await cli.writeFile('keys.json', JSON.stringify(jwks));

    expect(
      await cli.run(['verify', '--introspect', '--jwks', 'keys.json', await forgeToken()], { env: direct }),
    ).toMatchObject({ exitCode: 5 });
    expect(cli.requests).toEqual([]);
  });

  test('needs a client', async ({ cli }) => {
    await cli.writeFile('keys.json', JSON.stringify(jwks));
    const { CCGRANT_CLIENT_ID: _, ...nobody } = { ...client, CCGRANT_INTROSPECTION_ENDPOINT: introspectionEndpoint };

    const { exitCode, stderr } = await cli.run(['verify', '--introspect', '--jwks', 'keys.json', await signToken()], {
      env: nobody,
    });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^error\[missing_setting\]: no client id/m);
  });
});
