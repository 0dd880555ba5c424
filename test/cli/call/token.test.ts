import { describe, expect } from 'vitest';
import type { Cli } from '../../support/run-in-process.ts';
import { terminal, test } from '../../support/run-in-process.ts';
import { call, url } from '../support/api-call.ts';
import { answerToken, direct, success } from '../support/scene.ts';

describe('a token that the API refuses', () => {
  const refusal = { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' }, body: 'no' };
  const authorizations = (cli: Cli): unknown[] =>
    cli.requests.filter(({ url: target }) => target === url).map(({ headers }) => headers.authorization);

  async function cacheToken(cli: Cli, accessToken: string): Promise<void> {
    answerToken(cli, accessToken);
    expect(await cli.run(['token'], { env: direct })).toEqual(success(`${accessToken}\n`));
  }

  test('is replaced once by a fresh one where it came from the cache, and the body is sent again', async ({ cli }) => {
    await cacheToken(cli, 'revoked');
    cli.answer('POST', url, refusal);
    answerToken(cli, 'fresh');
    cli.answer('POST', url, { body: 'yes' });

    expect(await cli.run(['call', url, '-d', 'a=1'], { env: direct })).toEqual(success('yes'));
    expect(authorizations(cli)).toEqual(['Bearer revoked', 'Bearer fresh']);
    expect(cli.requests.filter(({ url: target }) => target === url).map(({ body }) => body)).toEqual(['a=1', 'a=1']);
    expect(await cli.run(['token'], { env: direct })).toEqual(success('fresh\n'));
  });

  test('is not replaced a second time', async ({ cli }) => {
    await cacheToken(cli, 'revoked');
    cli.answer('GET', url, { ...refusal, times: 2 });
    answerToken(cli, 'fresh');

    expect(await cli.run(['call', url], { env: direct })).toMatchObject({ exitCode: 22, stdout: 'no' });
    expect(authorizations(cli)).toEqual(['Bearer revoked', 'Bearer fresh']);
  });

  test('is not replaced where it is fresh', async ({ cli }) => {
    answerToken(cli, 'fresh');
    cli.answer('GET', url, refusal);

    expect(await cli.run(['call', url], { env: direct })).toMatchObject({ exitCode: 22, stdout: 'no' });
    expect(authorizations(cli)).toHaveLength(1);
  });

  test.for<[name: string, answer: object]>([
    ['a challenge without an error', { status: 401, headers: { 'www-authenticate': 'Bearer realm="x"' } }],
    ['no challenge', { status: 401 }],
    ['403', { status: 403, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } }],
    ['a challenge of another scheme', { status: 401, headers: { 'www-authenticate': 'Basic error="invalid_token"' } }],
  ])('is not replaced for %s', async ([, answer], { cli }) => {
    await cacheToken(cli, 'cached');
    cli.answer('GET', url, answer);

    expect(await cli.run(['call', url], { env: direct })).toMatchObject({ exitCode: 22 });
    expect(authorizations(cli)).toHaveLength(1);
  });

  test('is not replaced where the body cannot be sent again', async ({ cli }) => {
    await cacheToken(cli, 'revoked');
    cli.answer('PUT', url, refusal);

    expect(await cli.run(['call', url, '-T', '-'], { env: direct, stdin: 'once' })).toMatchObject({ exitCode: 22 });
    expect(authorizations(cli)).toHaveLength(1);
  });

  test('is not replaced where it came from a file', async ({ cli }) => {
    cli.answer('GET', url, refusal);

    expect(await call(cli, [url], { env: direct })).toMatchObject({ exitCode: 22 });
    expect(authorizations(cli)).toHaveLength(1);
  });
});

describe('call --token-file', () => {
  test.for<[name: string, content: string]>([
    ['the bare token', 'abc'],
    ['a final newline', 'abc\n'],
    ['a newline of Windows and a byte order mark', '\ufeffabc\r\n'],
    ['the scheme before it', 'Bearer abc\n'],
  ])('reads %s, and asks nobody for another', async ([, content], { cli }) => {
    await cli.writeFile('other.txt', content);
    cli.answer('GET', url, { times: 2 });

    expect(await cli.run(['call', url, '--token-file', 'other.txt'], { env: direct })).toEqual(success(''));
    expect(await cli.run(['call', url, '--token-file', '-'], { stdin: content })).toEqual(success(''));
    expect(cli.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer abc', 'Bearer abc']);
  });

  test.for<[name: string, content: string | undefined, word: string]>([
    ['is not there', undefined, 'file_unusable'],
    ['is empty', '\n', 'missing_token'],
    ['holds two tokens', 'abc\ndef\n', 'missing_token'],
  ])('exits 2 where it %s', async ([, content, word], { cli }) => {
    if (content !== undefined) await cli.writeFile('other.txt', content);

    const { stderr, ...rest } = await cli.run(['call', url, '--token-file', 'other.txt'], { env: direct });
    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^error\\[${word}\\]: `));
    expect(stderr).not.toContain('abc');
  });

  test('does not wait for a terminal', async ({ cli }) => {
    const { stderr, ...rest } = await cli.run(['call', url, '--token-file', '-'], { stdin: terminal });

    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error\[missing_token\]: /);
  });
});
