import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { test } from '../support/run-in-process.ts';
import {
  answerMetadata,
  answerToken,
  basicCredentials,
  byIssuer,
  direct,
  failure,
  issuer,
  metadataUrl,
  report,
  secret,
  success,
  tokenEndpoint,
} from './support/scene.ts';

const env = direct;
const { CCGRANT_CLIENT_SECRET: _, ...withoutSecret } = env;

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
