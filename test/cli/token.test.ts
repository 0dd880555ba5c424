import { once } from 'node:events';
import { lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { Cli } from '../support/run-in-process.ts';
import { test } from '../support/run-in-process.ts';
import {
  answerMetadata,
  answerToken,
  basicCredentials,
  byIssuer,
  direct,
  failure,
  issuer,
  metadata,
  metadataUrl,
  report,
  secret,
  success,
  tokenEndpoint,
} from './support/scene.ts';
import { signToken } from './support/signing.ts';

const env = direct;
const { CCGRANT_CLIENT_SECRET: _, ...withoutSecret } = env;

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

describe('client authentication', () => {
  test.for<[name: string, args: string[], authorization: string | undefined, parameters: string]>([
    ['client_secret_basic', ['--auth-method', 'client_secret_basic'], basicCredentials, ''],
    ['client_secret_basic, raw', ['--basic-encoding', 'raw'], `Basic ${btoa(`ci-bot:${secret}`)}`, ''],
    [
      'client_secret_post',
      ['--auth-method', 'client_secret_post'],
      undefined,
      '&client_id=ci-bot&client_secret=S3cr3t%2F%2B%3D%25%22',
    ],
    ['none', ['--auth-method', 'none'], undefined, '&client_id=ci-bot'],
  ])('can be %s', async ([, args, authorization, parameters], { cli }) => {
    answerToken(cli, 'abc');

    expect(await cli.run(['token', ...args], { env })).toEqual(success('abc\n'));
    expect(cli.requests[0]?.headers.authorization).toBe(authorization);
    expect(cli.requests[0]?.body).toBe(`grant_type=client_credentials${parameters}`);
  });

  test('by none needs no secret', async ({ cli }) => {
    answerToken(cli, 'abc');

    expect(await cli.run(['token'], { env: { ...withoutSecret, CCGRANT_AUTH_METHOD: 'none' } })).toEqual(
      success('abc\n'),
    );
  });

  test.for<[listed: string[] | undefined, authorization: string | undefined]>([
    [undefined, basicCredentials],
    [['client_secret_post', 'client_secret_basic'], basicCredentials],
    [['none', 'private_key_jwt', 'client_secret_post'], undefined],
  ])('is chosen by what the metadata lists, whatever comes first: %s', async ([listed, authorization], { cli }) => {
    answerMetadata(cli, listed && { token_endpoint_auth_methods_supported: listed });
    answerToken(cli, 'abc');

    expect(await cli.run(['token'], { env: byIssuer })).toEqual(success('abc\n'));
    expect(cli.requests[1]?.headers.authorization).toBe(authorization);
  });

  test('fails where the server lists no method that a secret is good for', async ({ cli }) => {
    answerMetadata(cli, { token_endpoint_auth_methods_supported: ['private_key_jwt'] });

    expect(await cli.run(['token'], { env: byIssuer })).toEqual(
      failure(
        2,
        report('missing_setting', 'this server takes no client secret: it lists private_key_jwt', {
          hint: 'to try all the same say --auth-method client_secret_basic',
        }),
      ),
    );
  });

  test('takes the secret from a file, whoever names it, and from standard input', async ({ cli }) => {
    await cli.writeFile('secret.txt', `${secret}\n`);
    answerToken(cli, 'abc', {}, { times: 3 });

    expect([
      await cli.run(['token', '--no-cache', '--client-secret-file', 'secret.txt'], { env: withoutSecret }),
      await cli.run(['token', '--no-cache'], { env: { ...withoutSecret, CCGRANT_CLIENT_SECRET_FILE: 'secret.txt' } }),
      await cli.run(['token', '--no-cache', '--client-secret-file', '-'], {
        env: withoutSecret,
        stdin: `${secret}\r\n`,
      }),
    ]).toEqual([success('abc\n'), success('abc\n'), success('abc\n')]);
    expect(new Set(cli.requests.map(({ headers }) => headers.authorization))).toEqual(new Set([basicCredentials]));
  });

  test.for<[name: string, env: Record<string, string>, missing: string, ways: string[]]>([
    ['a client id', { ...env, CCGRANT_CLIENT_ID: '' }, 'no client id', ['--client-id', 'CCGRANT_CLIENT_ID']],
    [
      'a secret',
      withoutSecret,
      'no client secret',
      ['--client-secret-file', 'CCGRANT_CLIENT_SECRET_FILE', 'CCGRANT_CLIENT_SECRET', '--auth-method none'],
    ],
    [
      'both',
      { CCGRANT_TOKEN_ENDPOINT: tokenEndpoint },
      'no client id, no client secret',
      ['--client-id', '--client-secret-file'],
    ],
  ])('without %s says all that is missing, and the ways to give it', async ([, variables, missing, ways], { cli }) => {
    const { stderr, ...rest } = await cli.run(['token'], { env: variables });

    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    const [message, hint] = stderr.split('\n');
    expect(message).toBe(`error[missing_setting]: ${missing}`);
    for (const way of ways) expect(hint).toContain(way);
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

describe('token --out', () => {
  test('writes the file and nothing to standard output', async ({ cli }) => {
    answerToken(cli, 'abc');

    expect(await cli.run(['token', '--out', 'token.txt'], { env })).toEqual(success(''));
    expect(await readFile(join(cli.directory, 'token.txt'), 'utf8')).toBe('abc\n');
    expect((await stat(join(cli.directory, 'token.txt'))).mode & 0o777).toBe(0o600);
  });

  test('writes any format', async ({ cli }) => {
    answerToken(cli, 'abc');

    expect(await cli.run(['token', '--format', 'header', '--out', 'token.txt'], { env })).toEqual(success(''));
    expect(await readFile(join(cli.directory, 'token.txt'), 'utf8')).toBe('Authorization: Bearer abc\n');
  });

  test('replaces a file that others can read by one that they cannot, and leaves nothing else behind', async ({
    cli,
  }) => {
    await writeFile(join(cli.directory, 'token.txt'), 'old', { mode: 0o644 });
    answerToken(cli, 'abc');

    expect(await cli.run(['token', '--out', 'token.txt'], { env })).toEqual(success(''));
    expect(await readFile(join(cli.directory, 'token.txt'), 'utf8')).toBe('abc\n');
    expect((await stat(join(cli.directory, 'token.txt'))).mode & 0o777).toBe(0o600);
    expect(await readdir(cli.directory)).toEqual(['token.txt']);
  });

  test('leaves the old file alone when there is no new token', async ({ cli }) => {
    await cli.writeFile('token.txt', 'old');
    cli.answer('POST', tokenEndpoint, { status: 400, json: { error: 'invalid_scope' } });

    expect(await cli.run(['token', '--out', 'token.txt'], { env })).toMatchObject({ exitCode: 3, stdout: '' });
    expect(await readFile(join(cli.directory, 'token.txt'), 'utf8')).toBe('old');
  });

  test.for([
    ['a directory that is not there', 'missing/token.txt', 'ENOENT'],
    ['a directory in the place of the file', 'folder', 'is not a file'],
  ])('exits 2 for %s', async ([, path = '', reason = ''], { cli }) => {
    await mkdir(join(cli.directory, 'folder'));
    answerToken(cli, 'abc');

    const { stderr, ...rest } = await cli.run(['token', '--out', path], { env });
    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error\[output_failed\]: /);
    expect(stderr).toContain(join(cli.directory, path));
    expect(stderr).toContain(reason);
    expect(stderr.includes('\n  hint:   its directory is not there\n')).toBe(reason === 'ENOENT');
    expect(await readdir(cli.directory)).toEqual(['folder']);
  });

  test('never puts a file into the place of what is no file', async ({ cli }) => {
    const path = join(cli.directory, 'socket');
    const socket = createServer().listen(path);
    await once(socket, 'listening');
    answerToken(cli, 'abc');

    expect(await cli.run(['token', '--out', 'socket'], { env })).toMatchObject({ exitCode: 2, stdout: '' });
    expect((await stat(path)).isSocket()).toBe(true);
    socket.close();
  });

  test('replaces the file that a link points to, and leaves the link', async ({ cli }) => {
    await mkdir(join(cli.directory, 'folder'));
    await writeFile(join(cli.directory, 'folder/token.txt'), 'old');
    await symlink('folder/token.txt', join(cli.directory, 'link'));
    answerToken(cli, 'abc');

    expect(await cli.run(['token', '--out', 'link'], { env })).toEqual(success(''));
    expect(await readFile(join(cli.directory, 'folder/token.txt'), 'utf8')).toBe('abc\n');
    expect((await lstat(join(cli.directory, 'link'))).isSymbolicLink()).toBe(true);
  });

  test('means standard output by -', async ({ cli }) => {
    answerToken(cli, 'abc');

    expect(await cli.run(['token', '--out', '-'], { env })).toEqual(success('abc\n'));
    expect(await readdir(cli.directory)).toEqual([]);
  });
});

describe('the cache', () => {
  test('gives the same token again without asking anybody, and replaces it before it is too old', async ({ cli }) => {
    answerToken(cli, 'first');
    answerToken(cli, 'second');

    expect(await cli.run(['token'], { env })).toEqual(success('first\n'));
    cli.now += 179_000;
    expect(await cli.run(['token'], { env })).toEqual(success('first\n'));
    cli.now += 62_000;
    expect(await cli.run(['token'], { env })).toEqual(success('second\n'));
    expect(cli.requests).toHaveLength(2);
  });

  test('gives the old token while the server cannot replace it, until a minute or a tenth of its life is left', async ({
    cli,
  }) => {
    answerToken(cli, 'first');
    cli.answer('POST', tokenEndpoint, { status: 400, json: { error: 'unauthorized_client' } });
    answerToken(cli, 'second');

    expect(await cli.run(['token'], { env })).toEqual(success('first\n'));
    cli.now += 241_000;
    expect(await cli.run(['token'], { env })).toEqual(success('first\n'));
    cli.now += 28_000;
    expect(await cli.run(['token'], { env })).toEqual(success('first\n'));
    expect(cli.requests).toHaveLength(2);
    cli.now += 1_000;
    expect(await cli.run(['token'], { env })).toEqual(success('second\n'));
  });

  test('needs neither metadata nor the secret for a hit', async ({ cli }) => {
    await cli.writeFile('secret.txt', secret);
    answerMetadata(cli);
    answerToken(cli, 'abc');
    const named = { CCGRANT_ISSUER: issuer, CCGRANT_CLIENT_ID: 'ci-bot', CCGRANT_CLIENT_SECRET_FILE: 'secret.txt' };

    expect(await cli.run(['token'], { env: named })).toEqual(success('abc\n'));
    expect(await cli.run(['token'], { env: named })).toEqual(success('abc\n'));
    expect(cli.requests.map(({ url }) => url)).toEqual([metadataUrl, tokenEndpoint]);
  });

  test('does not mind the order of scopes, and tells everything else apart', async ({ cli }) => {
    const different: string[][] = [
      ['--scope', 'a b'],
      ['--scope', 'a'],
      ['--no-scope'],
      ['--scope', 'a', '--audience', 'api'],
      ['--scope', 'a', '--resource', 'urn:api'],
      ['--scope', 'a', '--param', 'tenant=1'],
      ['--scope', 'a', '--client-id', 'other-bot'],
      ['--scope', 'a', '--auth-method', 'client_secret_post'],
      ['--scope', 'a', '--token-endpoint', `${tokenEndpoint}/`],
    ];
    for (const [index, args] of different.entries()) {
      const url = args.at(-1)?.startsWith('https://') ? `${tokenEndpoint}/` : tokenEndpoint;
      cli.answer('POST', url, { json: { access_token: `token-${index}`, token_type: 'Bearer', expires_in: 300 } });
      expect(await cli.run(['token', ...args], { env })).toEqual(success(`token-${index}\n`));
    }
    expect(await cli.run(['token', '--scope', 'b', '--scope', 'a'], { env })).toEqual(success('token-0\n'));
    expect(cli.requests).toHaveLength(different.length);
  });

  test('tells one secret from another', async ({ cli }) => {
    answerToken(cli, 'old');
    answerToken(cli, 'new');

    expect(await cli.run(['token'], { env })).toEqual(success('old\n'));
    expect(await cli.run(['token'], { env: { ...env, CCGRANT_CLIENT_SECRET: 'another' } })).toEqual(success('new\n'));
  });

  test('asks anew when the file of the secret has changed', async ({ cli }) => {
    const args = ['token', '--client-secret-file', 'secret.txt'];
    await cli.writeFile('secret.txt', 'old-secret');
    answerToken(cli, 'old');
    answerToken(cli, 'new');

    expect(await cli.run(args, { env: withoutSecret })).toEqual(success('old\n'));
    expect(await cli.run(args, { env: withoutSecret })).toEqual(success('old\n'));
    await cli.writeFile('secret.txt', 'new-secret!');
    expect(await cli.run(args, { env: withoutSecret })).toEqual(success('new\n'));
  });

  test('is not read with --fresh, and gets the new token', async ({ cli }) => {
    answerToken(cli, 'first');
    answerToken(cli, 'second');

    expect(await cli.run(['token'], { env })).toEqual(success('first\n'));
    expect(await cli.run(['token', '--fresh'], { env })).toEqual(success('second\n'));
    expect(await cli.run(['token'], { env })).toEqual(success('second\n'));
  });

  test.for<[name: string, args: string[], variables: Record<string, string>]>([
    ['--no-cache', ['--no-cache'], {}],
    ['CCGRANT_NO_CACHE=1', [], { CCGRANT_NO_CACHE: '1' }],
  ])('is neither read nor written with %s, and metadata is not either', async ([, args, variables], { cli }) => {
    for (const accessToken of ['first', 'second']) {
      answerMetadata(cli);
      answerToken(cli, accessToken);
      expect(await cli.run(['token', ...args], { env: { ...byIssuer, ...variables } })).toEqual(
        success(`${accessToken}\n`),
      );
    }
    await expect(readdir(cli.cacheDirectory)).rejects.toThrow('ENOENT');
  });

  test('is asked for a token that is good for at least the time of --min-ttl', async ({ cli }) => {
    answerToken(cli, 'first');
    answerToken(cli, 'second');

    expect(await cli.run(['token'], { env })).toEqual(success('first\n'));
    cli.now += 179_000;
    expect(await cli.run(['token', '--min-ttl', '2m'], { env })).toEqual(success('first\n'));
    cli.now += 1_000;
    expect(await cli.run(['token', '--min-ttl', '120s'], { env })).toEqual(success('second\n'));
  });

  test('warns once when --min-ttl is longer than the server gives', async ({ cli }) => {
    answerToken(cli, 'abc');

    expect(await cli.run(['token', '--min-ttl', '1h'], { env })).toEqual({
      exitCode: 0,
      stdout: 'abc\n',
      stderr: 'warning: the server gives tokens for 300 s only, less than --min-ttl asks for\n',
    });
  });

  test.for(['soon', '-1', '5 m', '1.5h'])('does not understand --min-ttl %s', async (duration, { cli }) => {
    expect(await cli.run(['token', '--min-ttl', duration], { env })).toEqual(
      failure(2, report('usage', '--min-ttl takes a duration', { hint: 'for example 90s, 5m or 1h' })),
    );
  });

  test.for<[name: string, args: string[], variables: Record<string, string>, path: string]>([
    ['--cache-dir', ['--cache-dir', 'tokens'], { CCGRANT_CACHE_DIR: 'other' }, 'workspace/tokens'],
    ['CCGRANT_CACHE_DIR', [], { CCGRANT_CACHE_DIR: 'other' }, 'workspace/other'],
    ['XDG_CACHE_HOME', [], { XDG_CACHE_HOME: '@HOME/xdg' }, 'home/xdg/ccgrant'],
    ['the home directory where XDG_CACHE_HOME is relative', [], { XDG_CACHE_HOME: 'xdg' }, 'home/.cache/ccgrant'],
  ])('is where %s says', async ([, args, variables, path], { cli }) => {
    answerToken(cli, 'abc');
    const absolute = Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [name, value.replace('@HOME', cli.home)]),
    );

    expect(await cli.run(['token', ...args], { env: { ...env, ...absolute } })).toEqual(success('abc\n'));
    const directory = join(cli.home, '..', path);
    expect(await readdir(directory)).toContain('CACHEDIR.TAG');
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
  });

  test('holds files that only their owner can read, of which no name and no content tells the secret', async ({
    cli,
  }) => {
    answerMetadata(cli);
    answerToken(cli, 'abc');
    await cli.run(['token'], { env: byIssuer });

    const entries = await readdir(cli.cacheDirectory, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
    expect(files.length).toBeGreaterThanOrEqual(3);
    for (const file of files) {
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      const content = `${file}\n${await readFile(file, 'latin1')}`;
      for (const form of [secret, encodeURIComponent(secret), btoa(secret), basicCredentials.slice(6)])
        expect(content).not.toContain(form);
    }
  });

  test('does not serve a token from the future, as after a clock was set back', async ({ cli }) => {
    answerToken(cli, 'first');
    answerToken(cli, 'second');

    expect(await cli.run(['token'], { env })).toEqual(success('first\n'));
    cli.now -= 3600_000;
    expect(await cli.run(['token'], { env })).toEqual(success('second\n'));
  });
});

describe('discovery', () => {
  test('finds the token_endpoint by the issuer, and asks for the metadata again only after ten minutes', async ({
    cli,
  }) => {
    answerMetadata(cli);
    answerToken(cli, 'first');
    answerToken(cli, 'second', {}, { times: 2 });
    answerMetadata(cli);

    expect(await cli.run(['token'], { env: byIssuer })).toEqual(success('first\n'));
    cli.now += 599_000;
    expect(await cli.run(['token'], { env: byIssuer })).toEqual(success('second\n'));
    cli.now += 1_000;
    expect(await cli.run(['token', '--scope', 'a'], { env: byIssuer })).toEqual(success('second\n'));
    expect(cli.requests.filter(({ method }) => method === 'GET')).toHaveLength(2);
  });

  test('does not happen where the token_endpoint is given', async ({ cli }) => {
    answerToken(cli, 'abc');

    expect(await cli.run(['token', '--token-endpoint', tokenEndpoint], { env: byIssuer })).toEqual(success('abc\n'));
    expect(cli.requests.map(({ url }) => url)).toEqual([tokenEndpoint]);
  });

  test('asks anew when the endpoint that the cached metadata names does not answer any more', async ({ cli }) => {
    answerMetadata(cli);
    answerToken(cli, 'first');
    cli.answer('POST', tokenEndpoint, { status: 404, body: 'gone' });
    answerMetadata(cli, { token_endpoint: `${issuer}/v2/token` });
    cli.answer('POST', `${issuer}/v2/token`, {
      json: { access_token: 'second', token_type: 'Bearer', expires_in: 300 },
    });

    expect(await cli.run(['token'], { env: byIssuer })).toEqual(success('first\n'));
    cli.now += 300_000;
    expect(await cli.run(['token'], { env: byIssuer })).toEqual(success('second\n'));
  });

  test('refuses an endpoint in the metadata to which the secret would go in the clear', async ({ cli }) => {
    answerMetadata(cli, { token_endpoint: 'http://as.example.com/token' });

    expect(await cli.run(['token'], { env: byIssuer })).toEqual(
      failure(
        2,
        report('http_not_allowed', 'plain http to as.example.com is not allowed', {
          hint: 'use https, or accept that others can read the credentials with --allow-http',
        }),
      ),
    );
  });

  test.for<[name: string, args: string[], variables: Record<string, string>]>([
    ['--allow-http', ['--allow-http'], {}],
    ['CCGRANT_ALLOW_HTTP=1', [], { CCGRANT_ALLOW_HTTP: '1' }],
  ])('goes by plain http with %s', async ([, args, variables], { cli }) => {
    const endpoint = 'http://as.example.com/token';
    cli.answer('POST', endpoint, { json: { access_token: 'abc', token_type: 'Bearer', expires_in: 300 } });

    expect(
      await cli.run(['token', ...args], { env: { ...env, ...variables, CCGRANT_TOKEN_ENDPOINT: endpoint } }),
    ).toEqual(success('abc\n'));
  });

  test('says which endpoint is missing from the metadata', async ({ cli }) => {
    const { token_endpoint: _token, ...incomplete } = metadata;
    cli.answer('GET', metadataUrl, { json: incomplete });
    cli.answer('GET', `${issuer}/.well-known/oauth-authorization-server`, { status: 404 });

    expect(await cli.run(['token'], { env: byIssuer })).toEqual(
      failure(
        3,
        report('missing_endpoint', `the metadata of ${issuer} has no token_endpoint`, {
          hint: 'if the server has one: --token-endpoint URL',
        }),
      ),
    );
  });

  test('takes what one well-known place lacks from the next', async ({ cli }) => {
    const { token_endpoint: _token, ...incomplete } = metadata;
    cli.answer('GET', metadataUrl, { json: incomplete });
    cli.answer('GET', `${issuer}/.well-known/oauth-authorization-server`, { json: metadata });
    answerToken(cli, 'abc');

    expect(await cli.run(['token'], { env: byIssuer })).toEqual(success('abc\n'));
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
