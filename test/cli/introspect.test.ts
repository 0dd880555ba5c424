import { describe, expect } from 'vitest';
import { test } from '../support/run-in-process.ts';
import {
  answerMetadata,
  basicCredentials,
  byIssuer,
  direct,
  failure,
  introspectionEndpoint,
  report,
} from './support/scene.ts';
import { unsignedToken } from './support/signing.ts';

const env = direct;
const sent = 'client_secret_basic, client_id=ci-bot, secret from CCGRANT_CLIENT_SECRET';

describe('introspect', () => {
  test('posts the token, authenticated as the client, and prints the whole response', async ({ cli }) => {
    const response = { active: true, scope: 'a b', client_id: 'x', exp: 1767225900, custom: { deep: ['\u202e'] } };
    cli.answer('POST', introspectionEndpoint, { json: response });

    const { stdout, ...rest } = await cli.run(['introspect', 'to+k/e=n'], { env });
    expect({ ...rest, document: JSON.parse(stdout) }).toEqual({ exitCode: 0, stderr: '', document: response });
    expect(stdout).toMatch(/^\{[^\u202e]*\}\n$/);
    expect(cli.requests).toEqual([
      {
        method: 'POST',
        url: introspectionEndpoint,
        headers: {
          accept: 'application/json',
          'accept-encoding': 'identity',
          authorization: basicCredentials,
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: 'token=to%2Bk%2Fe%3Dn',
      },
    ]);
  });

  test.for([['--format', 'json'], ['--json'], ['--format', 'text']])(
    'prints JSON in each format: %s',
    async (args, { cli }) => {
      cli.answer('POST', introspectionEndpoint, { json: { active: true } });

      expect(await cli.run(['introspect', ...args, 'abc'], { env })).toMatchObject({
        exitCode: 0,
        stdout: expect.stringMatching(/^\{\s*"active": true\s*\}\n$/),
      });
    },
  );

  test('tells the server what the token is with --token-type-hint', async ({ cli }) => {
    cli.answer('POST', introspectionEndpoint, { json: { active: true } });

    expect(await cli.run(['introspect', '--token-type-hint', 'access_token', 'abc'], { env })).toMatchObject({
      exitCode: 0,
    });
    expect(cli.requests[0]?.body).toBe('token=abc&token_type_hint=access_token');
  });

  test('exits 5 and still prints the response when the token is not active', async ({ cli }) => {
    cli.answer('POST', introspectionEndpoint, { json: { active: false } });

    expect(await cli.run(['introspect', 'abc'], { env })).toEqual({
      exitCode: 5,
      stdout: '{\n  "active": false\n}\n',
      stderr: report('token_not_active', 'the token is not active', {
        hint: 'it has expired, was revoked, or is not of this server',
      }),
    });
  });

  const outside =
    "ci-bot is not in the token's aud: to such a caller some servers (Keycloak, Zitadel) call every token inactive; ask as a client that is; else it was revoked";
  test.for<[name: string, payload: object, hint: string | undefined]>([
    ['is not in aud', { aud: 'my-api', exp: 1767225900 }, outside],
    ['meets no aud at all', { exp: 1767225900 }, outside],
    ['is in aud', { aud: ['my-api', 'ci-bot'], exp: 1767225900 }, 'it was revoked, or is not of this server'],
    [
      'asks about an expired token',
      { aud: 'my-api', exp: 1767225599 },
      'it has expired: get another one with ccgrant token --fresh',
    ],
  ])('explains active: false where the caller %s', async ([, payload, hint], { cli }) => {
    cli.answer('POST', introspectionEndpoint, { json: { active: false } });

    expect(await cli.run(['introspect', unsignedToken(payload)], { env })).toEqual({
      exitCode: 5,
      stdout: '{\n  "active": false\n}\n',
      stderr: report('token_not_active', 'the token is not active', hint === undefined ? {} : { hint }),
    });
  });

  test('suspects a --token-type-hint that is not that of an access token', async ({ cli }) => {
    cli.answer('POST', introspectionEndpoint, { json: { active: false } });

    const { exitCode, stderr } = await cli.run(
      ['introspect', '--token-type-hint', 'refresh_token', unsignedToken({ aud: 'ci-bot' })],
      { env },
    );
    expect(exitCode).toBe(5);
    expect(stderr).toMatch(/^ {2}hint: {3}.*--token-type-hint/m);
  });

  test.for<[name: string, response: unknown, server: string]>([
    ['says active as a string', { active: 'true' }, 'active is a string'],
    ['does not say', {}, 'active is missing'],
  ])('exits 3 where the response %s', async ([, json, reason], { cli }) => {
    cli.answer('POST', introspectionEndpoint, { json });

    expect(await cli.run(['introspect', 'abc'], { env })).toEqual(
      failure(
        3,
        report('invalid_response', 'the introspection response does not say whether the token is active', {
          server: `200 from POST ${introspectionEndpoint}: ${reason}`,
        }),
      ),
    );
  });

  test('has no hint about the grant when the caller is refused', async ({ cli }) => {
    cli.answer('POST', introspectionEndpoint, {
      status: 401,
      json: { error: 'invalid_client', error_description: 'nope' },
    });

    const { stderr, ...rest } = await cli.run(['introspect', 'abc'], { env });
    expect(rest).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toMatch(/^error\[invalid_client\]: /);
    expect(stderr).toContain(`  server: 401 from POST ${introspectionEndpoint}: "nope"\n  sent:   ${sent}\n`);
  });

  test('points at verify where the server keeps no state of such tokens', async ({ cli }) => {
    cli.answer('POST', introspectionEndpoint, { status: 401, json: { error: 'unsupported_token_type' } });

    const { exitCode, stderr } = await cli.run(['introspect', 'abc'], { env });
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/^error\[unsupported_token_type\]: [\s\S]*hint: {3}.*ccgrant verify/);
  });

  test('finds endpoint and methods of its own in the metadata', async ({ cli }) => {
    answerMetadata(cli, {
      token_endpoint_auth_methods_supported: ['client_secret_basic'],
      introspection_endpoint_auth_methods_supported: ['client_secret_post'],
    });
    cli.answer('POST', introspectionEndpoint, { json: { active: true } });

    expect(await cli.run(['introspect', 'abc'], { env: byIssuer })).toMatchObject({ exitCode: 0, stderr: '' });
    expect(cli.requests[1]?.headers.authorization).toBeUndefined();
    expect(cli.requests[1]?.body).toMatch(/^token=abc&client_id=ci-bot&client_secret=/);
  });

  test('is tried again when the server is busy, like every request to it', async ({ cli }) => {
    cli.answer('POST', introspectionEndpoint, { status: 503, headers: { 'retry-after': '0' }, times: 2 });
    cli.answer('POST', introspectionEndpoint, { json: { active: true } });

    expect(await cli.run(['introspect', 'abc'], { env })).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('names the option where the metadata has no introspection_endpoint', async ({ cli }) => {
    answerMetadata(cli, { introspection_endpoint: undefined });
    cli.answer('GET', 'https://as.example.com/.well-known/oauth-authorization-server', { status: 404 });

    expect(await cli.run(['introspect', 'abc'], { env: byIssuer })).toEqual(
      failure(
        3,
        report('missing_endpoint', 'the metadata of https://as.example.com has no introspection_endpoint', {
          hint: 'if the server has one: --introspection-endpoint URL',
        }),
      ),
    );
  });

  test('shows the token nowhere, not even with -v or when the server sends it back', async ({ cli }) => {
    const token = unsignedToken({ jti: 'a-token-that-nobody-may-see' });
    cli.answer('POST', introspectionEndpoint, {
      status: 400,
      json: { error: 'invalid_request', error_description: `bad token ${token}` },
    });

    const { exitCode, stderr } = await cli.run(['introspect', '-v', token], { env });
    expect(exitCode).toBe(3);
    expect(stderr).not.toContain(token);
    expect(stderr).toMatch(/bad token eyJ…\(sha256:[0-9a-f]{8}\)/);
  });

  test('asks for no signed answer yet', async ({ cli }) => {
    expect(await cli.run(['introspect', '--jwt', 'abc'], { env })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^error\[unknown_option\]: ccgrant introspect does not know --jwt\n/),
    });
  });
});
