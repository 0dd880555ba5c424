import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect } from 'vitest';
import type { Cli } from '../support/run-in-process.ts';
import { test } from '../support/run-in-process.ts';
import {
  answerMetadata,
  answerToken,
  byIssuer,
  introspectionEndpoint,
  issuer,
  jwksUri,
  revocationEndpoint,
} from './support/scene.ts';
import { jwks, signToken } from './support/signing.ts';

const api = 'https://api.example.com/';

/** Puts a file into the place of the cache directory. */
async function block(cli: Cli): Promise<void> {
  await mkdir(dirname(cli.cacheDirectory), { recursive: true });
  await writeFile(cli.cacheDirectory, 'precious');
}

describe('a cache that cannot be used costs one warning and nothing else', () => {
  const agree: Record<string, (cli: Cli) => void> = {
    token: (cli) => answerToken(cli, 'abc'),
    introspect: (cli) => cli.answer('POST', introspectionEndpoint, { json: { active: true } }),
    revoke: (cli) => cli.answer('POST', revocationEndpoint, {}),
    call: (cli) => {
      answerToken(cli, 'abc');
      cli.answer('GET', api, { body: 'x' });
    },
    discover: () => {},
    verify: (cli) => cli.answer('GET', jwksUri, { json: jwks }),
  };

  test.for(Object.keys(agree))('in %s', async (command, { cli }) => {
    await block(cli);
    answerMetadata(cli);
    agree[command]?.(cli);
    const operands: Record<string, string[]> = {
      introspect: ['abc'],
      revoke: ['abc'],
      call: [api],
      verify: [await signToken(), '--audience', 'my-api', '--scope', 'api:read'],
      discover: ['--json'],
    };

    const { exitCode, stdout, stderr } = await cli.run([command, ...(operands[command] ?? [])], { env: byIssuer });
    expect(exitCode).toBe(0);
    expect(stdout === '').toBe(command === 'revoke');
    expect(stderr).toMatch(/^warning: .*is not a directory\n$/);
    expect(await readFile(cli.cacheDirectory, 'utf8')).toBe('precious');
  });

  test('and no warning with --quiet', async ({ cli }) => {
    await block(cli);
    answerMetadata(cli);
    answerToken(cli, 'abc');

    expect(await cli.run(['token', '-q'], { env: byIssuer })).toEqual({ exitCode: 0, stdout: 'abc\n', stderr: '' });
  });

  test('and none where --no-cache says that nobody wants it', async ({ cli }) => {
    await block(cli);
    answerMetadata(cli);
    answerToken(cli, 'abc');

    expect(await cli.run(['token', '--no-cache'], { env: byIssuer })).toEqual({
      exitCode: 0,
      stdout: 'abc\n',
      stderr: '',
    });
  });
});

describe('the commands about the cache', () => {
  test('list nothing where it cannot be used, and say why', async ({ cli }) => {
    await block(cli);

    const { stdout, stderr, exitCode } = await cli.run(['cache', 'list', '--json']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '[]\n' });
    expect(stderr).toMatch(/^warning: .*is not a directory\n$/);
  });

  test('leave what is not theirs', async ({ cli }) => {
    await block(cli);

    const { stderr, ...rest } = await cli.run(['cache', 'clear']);
    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error\[file_unusable\]: /);
    expect(await readFile(cli.cacheDirectory, 'utf8')).toBe('precious');
  });

  test('pass over a damaged entry', async ({ cli }) => {
    answerMetadata(cli);
    for (const scope of ['a', 'b']) {
      answerToken(cli, `token-${scope}`);
      await cli.run(['token', '--scope', scope], { env: byIssuer });
    }
    const folder = join(cli.cacheDirectory, 'tokens');
    const [name = ''] = await readdir(folder);
    await writeFile(join(folder, name), 'garbage');

    const { stdout, stderr, exitCode } = await cli.run(['cache', 'list', '--json']);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toHaveLength(1);
    expect(stderr).toBe('');
    expect(await cli.run(['introspect', '--cached', '--issuer', issuer], { env: {} })).toMatchObject({ exitCode: 2 });
  });
});
