import { gzipSync } from 'node:zlib';
import { describe, expect } from 'vitest';
import type { Answer } from '../support/run-in-process.ts';
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

/** Only letters, so that no encoding of it can be to blame. */
const env = { ...direct, CCGRANT_CLIENT_SECRET: 'plainsecret' };
const sent = 'client_secret_basic, client_id=ci-bot, secret from CCGRANT_CLIENT_SECRET';
const from = (status: number): string => `${status} from POST ${tokenEndpoint}`;

interface Refusal {
  readonly status: number;
  readonly json: object;
  readonly args?: string[];
  readonly message: string;
  readonly server: string;
  readonly sent?: string;
  readonly hint?: string;
}

describe('a refusal by the authorization server is told by its OAuth error, with exit code 3', () => {
  const refusals: Record<string, Refusal> = {
    invalid_client: {
      status: 401,
      json: { error: 'invalid_client', error_description: 'Client authentication failed' },
      message: 'the authorization server refused the client credentials',
      server: `${from(401)}: "Client authentication failed"`,
      hint: 'check the client id and its secret',
    },
    unauthorized_client: {
      status: 401,
      json: { error: 'unauthorized_client', error_description: 'Invalid client or Invalid client credentials' },
      message: 'the authorization server refused this client',
      server: `${from(401)}: "Invalid client or Invalid client credentials"`,
      hint: 'check the client id and its secret, and that it may use this grant (on Keycloak: "Service accounts roles")',
    },
    invalid_scope: {
      status: 400,
      json: { error: 'invalid_scope', error_description: 'Invalid scopes: nope' },
      args: ['--scope', 'nope'],
      message: 'the authorization server refused the scope',
      server: `${from(400)}: "Invalid scopes: nope"`,
      sent: `${sent}, scope=nope`,
      hint: 'is the scope assigned to this client at the server?',
    },
    'invalid_scope without any scope': {
      status: 400,
      json: { error: 'invalid_scope' },
      message: 'the authorization server refused the scope',
      server: `${from(400)}: invalid_scope`,
      hint: 'this server wants a scope: say --scope',
    },
    invalid_target: {
      status: 400,
      json: { error: 'invalid_target' },
      args: ['--resource', 'https://api.example.com'],
      message: 'the authorization server refused the resource or audience',
      server: `${from(400)}: invalid_target`,
      hint: 'check --resource and --audience: the server knows no such API, or this client may not use it',
    },
    access_denied: {
      status: 403,
      json: { error: 'access_denied', error_description: 'No audience parameter was provided' },
      message: 'the authorization server refused the request',
      server: `${from(403)}: "No audience parameter was provided"`,
      hint: 'does this server need to know the API? try --audience or --resource',
    },
    'access_denied to an API': {
      status: 403,
      json: { error: 'access_denied' },
      args: ['--audience', 'api'],
      message: 'the authorization server refused the request',
      server: `${from(403)}: access_denied`,
      hint: 'the client is not allowed this API: grant it at the server',
    },
    unsupported_grant_type: {
      status: 400,
      json: { error: 'unsupported_grant_type' },
      message: 'the authorization server does not offer the client credentials grant',
      server: `${from(400)}: unsupported_grant_type`,
      hint: 'switch the client credentials grant on for this client at the server',
    },
    invalid_request: {
      status: 400,
      json: { error: 'invalid_request', error_description: 'Missing tenant', error_uri: 'https://as.example.com/e/1' },
      message: 'the authorization server refused the request',
      server: `${from(400)}: "Missing tenant" (https://as.example.com/e/1)`,
    },
    'scope_invalid, which no registry knows': {
      status: 400,
      json: { error: 'scope_invalid' },
      message: 'the authorization server refused the request',
      server: `${from(400)}: scope_invalid`,
    },
    'invalid_client with 200': {
      status: 200,
      json: { error: 'invalid_client' },
      message: 'the authorization server refused the client credentials',
      server: `${from(200)}: invalid_client`,
      hint: 'check the client id and its secret',
    },
    'invalid_client with 500, by a server without care': {
      status: 500,
      json: { error: 'invalid_client' },
      message: 'the authorization server refused the client credentials',
      server: `${from(500)}: invalid_client`,
      hint: 'check the client id and its secret',
    },
    'invalid_client with the references of Entra': {
      status: 401,
      json: {
        error: 'invalid_client',
        error_description: 'AADSTS7000215: Invalid client secret provided.',
        error_codes: [7000215],
        trace_id: 'b72',
        correlation_id: 'e3f',
      },
      message: 'the authorization server refused the client credentials',
      server: `${from(401)}: "AADSTS7000215: Invalid client secret provided." (error_codes=7000215 correlation_id=e3f trace_id=b72)`,
      hint: 'check the client id and its secret',
    },
    'E0000011 in the words of Okta': {
      status: 401,
      json: { errorCode: 'E0000011', errorSummary: 'Invalid token provided', errorId: 'oae1' },
      message: 'the authorization server refused the request',
      server: `${from(401)}: "Invalid token provided" (errorId=oae1)`,
    },
  };

  test.for(Object.entries(refusals))('%s', async ([name, { status, json, args = [], message, ...facts }], { cli }) => {
    cli.answer('POST', tokenEndpoint, { status, json });

    const code = /^\w+/.exec(name)?.[0] ?? '';
    expect(await cli.run(['token', ...args], { env })).toEqual(failure(3, report(code, message, { sent, ...facts })));
    expect(cli.requests).toHaveLength(1);
  });

  test('may stand in the challenge alone', async ({ cli }) => {
    cli.answer('POST', tokenEndpoint, {
      status: 401,
      headers: { 'www-authenticate': 'Bearer realm="as", error="invalid_client", error_description="who are you"' },
    });

    const { stderr, ...rest } = await cli.run(['token'], { env });
    expect(rest).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toMatch(/^error\[invalid_client\]: /);
    expect(stderr).toContain('who are you');
  });

  test('names the secret that --auth-method none leaves unused', async ({ cli }) => {
    cli.answer('POST', tokenEndpoint, { status: 401, json: { error: 'invalid_client' } });

    const { stderr } = await cli.run(['token', '--auth-method', 'none'], { env });
    expect(stderr).toContain(
      '\n  hint:   the client proved nothing: leave --auth-method none out, and the secret from CCGRANT_CLIENT_SECRET is used\n',
    );
  });

  test('names the other methods that the server lists', async ({ cli }) => {
    answerMetadata(cli, {
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    });
    cli.answer('POST', tokenEndpoint, { status: 401, json: { error: 'invalid_client' } });

    const { exitCode, stderr } = await cli.run(['token'], {
      env: { ...byIssuer, CCGRANT_CLIENT_SECRET: 'plainsecret' },
    });
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/^ {2}hint: {3}.*this server also lists client_secret_post.*--auth-method/m);
  });

  test.for([400, 401, 403])(
    'suspects the encoding of a secret that is not plain, whether the status is %d',
    async (status, { cli }) => {
      cli.answer('POST', tokenEndpoint, { status, json: { error: 'invalid_client' } });

      const { exitCode, stderr } = await cli.run(['token'], { env: direct });
      expect(exitCode).toBe(3);
      expect(stderr).toMatch(/^ {2}hint: {3}.*--auth-method client_secret_post.*--basic-encoding raw/m);
    },
  );

  test('names the scopes that the metadata lists', async ({ cli }) => {
    answerMetadata(cli, { scopes_supported: ['api:read', 'api:write'] });
    cli.answer('POST', tokenEndpoint, { status: 400, json: { error: 'invalid_scope' } });

    expect(await cli.run(['token', '--scope', 'api:raed'], { env: byIssuer })).toEqual(
      failure(
        3,
        report('invalid_scope', 'the authorization server refused the scope', {
          server: `${from(400)}: invalid_scope`,
          sent: `${sent}, scope=api:raed`,
          hint: 'the metadata does not list api:raed; it lists api:read, api:write',
        }),
      ),
    );
  });

  test('is one JSON object on standard error with --format json', async ({ cli }) => {
    cli.answer('POST', tokenEndpoint, {
      status: 401,
      json: { error: 'invalid_client', error_description: 'no such client', error_uri: 'https://as.example.com/e' },
    });

    const { stderr, ...rest } = await cli.run(['token', '--format', 'json'], { env });
    expect(rest).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr.match(/\n/g)).toHaveLength(1);
    expect(JSON.parse(stderr)).toMatchObject({
      error: {
        code: 'invalid_client',
        message: 'the authorization server refused the client credentials',
        status: 401,
        error_description: 'no such client',
        server: `${from(401)}: "no such client" (https://as.example.com/e)`,
        sent,
        hint: 'check the client id and its secret',
      },
    });
  });
});

describe('a refusal without an OAuth error', () => {
  interface Unexplained {
    readonly answer: Answer;
    readonly code?: string;
    readonly message?: string;
    readonly server: string;
    readonly hint: string;
  }
  const check = 'check the client id and its secret';
  const place = `is ${tokenEndpoint} the right endpoint?`;
  const unexplained: Record<string, Unexplained> = {
    'of 401 in HTML': {
      answer: { status: 401, body: '<h1>Nope</h1>', headers: { 'content-type': 'text/html' } },
      server: `${from(401)}: text/html, "<h1>Nope</h1>"`,
      hint: check,
    },
    'of 403 that says nothing': {
      answer: { status: 403 },
      server: `${from(403)}: empty body, no content type`,
      hint: check,
    },
    'of 401 whose error is prose': {
      answer: { status: 401, json: { error: 'Not allowed here' } },
      server: `${from(401)}: application/json, "{"error":"Not allowed here"}"`,
      hint: check,
    },
    'of 404': {
      answer: { status: 404, body: 'no such page' },
      server: `${from(404)}: no content type, "no such page"`,
      hint: place,
    },
    'of 405': {
      answer: { status: 405 },
      server: `${from(405)}: empty body, no content type`,
      hint: place,
    },
    'by a redirect': {
      answer: { status: 302, headers: { location: 'https://login.example.com/' } },
      code: 'unexpected_redirect',
      message: 'the authorization server redirects: credentials are not sent on',
      server: `${from(302)} to https://login.example.com/`,
      hint: 'is the endpoint http where the server wants https, or has it moved?',
    },
  };

  test.for(Object.entries(unexplained))('%s has exit code 3 and the status', async ([, row], { cli }) => {
    const { answer, code = 'invalid_response', server, hint } = row;
    const message = row.message ?? 'the authorization server refused, and did not say why';
    cli.answer('POST', tokenEndpoint, answer);

    const facts = code === 'unexpected_redirect' ? { server, hint } : { server, sent, hint };
    expect(await cli.run(['token'], { env })).toEqual(failure(3, report(code, message, facts)));
    expect(cli.requests).toHaveLength(1);
  });
});

describe('an answer that the RFC does not allow', () => {
  const token = { access_token: 'abc', token_type: 'Bearer', expires_in: 300 };
  const noObject = 'the authorization server did not answer with a JSON object';
  const place = `is ${tokenEndpoint} the right endpoint?`;
  const otherType = 'a token of another type must not be used as a bearer token';
  const html = { body: '<html>', headers: { 'content-type': 'text/html' } };

  test.for<[name: string, answer: Answer, message: string, server: string, hint?: string]>([
    ['HTML', html, noObject, `${from(200)}: text/html, 6 characters`, place],
    ['an empty body', {}, noObject, `${from(200)}: empty body, no content type`, place],
    ['an array', { json: [] }, noObject, `${from(200)}: application/json, 2 characters`, place],
    ['half a document', { body: '{"access_token":' }, noObject, `${from(200)}: no content type, 16 characters`, place],
    ['no access_token', { json: {} }, 'the access token response has no access_token', from(200)],
    [
      'an access_token that is a number',
      { json: { ...token, access_token: 7 } },
      'the access token response has an access_token that cannot be used',
      from(200),
    ],
    [
      'an access_token with a line feed in it',
      { json: { ...token, access_token: 'a\nb' } },
      'the access token response has an access_token that cannot be used',
      from(200),
    ],
    [
      'another token_type',
      { json: { ...token, token_type: 'N_A' } },
      'the access token response is of token_type "N_A", not Bearer',
      from(200),
      otherType,
    ],
    [
      'a DPoP token that nobody asked for',
      { json: { ...token, token_type: 'DPoP' } },
      'the access token response is of token_type "DPoP", not Bearer',
      from(200),
      'this token is of use only with a key: say --dpop',
    ],
    [
      'an expires_in that is no number',
      { json: { ...token, expires_in: 'soon' } },
      'the access token response has an expires_in of "soon"',
      from(200),
    ],
    [
      'a scope that is a number',
      { json: { ...token, scope: 7 } },
      'the access token response has a scope that is no string',
      from(200),
    ],
  ])('has exit code 3, and nothing is cached: %s', async ([, answer, message, server, hint], { cli }) => {
    cli.answer('POST', tokenEndpoint, { ...answer, times: 2 });

    const facts = hint === undefined ? { server } : { server, hint };
    const refused = failure(3, report('invalid_response', message, facts));
    expect(await cli.run(['token'], { env })).toEqual(refused);
    expect(await cli.run(['token'], { env })).toEqual(refused);
  });

  test.for<[name: string, answer: Answer]>([
    ['in its bytes', { body: Buffer.alloc(1024 * 1024 + 1, 0x20) }],
    ['after decoding', { body: gzipSync(Buffer.alloc(8 * 1024 * 1024)), headers: { 'content-encoding': 'gzip' } }],
  ])('has exit code 3 if it is too large %s', async ([, answer], { cli }) => {
    cli.answer('POST', tokenEndpoint, answer);

    const { exitCode, stdout, stderr } = await cli.run(['token'], { env });
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toMatch(/^error\[response_too_large\]: /);
  });
});

describe('an answer that is odd and tolerable', () => {
  test.for<[name: string, members: object, args: string[], warning: string]>([
    [
      'a missing token_type',
      { token_type: undefined },
      [],
      'warning: the response has no token_type: taken as Bearer\n',
    ],
    [
      'a scope that was not granted',
      { scope: 'a' },
      ['--scope', 'a b'],
      'warning: the server did not grant the scope b\n',
    ],
    ['a scope as an array', { scope: ['b', 'a'] }, ['--scope', 'a b'], ''],
    ['an empty scope', { scope: '' }, [], ''],
    ['more scopes than were asked for', { scope: 'a b c' }, ['--scope', 'a'], ''],
    ['members that nobody knows', { ext_expires_in: 1, not_before: 0 }, [], ''],
    ['a token_type in lower case', { token_type: 'bearer' }, [], ''],
  ])('gives the token all the same: %s', async ([, members, args, stderr], { cli }) => {
    answerToken(cli, 'abc', members);

    expect(await cli.run(['token', ...args], { env })).toEqual({ exitCode: 0, stdout: 'abc\n', stderr });
  });

  test('is not warned of with --quiet', async ({ cli }) => {
    answerToken(cli, 'abc', { token_type: undefined });

    expect(await cli.run(['token', '-q'], { env })).toEqual(success('abc\n'));
  });
});

describe('a server that cannot answer now', () => {
  const unavailable = 'the authorization server could not answer';

  test.for([408, 429, 500, 502, 503, 504])('is asked twice more for %d, and then exits 4', async (status, { cli }) => {
    cli.answer('POST', tokenEndpoint, { status, headers: { 'retry-after': '0' }, times: 3 });

    const { exitCode, stdout, stderr } = await cli.run(['token'], { env });
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
    expect(stderr).toMatch(
      new RegExp(`^error\\[server_unavailable\\]: ${unavailable}\n {2}server: ${status} from POST ${tokenEndpoint}`),
    );
    expect(cli.requests).toHaveLength(3);
  });

  test.for([429, 503])('gives its token when it can after %d', async (status, { cli }) => {
    cli.answer('POST', tokenEndpoint, { status, headers: { 'retry-after': '0' }, times: 2 });
    answerToken(cli, 'abc');

    expect(await cli.run(['token'], { env })).toEqual(success('abc\n'));
    expect(cli.requests).toHaveLength(3);
  });

  test.for([400, 401, 403, 404])('is not asked again for %d', async (status, { cli }) => {
    cli.answer('POST', tokenEndpoint, { status, json: {} });

    expect(await cli.run(['token'], { env })).toMatchObject({ exitCode: 3, stdout: '' });
    expect(cli.requests).toHaveLength(1);
  });

  test.for<[status: number, error: string]>([
    [503, 'temporarily_unavailable'],
    [500, 'server_error'],
    [429, 'slow_down'],
  ])('exits 4 for %d after the retries and gives its own word: %s', async ([status, error], { cli }) => {
    cli.answer('POST', tokenEndpoint, { status, json: { error }, headers: { 'retry-after': '0' }, times: 3 });

    const { exitCode, stdout, stderr } = await cli.run(['token'], { env });
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^error\\[${error}\\]: .*\n {2}server: ${status} from POST ${tokenEndpoint}`));
    expect(stderr).not.toContain('""');
    expect(cli.requests).toHaveLength(3);
  });

  test.for(['temporarily_unavailable', 'server_error'])(
    'exits 4 for %s with 400, which is never tried again',
    async (error, { cli }) => {
      cli.answer('POST', tokenEndpoint, { status: 400, json: { error } });

      const { exitCode, stdout, stderr } = await cli.run(['token'], { env });
      expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
      expect(stderr).toMatch(new RegExp(`^error\\[${error}\\]: `));
      expect(cli.requests).toHaveLength(1);
    },
  );

  test.for(['3600', 'Thu, 01 Jan 2026 01:00:00 GMT'])(
    'that asks for more time than there is gets no second request, and the wait is named: %s',
    async (wait, { cli }) => {
      cli.answer('POST', tokenEndpoint, { status: 429, headers: { 'retry-after': wait } });

      expect(await cli.run(['token'], { env })).toEqual(
        failure(
          4,
          report('server_unavailable', unavailable, {
            server: from(429),
            hint: 'it asks to wait 3600 s',
          }),
        ),
      );
      expect(cli.requests).toHaveLength(1);
    },
  );

  test('is given up when the time is over', async ({ cli }) => {
    answerToken(cli, 'abc', {}, { delay: 5_000 });

    const { exitCode, stdout, stderr } = await cli.run(['token', '--max-time', '0.05'], { env });
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
    expect(stderr).toMatch(/^error\[timeout\]: no answer from as\.example\.com in time\n/);
    expect(cli.requests).toHaveLength(1);
  });
});

describe('a connection that fails', () => {
  const broken = (code: string): Error => Object.assign(new Error(`secret ${secret}`), { code });

  test.for<[code: string, word: string, message: string]>([
    ['ECONNREFUSED', 'connection_failed', 'no connection to as.example.com'],
    ['ENOTFOUND', 'dns_failed', 'the host name as.example.com cannot be resolved'],
    ['ECONNRESET', 'connection_lost', 'the connection to as.example.com broke off'],
    ['UND_ERR_CONNECT_TIMEOUT', 'timeout', 'no connection to as.example.com in time'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'tls_failed', 'the certificate of as.example.com is not signed by a known authority'],
    ['CERT_HAS_EXPIRED', 'tls_failed', 'the certificate of as.example.com has expired'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls_failed', 'the certificate of as.example.com is for another host'],
  ])('by %s has exit code 4 and the word %s', async ([code, word, message], { cli }) => {
    const retried = ['ECONNREFUSED', 'ECONNRESET'].includes(code);
    cli.answer('POST', tokenEndpoint, { error: broken(code), times: retried ? 3 : 1 });

    const { exitCode, stdout, stderr } = await cli.run(['token'], { env });
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
    expect(stderr.startsWith(`error[${word}]: ${message}`)).toBe(true);
    expect(stderr).not.toContain(secret);
  });

  test('is made again, and the token is given', async ({ cli }) => {
    cli.answer('POST', tokenEndpoint, { error: broken('ECONNRESET'), times: 2 });
    answerToken(cli, 'abc');

    expect(await cli.run(['token'], { env })).toEqual(success('abc\n'));
    expect(cli.requests).toHaveLength(3);
  });

  test('by a certificate is not made again', async ({ cli }) => {
    cli.answer('POST', tokenEndpoint, { error: broken('CERT_HAS_EXPIRED') });

    expect(await cli.run(['token'], { env })).toMatchObject({ exitCode: 4 });
    expect(cli.requests).toHaveLength(1);
  });
});

describe('what a server says', () => {
  test('reaches the terminal without its control characters, and begins no line', async ({ cli }) => {
    const description = 'x\n::set-env name=PATH::/tmp\r\n##vso[task]\u001b]0;t\u0007\u009b2J\u202eevil\u200b';
    cli.answer('POST', tokenEndpoint, {
      status: 400,
      json: { error: 'invalid_request', error_description: description },
    });

    expect(await cli.run(['token'], { env })).toEqual(
      failure(
        3,
        report('invalid_request', 'the authorization server refused the request', {
          server: `${from(400)}: "x\\n::set-env name=PATH::/tmp\\r\\n#\\u{23}vso[task]\\u{1b}]0;t\\u{7}\\u{9b}2J\\u{202e}evil\\u{200b}"`,
          sent,
        }),
      ),
    );
  });

  test.for([
    ['as it is', secret],
    ['percent-encoded', encodeURIComponent(secret)],
    ['in base64', btoa(secret)],
    ['as Basic credentials', basicCredentials],
    ['in the form that was posted', new URLSearchParams({ client_secret: secret }).toString()],
  ])('never shows the secret again: %s', async ([, echo], { cli }) => {
    cli.answer('POST', tokenEndpoint, {
      status: 400,
      json: { error: 'invalid_request', error_description: `you sent ${echo}` },
      times: 2,
    });

    for (const args of [
      ['token', '-v'],
      ['token', '--json'],
    ]) {
      const { exitCode, stdout, stderr } = await cli.run(args, { env: direct });
      expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
      expect(stderr).toContain('you sent ');
      for (const form of [secret, encodeURIComponent(secret), btoa(secret), basicCredentials.slice(6)])
        expect(stderr).not.toContain(form);
    }
  });

  test('is cut where it is long', async ({ cli }) => {
    cli.answer('POST', tokenEndpoint, {
      status: 400,
      json: { error: 'invalid_request', error_description: 'word '.repeat(10_000) },
    });

    const { exitCode, stderr } = await cli.run(['token'], { env });
    expect(exitCode).toBe(3);
    expect(stderr.length).toBeLessThan(1000);
  });
});
