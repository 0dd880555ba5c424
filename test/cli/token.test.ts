import { describe, expect } from 'vitest';
import type { Cli } from '../support/run-in-process.ts';
import { test } from '../support/run-in-process.ts';
import { answerToken, basicCredentials, direct, failure, report, success, tokenEndpoint } from './support/scene.ts';
import { signToken } from './support/signing.ts';

const env = direct;

describe('the access token request', () => {
  test('is a POST of grant_type alone, authenticated by client_secret_basic, id and secret percent-encoded', async ({
    cli,
  }) => {
    answerToken(cli, 'abc');

    expect(await cli.run(['token'], { env })).toEqual(success('abc\n'));
    expect(cli.requests).toEqual([
      {
        method: 'POST',
        url: tokenEndpoint,
        headers: {
          accept: 'application/json',
          'accept-encoding': 'identity',
          authorization: basicCredentials,
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: 'grant_type=client_credentials',
      },
    ]);
  });

  test.for<[name: string, args: string[], parameters: string]>([
    ['one scope', ['--scope', 'api:read'], 'scope=api%3Aread'],
    ['several scopes in one value', ['--scope', 'a b'], 'scope=a+b'],
    ['several scopes in several options', ['--scope', 'a', '--scope', 'b'], 'scope=a+b'],
    ['each scope once', ['--scope', 'a b', '--scope', ' b  c '], 'scope=a+b+c'],
    ['every audience', ['--audience', 'one', '--audience', 'two'], 'audience=one&audience=two'],
    [
      'every resource',
      ['--resource', 'https://one.example', '--resource', 'urn:two'],
      'resource=https%3A%2F%2Fone.example&resource=urn%3Atwo',
    ],
    ['other parameters', ['--param', 'tenant=a=b', '--param', 'empty='], 'tenant=a%3Db&empty='],
  ])('carries %s', async ([, args, parameters], { cli }) => {
    answerToken(cli, 'abc');

    expect(await cli.run(['token', ...args], { env })).toEqual(success('abc\n'));
    expect(cli.requests[0]?.body).toBe(`grant_type=client_credentials&${parameters}`);
  });

  test('takes scope, audience and resource from the environment', async ({ cli }) => {
    answerToken(cli, 'abc');
    const asked = { CCGRANT_SCOPE: 'a b', CCGRANT_AUDIENCE: 'api', CCGRANT_RESOURCE: 'https://api.example.com' };

    expect(await cli.run(['token'], { env: { ...env, ...asked } })).toEqual(success('abc\n'));
    expect(cli.requests[0]?.body).toBe(
      'grant_type=client_credentials&scope=a+b&audience=api&resource=https%3A%2F%2Fapi.example.com',
    );
  });

  test('has the scopes of the options in place of those of the environment, and none with --no-scope', async ({
    cli,
  }) => {
    const scoped = { ...env, CCGRANT_SCOPE: 'from:env' };
    answerToken(cli, 'with');
    answerToken(cli, 'without');

    expect(await cli.run(['token', '--scope', 'from:option'], { env: scoped })).toEqual(success('with\n'));
    expect(await cli.run(['token', '--no-scope'], { env: scoped })).toEqual(success('without\n'));
    expect(cli.requests.map(({ body }) => body)).toEqual([
      'grant_type=client_credentials&scope=from%3Aoption',
      'grant_type=client_credentials',
    ]);
  });

  const noUri = {
    message: 'a resource is an absolute URI without a fragment',
    hint: 'for example https://api.example.com; for a plain name try --audience',
  };
  const noScope = { message: '--scope is empty', hint: 'to ask without a scope say --no-scope' };
  test.for<[name: string, args: string[], complaint: { message: string; hint?: string }]>([
    ['an empty scope', ['--scope', ''], noScope],
    ['a blank scope', ['--scope', '  '], noScope],
    ['a quoted scope', ['--scope', '"a"'], { message: '--scope holds a character that no scope may have' }],
    ['a resource that is no URI', ['--resource', 'my-api'], noUri],
    ['a resource with a fragment', ['--resource', 'https://api.example.com/#a'], noUri],
    ['a parameter without a value', ['--param', 'tenant'], { message: '--param takes NAME=VALUE' }],
    [
      'another grant type',
      ['--param', 'grant_type=password'],
      { message: '--param cannot set grant_type', hint: 'ccgrant asks for client_credentials only' },
    ],
    ['the scope as a parameter', ['--param', 'scope=a'], { message: '--param cannot set scope', hint: 'say --scope' }],
    [
      'the secret as a parameter',
      ['--param', 'client_secret=hunter22'],
      { message: '--param cannot set client_secret', hint: 'say --client-secret-file' },
    ],
  ])('is not made for %s', async ([, args, { message, ...hint }], { cli }) => {
    expect(await cli.run(['token', ...args], { env })).toEqual(failure(2, report('usage', message, hint)));
  });
});

describe('the formats of a token', () => {
  test.for<[name: string, args: string[], stdout: string]>([
    ['the bare token', [], 'abc\n'],
    ['the bare token by name', ['--format', 'token'], 'abc\n'],
    ['a header', ['--format', 'header'], 'Authorization: Bearer abc\n'],
    ['a line for the shell', ['--format', 'env'], "export CCGRANT_ACCESS_TOKEN='abc'\n"],
  ])('are %s', async ([, args, stdout], { cli }) => {
    answerToken(cli, 'abc', { token_type: 'bearer' });

    expect(await cli.run(['token', ...args], { env })).toEqual(success(stdout));
  });

  test.for([['--format', 'json'], ['--format=json'], ['--json']])(
    'have JSON with all that the server said, the times, and whether the token was there already: %s',
    async (args, { cli }) => {
      answerToken(cli, 'abc', { scope: 'a', from_cache: 'theirs', expires_at: 'theirs', refresh_expires_in: 0 });
      const first = await cli.run(['token', ...args], { env });
      cli.now += 100_000;
      const second = await cli.run(['token', ...args], { env });

      const members = {
        access_token: 'abc',
        token_type: 'Bearer',
        scope: 'a',
        refresh_expires_in: 0,
        expires_at: '2026-01-01T00:05:00Z',
        expires_on: 1767225900,
      };
      expect([first, second].map(({ stdout, ...rest }) => ({ ...rest, document: JSON.parse(stdout) }))).toEqual([
        { exitCode: 0, stderr: '', document: { ...members, expires_in: 300, from_cache: false } },
        { exitCode: 0, stderr: '', document: { ...members, expires_in: 200, from_cache: true } },
      ]);
      expect(first.stdout.endsWith('}\n')).toBe(true);
    },
  );

  test.for<[name: string, variables: Record<string, string>, apiVersion: string]>([
    ['in its first stable version', {}, 'client.authentication.k8s.io/v1'],
    [
      'in the version that kubectl asks for',
      { KUBERNETES_EXEC_INFO: '{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential"}' },
      'client.authentication.k8s.io/v1beta1',
    ],
  ])(
    'have an ExecCredential for kubectl %s, that ends before the token does',
    async ([, variables, apiVersion], { cli }) => {
      answerToken(cli, 'abc');
      const { stdout, ...rest } = await cli.run(['token', '--format', 'exec-credential'], {
        env: { ...env, ...variables },
      });

      const document = JSON.parse(stdout);
      expect({ ...rest, document }).toEqual({
        exitCode: 0,
        stderr: '',
        document: {
          apiVersion,
          kind: 'ExecCredential',
          status: { token: 'abc', expirationTimestamp: expect.stringMatching(/^2026-01-01T00:04:\d\dZ$/) },
        },
      });
    },
  );

  test('quote what the shell would take for the end of the token', async ({ cli }) => {
    answerToken(cli, "a'b");

    expect(await cli.run(['token', '--format', 'env'], { env })).toEqual(
      success("export CCGRANT_ACCESS_TOKEN='a'\\''b'\n"),
    );
  });

  test('do not include others', async ({ cli }) => {
    expect(await cli.run(['token', '--format', 'xml'], { env })).toEqual(
      failure(2, report('usage', '--format takes one of token, header, json, env, exec-credential')),
    );
  });
});

describe('the lifetime of a token', () => {
  async function expiry(cli: Cli): Promise<unknown> {
    const { stdout } = await cli.run(['token', '--format', 'json'], { env });
    const { expires_in, expires_on } = JSON.parse(stdout);
    return { expires_in, expires_on };
  }

  test('may be a string of digits', async ({ cli }) => {
    answerToken(cli, 'abc', { expires_in: '3599' });

    expect(await expiry(cli)).toEqual({ expires_in: 3599, expires_on: 1767229199 });
  });

  test('is the exp of a JWT where the server does not say', async ({ cli }) => {
    answerToken(cli, await signToken(), { expires_in: undefined });

    expect(await expiry(cli)).toEqual({ expires_in: 290, expires_on: 1767225890 });
  });

  test('is unknown of an opaque token where the server does not say, and the token is not cached', async ({ cli }) => {
    answerToken(cli, 'abc', { expires_in: undefined }, { times: 2 });

    expect(await expiry(cli)).toEqual({ expires_in: undefined, expires_on: undefined });
    expect(await cli.run(['token'], { env })).toEqual(success('abc\n'));
  });
});

test('token never touches standard input unasked', async ({ cli }) => {
  answerToken(cli, 'abc');

  // By default standard input is a pipe that fails whoever reads it.
  expect(await cli.run(['token'], { env })).toEqual(success('abc\n'));
});

test('token takes no argument', async ({ cli }) => {
  const { stderr, ...rest } = await cli.run(['token', 'hunter22'], { env });

  expect(rest).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toMatch(/^error\[usage\]: too many arguments for ccgrant token\n/);
  expect(stderr).not.toContain('hunter22');
});
