import { describe, expect } from 'vitest';
import { test } from '../support/run-in-process.ts';
import {
  answerMetadata,
  answerToken,
  byIssuer,
  direct,
  failure,
  issuer,
  metadata,
  metadataUrl,
  report,
  success,
  tokenEndpoint,
} from './support/scene.ts';

const env = direct;

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
