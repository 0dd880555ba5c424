import { once } from 'node:events';
import { lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { test } from '../support/run-in-process.ts';
import { answerToken, direct, success, tokenEndpoint } from './support/scene.ts';

const env = direct;

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
