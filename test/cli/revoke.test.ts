import { readdir } from 'node:fs/promises';
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
  introspectionEndpoint,
  report,
  revocationEndpoint,
  success,
} from './support/scene.ts';

const env = direct;

async function cachedTokens(cli: Cli): Promise<string[]> {
  return readdir(join(cli.cacheDirectory, 'tokens'));
}

describe('revoke', () => {
  test('posts the token, authenticated as the client, and says nothing', async ({ cli }) => {
    cli.answer('POST', revocationEndpoint, {});

    expect(await cli.run(['revoke', 'abc'], { env })).toEqual(success(''));
    expect(cli.requests).toMatchObject([
      {
        method: 'POST',
        url: revocationEndpoint,
        headers: { authorization: basicCredentials, 'content-type': 'application/x-www-form-urlencoded' },
        body: 'token=abc',
      },
    ]);
  });

  test.for<[name: string, answer: object]>([
    ['an empty object', { json: {} }],
    ['HTML', { body: '<p>done', headers: { 'content-type': 'text/html' } }],
  ])('does not mind a 200 with %s', async ([, answer], { cli }) => {
    cli.answer('POST', revocationEndpoint, answer);

    expect(await cli.run(['revoke', 'abc'], { env })).toEqual(success(''));
  });

  test('tells the server what the token is with --token-type-hint', async ({ cli }) => {
    cli.answer('POST', revocationEndpoint, {});

    expect(await cli.run(['revoke', '--token-type-hint', 'refresh_token', 'abc'], { env })).toEqual(success(''));
    expect(cli.requests[0]?.body).toBe('token=abc&token_type_hint=refresh_token');
  });

  test('drops the token from the cache, by its value, whatever it was asked with', async ({ cli }) => {
    answerToken(cli, 'abc');
    answerToken(cli, 'other');
    await cli.run(['token', '--scope', 'a'], { env });
    await cli.run(['token', '--scope', 'b'], { env });
    cli.answer('POST', revocationEndpoint, {});

    expect(await cli.run(['revoke', 'abc'], { env: { ...env, CCGRANT_CLIENT_ID: 'other-bot' } })).toEqual(success(''));
    expect(await cachedTokens(cli)).toHaveLength(1);
    expect(await cli.run(['token', '--scope', 'b'], { env })).toEqual(success('other\n'));
    answerToken(cli, 'new');
    expect(await cli.run(['token', '--scope', 'a'], { env })).toEqual(success('new\n'));
  });

  test('drops it even when the server then refuses', async ({ cli }) => {
    answerToken(cli, 'abc');
    await cli.run(['token'], { env });
    cli.answer('POST', revocationEndpoint, { status: 400, json: { error: 'invalid_request' } });

    expect(await cli.run(['revoke', '--cached'], { env })).toMatchObject({ exitCode: 3, stdout: '' });
    expect(await cachedTokens(cli)).toEqual([]);
  });

  test('is a warning where the server answers 200 with invalid_token', async ({ cli }) => {
    cli.answer('POST', revocationEndpoint, {
      json: { error: 'invalid_token', error_description: 'Invalid token' },
    });

    expect(await cli.run(['revoke', 'abc'], { env })).toEqual({
      exitCode: 0,
      stdout: '',
      stderr:
        'warning: the server did not know this token ("Invalid token"): it may have expired or be another server\'s\n',
    });
  });

  test('fails where the server answers 200 with another error', async ({ cli }) => {
    cli.answer('POST', revocationEndpoint, { json: { error: 'unsupported_token_type' } });

    const { stderr, ...rest } = await cli.run(['revoke', 'abc'], { env });
    expect(rest).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toMatch(/^error\[unsupported_token_type\]: /);
  });

  test('exits 4 when the server cannot answer', async ({ cli }) => {
    cli.answer('POST', revocationEndpoint, { status: 503, headers: { 'retry-after': '0' }, times: 3 });

    const { stderr, ...rest } = await cli.run(['revoke', 'abc'], { env });
    expect(rest).toEqual({ exitCode: 4, stdout: '' });
    expect(stderr).toMatch(/^error\[server_unavailable\]: /);
  });

  test('is a JSON object on standard error where it fails with --format json', async ({ cli }) => {
    cli.answer('POST', revocationEndpoint, { status: 400, json: { error: 'invalid_client' } });

    const { stderr, ...rest } = await cli.run(['revoke', '--json', 'abc'], { env });
    expect(rest).toEqual({ exitCode: 3, stdout: '' });
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'invalid_client', status: 400 } });
  });

  test('finds its endpoint in the metadata, and names the option where there is none', async ({ cli }) => {
    answerMetadata(cli);
    cli.answer('POST', revocationEndpoint, {});
    expect(await cli.run(['revoke', '--no-cache', 'abc'], { env: byIssuer })).toEqual(success(''));

    answerMetadata(cli, { revocation_endpoint: undefined });
    cli.answer('GET', 'https://as.example.com/.well-known/oauth-authorization-server', { status: 404 });
    expect(await cli.run(['revoke', '--no-cache', 'abc'], { env: byIssuer })).toEqual(
      failure(
        3,
        report('missing_endpoint', 'the metadata of https://as.example.com has no revocation_endpoint', {
          hint: 'if the server has one: --revocation-endpoint URL',
        }),
      ),
    );
  });
});

describe('revoke --check', () => {
  test('exits 5 if the token is still active', async ({ cli }) => {
    cli.answer('POST', revocationEndpoint, {});
    cli.answer('POST', introspectionEndpoint, { json: { active: true } });

    expect(await cli.run(['revoke', '--check', 'abc'], { env })).toEqual(
      failure(5, report('token_still_active', 'the token is still active after its revocation')),
    );
    expect(cli.requests.map(({ url }) => url)).toEqual([revocationEndpoint, introspectionEndpoint]);
  });

  test('says when "not active" may mean that the caller is not in aud', async ({ cli }) => {
    cli.answer('POST', revocationEndpoint, {});
    cli.answer('POST', introspectionEndpoint, { json: { active: false } });

    const { stderr, ...rest } = await cli.run(['revoke', '--check', 'abc'], { env });
    expect(rest).toEqual({ exitCode: 0, stdout: '' });
    expect(stderr).toMatch(/not active.*aud/);
  });
});
