import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { Cli } from '../support/run-in-process.ts';
import { test } from '../support/run-in-process.ts';
import {
  answerMetadata,
  answerToken,
  byIssuer,
  client,
  direct,
  issuer,
  success,
  tokenEndpoint,
} from './support/scene.ts';

/** Three tokens: of two clients, and one of an issuer that was discovered. */
async function fill(cli: Cli): Promise<void> {
  answerToken(cli, 'token-of-bot');
  await cli.run(['token', '--scope', 'b a', '--audience', 'my-api'], { env: direct });
  cli.now += 1_000;
  answerToken(cli, 'token-of-other');
  await cli.run(['token', '--client-id', 'other-bot'], { env: direct });
  cli.now += 1_000;
  answerMetadata(cli);
  answerToken(cli, 'token-of-issuer');
  await cli.run(['token', '--resource', 'https://api.example.com'], { env: byIssuer });
}

/** The tokens that are still in the cache. */
async function cached(cli: Cli): Promise<string[]> {
  const { stdout } = await cli.run(['cache', 'list', '--json', '--show-tokens']);
  return (JSON.parse(stdout) as { access_token: string }[]).map(({ access_token }) => access_token).sort();
}

describe('cache list', () => {
  test('shows what was asked for and until when, and no token', async ({ cli }) => {
    await fill(cli);

    const { stdout, ...rest } = await cli.run(['cache', 'list']);
    expect(rest).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain(
      `ci-bot at ${tokenEndpoint}\n  scope    a b\n  for      my-api\n  expires  2026-01-01T00:05:00Z, in 4 minutes 58 seconds\n`,
    );
    expect(stdout).toContain(`other-bot at ${tokenEndpoint}\n  scope    none asked for\n`);
    expect(stdout).toContain(`ci-bot at ${issuer}\n`);
    expect(stdout).not.toContain('token-of');
    expect(stdout).toMatch(/[^\n]\n$/);
  });

  test('marks a token that would not be handed out any more', async ({ cli }) => {
    await fill(cli);
    cli.now += 280_000;

    const { stdout } = await cli.run(['cache', 'list']);
    expect(stdout).toMatch(/2026-01-01T00:05:00Z, in 18 seconds.*NOT USED ANY MORE/);
  });

  test('shows the tokens only with --show-tokens', async ({ cli }) => {
    await fill(cli);

    const { stdout } = await cli.run(['cache', 'list', '--show-tokens']);
    for (const token of ['token-of-bot', 'token-of-other', 'token-of-issuer']) expect(stdout).toContain(token);
  });

  test('has an array of JSON', async ({ cli }) => {
    await fill(cli);

    const { stdout, ...rest } = await cli.run(['cache', 'list', '--json', '--client-id', 'other-bot']);
    expect({ ...rest, document: JSON.parse(stdout) }).toEqual({
      exitCode: 0,
      stderr: '',
      document: [
        {
          token_endpoint: tokenEndpoint,
          client_id: 'other-bot',
          scope: '',
          audience: [],
          resource: [],
          token_type: 'Bearer',
          expires_at: '2026-01-01T00:05:01Z',
          expires_on: 1767225901,
        },
      ],
    });
  });

  test('says when there is nothing, and has an empty array', async ({ cli }) => {
    expect(await cli.run(['cache', 'list'])).toEqual({ exitCode: 0, stdout: '', stderr: 'nothing is cached\n' });
    expect(await cli.run(['cache', 'list', '--format', 'json'])).toEqual(success('[]\n'));
    expect(await readdir(cli.home)).toEqual([]);
  });

  test.for<[args: string[], tokens: string[]]>([
    [
      ['--client-id', 'ci-bot'],
      ['token-of-bot', 'token-of-issuer'],
    ],
    [['--issuer', issuer], ['token-of-issuer']],
    [['--issuer', issuer, '--client-id', 'other-bot'], []],
    [['--client-id', 'nobody'], []],
  ])('is of what %s selects', async ([args, tokens], { cli }) => {
    await fill(cli);

    const { stdout } = await cli.run(['cache', 'list', '--json', '--show-tokens', ...args]);
    const listed = (JSON.parse(stdout) as { access_token: string }[]).map(({ access_token }) => access_token);
    expect(listed.sort()).toEqual(tokens);
  });
});

describe('cache clear', () => {
  test('removes every token and the metadata, and says how many there were', async ({ cli }) => {
    await fill(cli);

    expect(await cli.run(['cache', 'clear'])).toEqual({ exitCode: 0, stdout: '', stderr: '3 tokens removed\n' });
    expect(await cached(cli)).toEqual([]);
    expect(await readdir(join(cli.cacheDirectory, 'tokens'))).toEqual([]);
    expect(await readdir(join(cli.cacheDirectory, 'metadata'))).toEqual([]);
  });

  test('removes damaged files too', async ({ cli }) => {
    await fill(cli);
    const [name = ''] = await readdir(join(cli.cacheDirectory, 'tokens'));
    await writeFile(join(cli.cacheDirectory, 'tokens', name), 'garbage');

    expect(await cli.run(['cache', 'clear', '-q'])).toEqual(success(''));
    expect(await readdir(join(cli.cacheDirectory, 'tokens'))).toEqual([]);
  });

  test('says so where there is nothing, and makes no directory', async ({ cli }) => {
    expect(await cli.run(['cache', 'clear'])).toEqual({ exitCode: 0, stdout: '', stderr: '0 tokens removed\n' });
    expect(await readdir(cli.home)).toEqual([]);
  });

  test.for<[args: string[], kept: string[]]>([
    [['--client-id', 'ci-bot'], ['token-of-other']],
    [
      ['--issuer', issuer],
      ['token-of-bot', 'token-of-other'],
    ],
    [
      ['--issuer', issuer, '--client-id', 'ci-bot'],
      ['token-of-bot', 'token-of-other'],
    ],
    [
      ['--issuer', 'https://other.example.com'],
      ['token-of-bot', 'token-of-issuer', 'token-of-other'],
    ],
    [
      ['--client-id', 'nobody'],
      ['token-of-bot', 'token-of-issuer', 'token-of-other'],
    ],
  ])('removes what %s selects and nothing else', async ([args, kept], { cli }) => {
    await fill(cli);

    const { stderr, ...rest } = await cli.run(['cache', 'clear', ...args]);
    expect(rest).toEqual({ exitCode: 0, stdout: '' });
    expect(stderr).toBe(`${3 - kept.length} ${kept.length === 2 ? 'token' : 'tokens'} removed\n`);
    expect(await cached(cli)).toEqual(kept);
  });

  test.for<[name: string, profile: string, kept: string[]]>([
    ['an issuer and a client', `issuer = "${issuer}"\nclient_id = "ci-bot"`, ['token-of-bot', 'token-of-other']],
    ['a client', 'client_id = "other-bot"', ['token-of-bot', 'token-of-issuer']],
    [
      'a token_endpoint and a client',
      `token_endpoint = "${tokenEndpoint}"\nclient_id = "ci-bot"`,
      ['token-of-issuer', 'token-of-other'],
    ],
    ['a token_endpoint', `token_endpoint = "${tokenEndpoint}"`, ['token-of-issuer']],
  ])('removes what a profile with %s selects', async ([, profile, kept], { cli }) => {
    await fill(cli);
    const config = await cli.writeFile('config.toml', `[profiles.dev]\n${profile}\n`);

    expect(await cli.run(['cache', 'clear', '-q', '--config', config, '--profile', 'dev'])).toEqual(success(''));
    expect(await cached(cli)).toEqual(kept);
  });

  test('does not take a profile that selects nothing for everything', async ({ cli }) => {
    await fill(cli);
    const config = await cli.writeFile('config.toml', '[profiles.dev]\nscope = "a"\n');

    await cli.run(['cache', 'clear', '--config', config, '--profile', 'dev']);
    expect(await cached(cli)).toHaveLength(3);
  });

  test('does not take the environment for a selection', async ({ cli }) => {
    await fill(cli);

    expect(await cli.run(['cache', 'clear', '-q'], { env: { ...client, CCGRANT_CLIENT_ID: 'nobody' } })).toEqual(
      success(''),
    );
    expect(await cached(cli)).toEqual([]);
  });
});

describe('cache path', () => {
  test.for<[name: string, args: string[], variables: Record<string, string>, path: string]>([
    ['the home directory', [], {}, 'home/.cache/ccgrant'],
    ['an option', ['--cache-dir', 'here'], { CCGRANT_CACHE_DIR: 'there' }, 'workspace/here'],
    ['a variable', [], { CCGRANT_CACHE_DIR: 'there' }, 'workspace/there'],
    ['an empty variable', [], { CCGRANT_CACHE_DIR: '', XDG_CACHE_HOME: '' }, 'home/.cache/ccgrant'],
    ['XDG_CACHE_HOME', [], { XDG_CACHE_HOME: '/var/tmp' }, '/var/tmp/ccgrant'],
    ['a relative XDG_CACHE_HOME', [], { XDG_CACHE_HOME: 'here' }, 'home/.cache/ccgrant'],
  ])('is decided by %s, and nothing is made there', async ([, args, env, path], { cli }) => {
    const expected = path.startsWith('/') ? path : join(cli.home, '..', path);

    expect(await cli.run(['cache', 'path', ...args], { env })).toEqual(success(`${expected}\n`));
    expect(await readdir(cli.home)).toEqual([]);
  });
});

describe('cache', () => {
  test.for<[args: string[], message: string]>([
    [['cache'], 'ccgrant cache needs list|clear|path'],
    [['cache', 'purge'], 'cache takes list, clear or path'],
    [['cache', 'list', 'clear'], 'too many arguments for ccgrant cache'],
  ])('does not understand %s', async ([args, message], { cli }) => {
    const { stderr, ...rest } = await cli.run(args);

    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr.split('\n')[0]).toBe(`error[usage]: ${message}`);
  });
});
