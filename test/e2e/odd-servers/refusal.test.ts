import { describe, expect, test } from 'vitest';
import type { Answers } from '../../support/http-server.ts';
import { empty, json, text } from '../../support/http-server.ts';
import { metadata, openScene } from '../../support/http-server-scene.ts';

/** Everything but printable characters and line ends. */
const control = /[^\n\P{C}]/u;

describe.concurrent('a refusal', () => {
  interface Row {
    readonly behaviour: string;
    readonly answers: Answers;
    readonly args?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    readonly exitCode?: number;
    /** The word in brackets. */
    readonly code: string;
    readonly says: readonly RegExp[];
    /** How many requests there are for the last path of the answers; one unless said otherwise. */
    readonly requests?: number;
  }

  const html = '<!doctype html><html><head><title>502</title></head><body>Bad Gateway \u001b[31m</body></html>';
  const rows: Row[] = [
    {
      behaviour: 'of 502 with a web page is exit 4 after two more tries',
      answers: { '/token': text(html, 502, { 'content-type': 'text/html' }) },
      exitCode: 4,
      code: 'server_unavailable',
      says: [/server: 502 from POST http:\/\/127\.0\.0\.1:\d+\/token/],
      requests: 3,
    },
    {
      behaviour: 'of 403 with nothing in it is exit 3, and points to the credentials',
      answers: { '/token': empty(403) },
      code: 'invalid_response',
      says: [/server: 403 .*empty/, /hint: .*client/],
    },
    {
      behaviour: 'of 401 in text/plain at introspection is exit 3, and shows the text',
      answers: { '/introspect': text('bad client\u001b]0;title\u0007\n', 401, { 'content-type': 'text/plain' }) },
      args: ['introspect', 'a-token'],
      code: 'invalid_response',
      says: [
        /server: 401 from POST .*\/introspect.*text\/plain.*bad client\\u\{1b\}\]0;title\\u\{7\}/,
        /hint: .*client/,
      ],
    },
    {
      behaviour: 'of 500 with invalid_client is exit 3, and is not tried again',
      answers: { '/token': json({ error: 'invalid_client' }, 500) },
      code: 'invalid_client',
      says: [/server: 500 from POST/],
    },
    {
      behaviour: 'of 503 with temporarily_unavailable is exit 4 after two more tries',
      answers: { '/token': json({ error: 'temporarily_unavailable', error_description: 'deploying' }, 503) },
      exitCode: 4,
      code: 'temporarily_unavailable|server_unavailable',
      says: [/temporarily_unavailable/, /deploying/],
      requests: 3,
    },
    {
      behaviour: 'of 400 with server_error is exit 4',
      answers: { '/token': json({ error: 'server_error' }, 400) },
      exitCode: 4,
      code: 'server_error',
      says: [/server: 400/],
    },
    {
      behaviour: 'of 408 is exit 4 after two more tries',
      answers: { '/token': empty(408) },
      exitCode: 4,
      code: 'server_unavailable',
      says: [/server: 408/],
      requests: 3,
    },
    {
      behaviour: 'of 404 is exit 3, and asks whether the endpoint is right',
      answers: { '/token': empty(404) },
      code: 'invalid_response',
      says: [/hint: .*\/token.*endpoint/],
    },
    {
      behaviour: 'as Okta writes it is shown with its errorId',
      answers: {
        '/token': json(
          {
            errorCode: 'invalid_client',
            errorSummary: 'No client credentials found.',
            errorLink: 'x',
            errorId: 'oaeX1',
          },
          401,
        ),
      },
      code: 'invalid_client',
      says: [/No client credentials found\./, /oaeX1/],
    },
    {
      behaviour: 'as Entra writes it is shown with its error_codes, trace_id and correlation_id',
      answers: {
        '/token': json(
          {
            error: 'invalid_client',
            error_description: 'AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 0a',
            error_codes: [7000215],
            trace_id: 'aaaa-1',
            correlation_id: 'bbbb-2',
          },
          401,
        ),
      },
      code: 'invalid_client',
      says: [/AADSTS7000215: Invalid client secret provided\.\\r\\nTrace ID: 0a/, /7000215/, /aaaa-1/, /bbbb-2/],
    },
    {
      behaviour: 'of client_secret_basic by a server that also takes client_secret_post hints at it',
      answers: {
        '/.well-known/openid-configuration': metadata({
          token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
        }),
        '/token': json({ error: 'invalid_client' }, 401, { 'www-authenticate': 'Basic realm="as"' }),
      },
      code: 'invalid_client',
      says: [/sent: .*client_secret_basic/, /hint: .*client_secret_post/],
    },
    {
      behaviour: 'of an odd secret with a bare 400 hints at client_secret_post',
      answers: { '/token': json({ error: 'invalid_request' }, 400) },
      env: { CCGRANT_CLIENT_SECRET: 'S3cr3t/+=%"' },
      code: 'invalid_request',
      says: [/hint: .*client_secret_post/],
    },
    {
      behaviour: 'of an odd secret with an empty 403 hints at client_secret_post',
      answers: { '/token': empty(403) },
      env: { CCGRANT_CLIENT_SECRET: 'S3cr3t/+=%"' },
      code: 'invalid_response',
      says: [/hint: .*client_secret_post/],
    },
    {
      behaviour: 'of a scope names the scopes that the metadata lists',
      answers: {
        '/.well-known/openid-configuration': metadata({ scopes_supported: ['api:read'] }),
        '/token': json({ error: 'invalid_scope' }, 400),
      },
      args: ['token', '--scope', 'api:wirte'],
      code: 'invalid_scope',
      says: [/hint: .*api:read/],
    },
    {
      behaviour: 'of a JWT at revocation by unsupported_token_type is exit 3',
      answers: { '/revoke': json({ error: 'unsupported_token_type' }, 401) },
      args: ['revoke', 'a-token'],
      code: 'unsupported_token_type',
      says: [/server: 401/],
    },
    {
      behaviour: 'with an error code that no registry knows is shown with that code',
      answers: { '/token': json({ error: 'scope_invalid' }, 400) },
      code: 'scope_invalid',
      says: [/server: 400/],
    },
    {
      behaviour: 'that introspection gives without active is exit 3',
      answers: { '/introspect': json({ sub: 'x' }) },
      args: ['introspect', 'a-token'],
      code: 'invalid_response',
      says: [/active/],
    },
    {
      behaviour: 'that introspection gives with active as a string is exit 3, never a yes',
      answers: { '/introspect': json({ active: 'true' }) },
      args: ['introspect', 'a-token'],
      code: 'invalid_response',
      says: [/active/],
    },
  ];
  for (const { behaviour, answers, args = ['token'], env, exitCode = 3, code, says, requests = 1 } of rows) {
    test(behaviour, async () => {
      await using scene = await openScene(answers, env);
      const result = await scene.run(args);
      expect(result).toMatchObject({ exitCode, stdout: '' });
      expect(result.stderr).toMatch(new RegExp(`^error\\[(${code})\\]: [^A-Z]`));
      for (const fact of says) expect(result.stderr).toMatch(fact);
      expect(result.stderr).not.toMatch(control);
      expect(result.stderr).not.toContain('    at ');
      const path = Object.keys(answers).at(-1);
      expect(scene.server.requests(path)).toHaveLength(requests);
    });
  }

  test('of an unknown token at revocation is exit 0 with a warning when it comes with 200', async () => {
    await using scene = await openScene({ '/revoke': json({ error: 'invalid_token' }) });
    const { exitCode, stdout, stderr } = await scene.run(['revoke', 'a-token']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
    expect(stderr).toMatch(/^warning: /);
  });

  const descriptions = {
    'escape sequences': '\u001b[2J\u001b]0;owned\u0007\u001b]52;c;aGk=\u0007 \u009b31m',
    'workflow commands': 'no\n::add-mask::x\r\n::set-env name=PATH::/tmp\r##vso[task.setvariable]x\u2028::error::x',
    'bidirectional and zero-width characters':
      'abc\u202edcba\u202c\u2066x\u2069\u200f\u061c in\u200bvisible\u200d\ufeff\u2060',
  };
  for (const [what, error_description] of Object.entries(descriptions)) {
    test(`described with ${what} reaches the terminal escaped, as text and as JSON`, async () => {
      const body = {
        error: 'invalid_request',
        error_description,
        error_uri: `https://as.example/${error_description}`,
      };
      await using scene = await openScene({ '/token': json(body, 400) });
      for (const format of [[], ['--format', 'json']]) {
        const { exitCode, stdout, stderr } = await scene.run(['token', '-v', ...format]);
        expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
        expect(stderr).not.toMatch(control);
        expect(stderr).not.toMatch(/^\s*(::|##)/m);
        expect(stderr.match(/^error\[|^\{"error"/gm)).toHaveLength(1);
      }
    });
  }
});
