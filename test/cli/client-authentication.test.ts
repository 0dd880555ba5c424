import { describe, expect } from 'vitest';
import { test } from '../support/run-in-process.ts';
import {
  answerMetadata,
  answerToken,
  basicCredentials,
  byIssuer,
  direct,
  failure,
  report,
  secret,
  success,
  tokenEndpoint,
} from './support/scene.ts';

const env = direct;
const { CCGRANT_CLIENT_SECRET: _, ...withoutSecret } = env;

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
