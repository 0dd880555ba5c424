import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { JWK } from 'jose';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { Answer, Answers } from '../support/http-server.ts';
import {
  closedPort,
  empty,
  endless,
  json,
  raw,
  redirect,
  reset,
  startHttpServer,
  startSilentServer,
  text,
} from '../support/http-server.ts';
import {
  ended,
  metadata,
  metadataOf,
  openScene,
  startAuthorizationServer,
  tokenResponse,
} from '../support/http-server-scene.ts';

const { access_token: token } = tokenResponse;

/** A JWT that nobody has to believe. */
function unsignedJwt(claims: object): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${encode({ alg: 'RS256', typ: 'at+jwt' })}.${encode(claims)}.c2lnbmF0dXJl`;
}

/** Milliseconds in which a command that gives up has done so, on a busy machine too. */
const patience = 8000;

/** Everything but printable characters and line ends. */
const control = /[^\n\P{C}]/u;

describe.concurrent('metadata', () => {
  const places = [
    '/tenant/.well-known/openid-configuration',
    '/.well-known/oauth-authorization-server/tenant',
    '/.well-known/openid-configuration/tenant',
    '/tenant/.well-known/oauth-authorization-server',
  ];
  for (const place of places) {
    test(`is found at ${place}`, async () => {
      await using server = await startHttpServer({
        [place]: ({ origin }) => json(metadataOf(`${origin}/tenant`)),
        '/token': json(tokenResponse),
      });
      await using scene = await openScene({}, { CCGRANT_ISSUER: `${server.origin}/tenant` });
      expect(await scene.run(['token'])).toEqual({ exitCode: 0, signal: null, stdout: `${token}\n`, stderr: '' });
      const asked = server.requests().map(({ path }) => path);
      expect(asked).toEqual([...places.slice(0, places.indexOf(place) + 1), '/token']);
    });
  }

  test('of the next place is asked for an endpoint that the first one lacks', async () => {
    await using scene = await openScene({
      '/.well-known/openid-configuration': metadata({ introspection_endpoint: undefined }),
      '/.well-known/oauth-authorization-server': metadata(),
    });
    const { exitCode, stdout } = await scene.run(['introspect', 'a-token']);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ active: true });
  });

  test('without the endpoint in any place is exit 3 with the option that names it', async () => {
    await using scene = await openScene({
      '/.well-known/openid-configuration': metadata({ revocation_endpoint: undefined }),
    });
    const { exitCode, stdout, stderr } = await scene.run(['revoke', 'a-token']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toMatch(/^error\[missing_endpoint\]: .*revocation_endpoint/);
    expect(stderr).toContain('--revocation-endpoint');
  });

  const mismatches: { what: string; given: (origin: string) => string; named: (origin: string) => string }[] = [
    { what: 'a trailing slash too few', given: (origin) => origin, named: (origin) => `${origin}/` },
    { what: 'a trailing slash too many', given: (origin) => `${origin}/`, named: (origin) => origin },
    { what: 'another case in the path', given: (origin) => `${origin}/tenant`, named: (origin) => `${origin}/Tenant` },
    {
      what: 'another host',
      given: (origin) => origin,
      named: (origin) => origin.replace('127.0.0.1', 'localhost'),
    },
  ];
  for (const { what, given, named } of mismatches) {
    test(`of an issuer with ${what} is exit 3, with the right issuer in the hint`, async () => {
      const answer: Answer = ({ origin }) => json(metadataOf(named(origin)));
      await using server = await startHttpServer({
        '/.well-known/openid-configuration': answer,
        '/tenant/.well-known/openid-configuration': answer,
        '/token': json(tokenResponse),
      });
      await using scene = await openScene({}, { CCGRANT_ISSUER: given(server.origin) });
      const { exitCode, stdout, stderr } = await scene.run(['token']);
      expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
      expect(stderr).toMatch(/^error\[issuer_mismatch\]: /);
      expect(stderr).toMatch(new RegExp(`hint: .*--issuer ${named(server.origin)}$`, 'm'));
      expect(server.requests('/token')).toEqual([]);
    });
  }

  test('is asked for once in ten minutes', async () => {
    await using scene = await openScene();
    const requests = () => scene.server.requests('/.well-known/openid-configuration').length;
    const later = (minutes: number) => ({
      preload: `const now = Date.now; Date.now = () => now() + ${minutes * 60_000};`,
    });
    for (const [minutes, seen] of [
      [0, 1],
      [9, 1],
      [11, 2],
    ] as const) {
      const scope = `at-minute-${minutes}`;
      expect(await ended(scene.start(['token', '--scope', scope], later(minutes)))).toMatchObject({ exitCode: 0 });
      expect(requests(), `after ${minutes} minutes`).toBe(seen);
    }
  });

  test('is asked for by discover every time', async () => {
    await using scene = await openScene();
    await scene.run(['discover']);
    await scene.run(['discover']);
    expect(scene.server.requests('/.well-known/openid-configuration')).toHaveLength(2);
  });

  const moves: { what: string; old: (origin: string) => Promise<string> }[] = [
    { what: 'is no longer there', old: async (origin) => `${origin}/old-token` },
    { what: 'is on a port where nobody listens', old: async () => `http://127.0.0.1:${await closedPort()}/token` },
  ];
  for (const { what, old } of moves) {
    test(`is asked for anew when the token_endpoint of the cached one ${what}`, async () => {
      let tokenEndpoint = '';
      await using scene = await openScene({
        '/.well-known/openid-configuration': () => metadata({ token_endpoint: tokenEndpoint }),
        '/new-token': json(tokenResponse),
      });
      tokenEndpoint = await old(scene.server.origin);
      expect(await scene.run(['introspect', 'a-token'])).toMatchObject({ exitCode: 0 });
      tokenEndpoint = `${scene.server.origin}/new-token`;
      expect(await scene.run(['token'])).toMatchObject({ exitCode: 0, stdout: `${token}\n` });
      expect(scene.server.requests('/.well-known/openid-configuration')).toHaveLength(2);
    });
  }

  test('may be three redirects away, and not four', async () => {
    const hop = (to: number): Answer => redirect(`/hop-${to}`);
    await using scene = await openScene({
      '/.well-known/openid-configuration': [hop(1), hop(0)],
      '/hop-0': hop(1),
      '/hop-1': hop(2),
      '/hop-2': hop(3),
      '/hop-3': metadata(),
    });
    expect(await scene.run(['discover'])).toMatchObject({ exitCode: 0 });
    expect(await scene.run(['discover'])).toMatchObject({ exitCode: 3, stdout: '' });
  });

  const unusable: { what: string; answer: Answer }[] = [
    { what: 'is a web page', answer: text('<!doctype html><h1>Welcome</h1>', 200, { 'content-type': 'text/html' }) },
    { what: 'is not there', answer: empty(404) },
    { what: 'names no issuer', answer: json({ token_endpoint: 'https://as.example/token' }) },
    { what: 'is an array', answer: json([metadataOf('https://as.example')]) },
  ];
  for (const { what, answer } of unusable) {
    test(`that ${what} is exit 4, and nothing is sent to the token endpoint`, async () => {
      await using scene = await openScene({ '/.well-known/openid-configuration': answer });
      const { exitCode, stdout, stderr } = await scene.run(['token']);
      expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
      expect(stderr).toMatch(/^error\[metadata_unavailable\]: /);
      expect(stderr).toContain('--token-endpoint');
      expect(scene.server.requests('/token')).toEqual([]);
    });
  }
});

describe.concurrent('an access token response', () => {
  interface Row {
    readonly behaviour: string;
    readonly response: Readonly<Record<string, unknown>>;
    readonly args?: readonly string[];
    readonly stdout?: string;
    /** What standard error says; nothing unless said otherwise. */
    readonly warns?: RegExp;
    /** How many requests two runs make, where that is the point. */
    readonly requests?: 1 | 2;
  }

  const jwt = unsignedJwt({ exp: Math.floor(Date.now() / 1000) + 300 });
  const rows: Row[] = [
    { behaviour: 'may say expires_in in a string', response: { ...tokenResponse, expires_in: '300' }, requests: 1 },
    {
      behaviour: 'without expires_in is not cached when the token is opaque',
      response: { ...tokenResponse, expires_in: undefined },
      requests: 2,
    },
    {
      behaviour: 'without expires_in is cached for as long as the token itself says',
      response: { access_token: jwt, token_type: 'Bearer' },
      stdout: `${jwt}\n`,
      requests: 1,
    },
    {
      behaviour: 'with an expires_in of zero is not cached',
      response: { ...tokenResponse, expires_in: 0 },
      requests: 2,
    },
    {
      behaviour: 'may spell the token_type in lower case',
      response: { ...tokenResponse, token_type: 'bearer' },
      args: ['--format', 'header'],
      stdout: `Authorization: Bearer ${token}\n`,
    },
    {
      behaviour: 'without token_type is taken for Bearer with a warning',
      response: { ...tokenResponse, token_type: undefined },
      args: ['--format', 'header'],
      stdout: `Authorization: Bearer ${token}\n`,
      warns: /^warning: .*token_type.*\n$/,
    },
    {
      behaviour: 'with fewer scopes than asked for is used with a warning',
      response: { ...tokenResponse, scope: 'a' },
      args: ['--scope', 'a b'],
      warns: /^warning: .*scope.*b\n$/,
    },
    {
      behaviour: 'with members that nobody knows is used',
      response: { ...tokenResponse, 'not-before-policy': 0, refresh_token: null, ext: { deep: [] } },
    },
  ];
  for (const { behaviour, response, args = [], stdout = `${token}\n`, warns = /^$/, requests } of rows) {
    test(behaviour, async () => {
      await using scene = await openScene({ '/token': json(response) });
      for (const run of requests === undefined ? [1] : [1, 2]) {
        const result = await scene.run(['token', ...args]);
        expect(result, `run ${run}`).toEqual({
          exitCode: 0,
          signal: null,
          stdout,
          stderr: expect.stringMatching(warns),
        });
      }
      expect(scene.server.requests('/token')).toHaveLength(requests ?? 1);
    });
  }

  test('of a numeric string is a number in what is printed as JSON', async () => {
    await using scene = await openScene({ '/token': json({ ...tokenResponse, expires_in: '300' }) });
    const { stdout } = await scene.run(['token', '--format', 'json']);
    const { expires_in, expires_on, expires_at, from_cache } = JSON.parse(stdout);
    expect(expires_in).toBeGreaterThan(290);
    expect(expires_in).toBeLessThanOrEqual(300);
    expect(Date.parse(expires_at)).toBe(expires_on * 1000);
    expect(from_cache).toBe(false);
  });

  test('is no longer used once it has expired', async () => {
    await using scene = await openScene({ '/token': json({ ...tokenResponse, expires_in: 1 }) });
    expect(await scene.run(['token'])).toMatchObject({ exitCode: 0 });
    await vi.waitFor(async () => expect(await scene.run(['introspect', '--cached'])).toMatchObject({ exitCode: 2 }), {
      timeout: 5000,
      interval: 400,
    });
    expect(await scene.run(['token'])).toMatchObject({ exitCode: 0 });
    expect(scene.server.requests('/token')).toHaveLength(2);
  });

  const unacceptable: { what: string; answer: Answer; code?: string }[] = [
    { what: 'an error although it is 200', answer: json({ error: 'invalid_scope' }), code: 'invalid_scope' },
    {
      what: 'an error beside a token',
      answer: json({ ...tokenResponse, error: 'access_denied' }),
      code: 'access_denied',
    },
    { what: 'no access_token', answer: json({ token_type: 'Bearer', expires_in: 300 }) },
    { what: 'an access_token that is no string', answer: json({ ...tokenResponse, access_token: { a: 1 } }) },
    {
      what: 'an access_token with a line end in it',
      answer: json({ ...tokenResponse, access_token: 'a\r\nX-Evil: 1' }),
    },
    { what: 'another token_type', answer: json({ ...tokenResponse, token_type: 'mac' }) },
    { what: 'words for expires_in', answer: json({ ...tokenResponse, expires_in: 'soon' }) },
    { what: 'HTML', answer: text('<h1>It works!</h1>', 200, { 'content-type': 'text/html' }) },
    { what: 'nothing', answer: empty(200) },
    { what: 'broken JSON', answer: text('{"access_token":"opaque', 200, { 'content-type': 'application/json' }) },
    { what: 'a status of 201', answer: json(tokenResponse, 201) },
  ];
  for (const { what, answer, code = 'invalid_response' } of unacceptable) {
    test(`with ${what} is exit 3, and nothing is printed`, async () => {
      await using scene = await openScene({ '/token': answer });
      const { exitCode, stdout, stderr } = await scene.run(['token']);
      expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
      expect(stderr).toMatch(new RegExp(`^error\\[${code}\\]: `));
      expect(stderr).not.toMatch(control);
      expect(stderr.split('\n').length).toBeLessThan(7);
      expect(scene.server.requests('/token')).toHaveLength(1);
    });
  }
});

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

describe.concurrent('a redirect', () => {
  const all = [301, 302, 303, 307, 308];
  const endpoints = [
    { args: ['token'], path: '/token', statuses: all },
    { args: ['introspect', 'a-token'], path: '/introspect', statuses: [307] },
    { args: ['revoke', 'a-token'], path: '/revoke', statuses: [308] },
  ];
  for (const { args, path, statuses } of endpoints) {
    for (const status of statuses) {
      test(`with ${status} at ${path} is exit 3, and the place it names hears nothing`, async () => {
        await using elsewhere = await startHttpServer({});
        const location = `${elsewhere.origin}/elsewhere`;
        await using scene = await openScene({ [path]: redirect(location, status) });
        const { exitCode, stdout, stderr } = await scene.run(args);
        expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
        expect(stderr).toMatch(/^error\[unexpected_redirect\]: /);
        expect(stderr).toContain(`${status} from POST`);
        expect(stderr).toContain(location);
        expect(elsewhere.connections).toBe(0);
        expect(scene.server.requests(path)).toHaveLength(1);
      });
    }
  }

  test('to the same server is not followed by a token request either', async () => {
    await using scene = await openScene({ '/token': redirect('/token/', 307), '/token/': json(tokenResponse) });
    expect(await scene.run(['token'])).toMatchObject({ exitCode: 3, stdout: '' });
    expect(scene.server.requests('/token/')).toEqual([]);
  });
});

describe.concurrent('a server that is busy', () => {
  test('is given the second that Retry-After asks for', async () => {
    await using scene = await openScene({ '/token': [empty(429, { 'retry-after': '1' }), json(tokenResponse)] });
    const start = performance.now();
    expect(await scene.run(['token'])).toMatchObject({ exitCode: 0, stdout: `${token}\n` });
    expect(performance.now() - start).toBeGreaterThan(1000);
    expect(scene.server.requests('/token')).toHaveLength(2);
  });

  test('is given until the date that Retry-After names', async () => {
    const past: Answer = () => empty(503, { 'retry-after': new Date(Date.now() - 5000).toUTCString() });
    await using scene = await openScene({ '/token': [past, json(tokenResponse)] });
    expect(await scene.run(['token'])).toMatchObject({ exitCode: 0 });
  });

  const tooLong: { what: string; value: () => string; args: string[] }[] = [
    { what: '120 seconds', value: () => '120', args: [] },
    { what: '3 seconds with --max-time 2', value: () => '3', args: ['-m', '2'] },
    { what: 'a date far off', value: () => new Date(Date.now() + 600_000).toUTCString(), args: [] },
    { what: 'more seconds than there are', value: () => '999999999999', args: [] },
  ];
  for (const { what, value, args } of tooLong) {
    test(`is given up at once when it asks for ${what}, and the wait is named`, async () => {
      await using scene = await openScene({ '/token': empty(429, { 'retry-after': value() }) });
      const start = performance.now();
      const { exitCode, stdout, stderr } = await scene.run(['token', ...args]);
      expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
      expect(stderr).toMatch(/server: 429[\s\S]*hint: .*\d+ s/);
      expect(performance.now() - start).toBeLessThan(patience);
      expect(scene.server.requests('/token')).toHaveLength(1);
    });
  }

  for (const value of ['-5', 'later']) {
    test(`is tried again as ever when its Retry-After is ${JSON.stringify(value)}`, async () => {
      await using scene = await openScene({ '/token': [empty(503, { 'retry-after': value }), json(tokenResponse)] });
      expect(await scene.run(['token', '-m', '10'])).toMatchObject({ exitCode: 0 });
    });
  }

  test('is tried again with the metadata too', async () => {
    await using scene = await openScene({ '/.well-known/openid-configuration': [empty(503), metadata()] });
    expect(await scene.run(['token'])).toMatchObject({ exitCode: 0 });
  });

  test('that has no metadata to give is exit 4', async () => {
    await using scene = await openScene({
      '/.well-known/openid-configuration': empty(503),
      '/.well-known/oauth-authorization-server': empty(503),
    });
    expect(await scene.run(['token'])).toMatchObject({ exitCode: 4, stdout: '' });
  });
});

describe.concurrent('a connection', () => {
  test('that is reset once is tried again', async () => {
    await using scene = await openScene({ '/token': [reset, json(tokenResponse)] });
    expect(await scene.run(['token'])).toEqual({ exitCode: 0, signal: null, stdout: `${token}\n`, stderr: '' });
    expect(scene.server.requests('/token')).toHaveLength(2);
  });

  const lost: { what: string; answer: Answer }[] = [
    { what: 'is reset every time', answer: reset },
    { what: 'is closed without an answer', answer: raw('') },
    {
      what: 'ends in the middle of a body of known length',
      answer: raw(
        'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{"access_token":"x"',
      ),
    },
    {
      what: 'ends in the middle of a chunked body, after what looks whole',
      answer: raw(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunk(JSON.stringify(tokenResponse))}`),
    },
    {
      what: 'ends in the middle of a compressed body',
      answer: (_request, response) => {
        const body = gzipSync(JSON.stringify(tokenResponse));
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(body.subarray(0, -10));
      },
    },
  ];
  for (const { what, answer } of lost) {
    test(`that ${what} is exit 4 after two more tries, and no part of a body is used`, async () => {
      await using scene = await openScene({ '/token': answer });
      const { exitCode, stdout, stderr } = await scene.run(['token']);
      expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
      expect(stderr).toMatch(/^error\[connection_lost\]: /);
      expect(scene.server.requests('/token')).toHaveLength(3);
    });
  }

  for (const [what, lengths] of [
    ['too short', [30]],
    ['given twice, differently', [30, 200]],
  ] as const) {
    test(`with a content-length that is ${what} gives no token`, async () => {
      const fields = lengths.map((length) => `content-length: ${length}\r\n`).join('');
      const answer = raw(`HTTP/1.1 200 OK\r\n${fields}\r\n${JSON.stringify(tokenResponse)}`);
      await using scene = await openScene({ '/token': answer });
      const { exitCode, stdout, stderr } = await scene.run(['token']);
      expect([3, 4]).toContain(exitCode);
      expect(stdout).toBe('');
      expect(stderr).toMatch(/^error\[/);
    });
  }

  const nonsense: { what: string; answer: Answer }[] = [
    { what: 'another protocol', answer: raw('SSH-2.0-OpenSSH_9.2\r\n') },
    { what: 'something like HTTP', answer: raw('HTTP/1.1 banana\r\n\r\n') },
  ];
  for (const { what, answer } of nonsense) {
    test(`that speaks ${what} is exit 3`, async () => {
      await using scene = await openScene({ '/token': answer });
      const { exitCode, stdout, stderr } = await scene.run(['token']);
      expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
      expect(stderr).toMatch(/^error\[invalid_response\]: /);
    });
  }

  test('to a port where nobody listens is exit 4', async () => {
    await using scene = await openScene({}, { CCGRANT_TOKEN_ENDPOINT: `http://127.0.0.1:${await closedPort()}/token` });
    const { exitCode, stdout, stderr } = await scene.run(['token']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
    expect(stderr).toMatch(/^error\[connection_failed\]: .*ECONNREFUSED/);
    expect(stderr).toMatch(/hint: /);
  });

  test('to a host name that does not exist is exit 4', async () => {
    await using scene = await openScene({}, { CCGRANT_TOKEN_ENDPOINT: 'https://as.invalid/token' });
    const { exitCode, stdout, stderr } = await scene.run(['token']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
    expect(stderr).toMatch(/^error\[dns_failed\]: .*as\.invalid/);
  });

  test('that is taken and never answered is exit 4 when --max-time is over', async () => {
    await using silent = await startSilentServer();
    await using scene = await openScene({}, { CCGRANT_TOKEN_ENDPOINT: `http://127.0.0.1:${silent.port}/token` });
    const start = performance.now();
    const { exitCode, stdout, stderr } = await scene.run(['token', '-m', '0.5']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
    expect(stderr).toMatch(/^error\[timeout\]: /);
    expect(performance.now() - start).toBeLessThan(patience);
    expect(silent.connections).toBe(1);
  });

  test('has one time limit for everything, the discovery included', async () => {
    let start = 0;
    let end = 0;
    await using scene = await openScene({
      '/.well-known/openid-configuration': async () => {
        start = performance.now();
        await sleep(1500);
        return metadata();
      },
      '/token': (_request, response) => {
        response.once('close', () => {
          end = performance.now();
        });
      },
    });
    const { exitCode, stderr } = await scene.run(['token', '--max-time', '2']);
    expect(exitCode).toBe(4);
    expect(stderr).toMatch(/^error\[timeout\]: /);
    expect(scene.server.requests('/token')).toHaveLength(1);
    expect(end - start).toBeGreaterThan(1500);
    expect(end - start).toBeLessThan(3000);
  });
});

describe.concurrent('a body', () => {
  test('that is compressed although nobody asked is read all the same', async () => {
    const body = gzipSync(JSON.stringify(tokenResponse));
    await using scene = await openScene({ '/token': text(body, 200, { 'content-encoding': 'gzip' }) });
    expect(await scene.run(['token'])).toMatchObject({ exitCode: 0, stdout: `${token}\n` });
    expect(scene.server.requests('/token')[0]?.headers['accept-encoding']).toBe('identity');
  });

  const memory = "process.on('exit', () => process.stderr.write('\\nmaxRSS ' + process.resourceUsage().maxRSS));";
  const peak = (stderr: string): number => Number(/maxRSS (\d+)$/.exec(stderr)?.[1]);
  const huge: { what: string; answer: Answer }[] = [
    {
      what: 'is a compressed bomb of 200 MB',
      answer: text(gzipSync(Buffer.alloc(200 * 1024 * 1024), { level: 1 }), 200, { 'content-encoding': 'gzip' }),
    },
    { what: 'never ends', answer: endless },
  ];
  for (const { what, answer } of huge) {
    test(`that ${what} is exit 3 in little memory and time`, async () => {
      await using scene = await openScene({ '/token': answer });
      const start = performance.now();
      const { exitCode, stdout, stderr } = await ended(scene.start(['token'], { preload: memory }));
      expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
      expect(stderr).toMatch(/^error\[response_too_large\]: /);
      expect(peak(stderr)).toBeGreaterThan(10_000);
      expect(peak(stderr)).toBeLessThan(150_000);
      expect(performance.now() - start).toBeLessThan(patience);
    });
  }

  test('that comes a byte a second is ended by --max-time', async () => {
    const drip: Answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{');
      const timer = setInterval(() => response.write(' '), 1000);
      response.once('close', () => clearInterval(timer));
    };
    await using scene = await openScene({ '/token': drip });
    const start = performance.now();
    const { exitCode, stdout, stderr } = await scene.run(['token', '-m', '1.5']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
    expect(stderr).toMatch(/^error\[timeout\]: /);
    expect(performance.now() - start).toBeLessThan(patience);
    expect(scene.server.requests('/token')).toHaveLength(1);
  });

  test('behind 100 000 headers is exit 3', async () => {
    const headers = Array.from({ length: 100_000 }, (_, index) => `x-${index}: value\r\n`).join('');
    await using scene = await openScene({ '/token': raw(`HTTP/1.1 200 OK\r\n${headers}content-length: 2\r\n\r\n{}`) });
    const { exitCode, stdout, stderr } = await scene.run(['token']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toMatch(/^error\[response_too_large\]: /);
  });

  for (const depth of [10_000, 400_000]) {
    test(`nested ${depth} levels deep does no harm`, async () => {
      const deep = `${'['.repeat(depth)}${']'.repeat(depth)}`;
      const body = JSON.stringify({ ...tokenResponse, deep: 0 }).replace(':0}', `:${deep}}`);
      await using scene = await openScene({
        '/token': text(body, 200, { 'content-type': 'application/json' }),
        '/introspect': text(`{"active":true,"deep":${deep}}`, 200, { 'content-type': 'application/json' }),
      });
      expect(await scene.run(['token'])).toMatchObject({ exitCode: 0, stdout: `${token}\n` });
      const { exitCode, stderr } = await scene.run(['introspect', 'a-token']);
      expect([0, 3]).toContain(exitCode);
      expect(stderr).not.toMatch(/bug|RangeError|at /);
    });
  }

  test('as text/plain, in any charset and with a byte order mark is read as JSON', async () => {
    const body = `\ufeff${JSON.stringify(tokenResponse)}`;
    await using scene = await openScene({
      '/token': text(body, 200, { 'content-type': 'text/plain; charset=latin1' }),
    });
    expect(await scene.run(['token'])).toMatchObject({ exitCode: 0, stdout: `${token}\n` });
  });
});

describe.concurrent('the keys of a server', () => {
  let keyPair: Awaited<ReturnType<typeof generateKeyPair>>;
  let publicJwk: JWK;

  beforeAll(async () => {
    keyPair = await generateKeyPair('ES256', { extractable: true });
    publicJwk = { ...(await exportJWK(keyPair.publicKey)), kid: 'new', alg: 'ES256', use: 'sig' };
  });

  const keyOf = (kid: string): JWK => ({ ...publicJwk, kid });

  function sign(issuer: string, header: object = {}, claims: object = {}): Promise<string> {
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'new', ...header })
      .setIssuer(issuer)
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(keyPair.privateKey);
  }

  const keySet =
    (...kids: readonly string[]): Answer =>
    () =>
      json({ keys: kids.map(keyOf) });

  test('are asked for once more when the cached ones lack the kid of the token', async () => {
    await using scene = await openScene({ '/jwks': [keySet('old'), keySet('old', 'new')] });
    const verify = async (kid: string) => scene.run(['verify', await sign(scene.server.origin, { kid })]);
    expect(await verify('old')).toMatchObject({ exitCode: 0 });
    expect(await verify('old')).toMatchObject({ exitCode: 0 });
    expect(scene.server.requests('/jwks')).toHaveLength(1);
    expect(await verify('new')).toMatchObject({ exitCode: 0 });
    expect(scene.server.requests('/jwks')).toHaveLength(2);
    expect(await verify('new')).toMatchObject({ exitCode: 0 });
    expect(scene.server.requests('/jwks'), 'the new ones are cached').toHaveLength(2);
  });

  test('are asked for no more than once more: a kid that stays unknown is exit 5', async () => {
    await using scene = await openScene({ '/jwks': keySet('old') });
    await scene.run(['verify', await sign(scene.server.origin, { kid: 'old' })]);
    const { exitCode, stderr } = await scene.run(['verify', await sign(scene.server.origin)]);
    expect(exitCode).toBe(5);
    expect(stderr).toMatch(/^error\[token_not_valid\]: .*kid/);
    expect(scene.server.requests('/jwks')).toHaveLength(2);
  });

  test('may be a hundred, and not a thousand', async () => {
    const others = (count: number): string[] => Array.from({ length: count }, (_, index) => `other-${index}`);
    await using scene = await openScene({ '/jwks': [keySet('new', ...others(99)), keySet('new', ...others(999))] });
    const signed = await sign(scene.server.origin);
    expect(await scene.run(['verify', signed])).toMatchObject({ exitCode: 0 });
    const { exitCode, stderr } = await scene.run(['verify', signed, '--fresh']);
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/too (many|large)|more than|1000/);
  });

  for (const [what, answer] of Object.entries({
    'cannot be had': empty(500),
    'are not there': empty(404),
  })) {
    test(`that ${what} are exit 4`, async () => {
      await using scene = await openScene({ '/jwks': answer });
      const { exitCode, stdout, stderr } = await scene.run(['verify', await sign(scene.server.origin)]);
      expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
      expect(stderr).toMatch(/^error\[jwks_unavailable\]: /);
    });
  }

  for (const [what, body] of Object.entries({ HTML: '<h1>keys</h1>', 'an object without keys': '{"kid":"new"}' })) {
    test(`that are ${what} are exit 3`, async () => {
      await using scene = await openScene({ '/jwks': text(body) });
      const { exitCode, stdout } = await scene.run(['verify', await sign(scene.server.origin)]);
      expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    });
  }

  test('are never looked for where the token says: jku, x5u, jwk and iss reach nobody', async () => {
    await using canary = await startAuthorizationServer({ '/jwks': keySet('new') });
    await using scene = await openScene({ '/jwks': keySet('old') });
    const header = { jku: `${canary.origin}/jwks`, x5u: `${canary.origin}/jwks`, jwk: publicJwk };
    const hostile = await sign(canary.origin, header, { jku: `${canary.origin}/jwks` });
    const commands = [
      ['verify', hostile],
      ['verify', hostile, '--jwks-uri', `${scene.server.origin}/jwks`],
      ['decode', hostile],
      ['introspect', hostile],
      ['revoke', hostile],
    ];
    for (const args of commands) await scene.run(args);
    expect(await scene.run(['verify', hostile])).toMatchObject({ exitCode: 5 });
    expect(await scene.run(['verify', hostile], { env: { CCGRANT_ISSUER: '' } })).toMatchObject({ exitCode: 2 });
    expect(canary.connections).toBe(0);
  });
});

describe.concurrent('an API', () => {
  const invalidToken = json({ error: 'invalid_token' }, 401, { 'www-authenticate': 'Bearer error="invalid_token"' });
  const first: Answer = json({ ...tokenResponse, access_token: 'first' });
  const second: Answer = json({ ...tokenResponse, access_token: 'second' });

  test('that refuses a cached token as invalid is asked once more with a fresh one', async () => {
    await using scene = await openScene({ '/token': [first, second], '/api': [invalidToken, json({ ok: true })] });
    await scene.run(['token']);
    const result = await scene.run(['call', `${scene.server.origin}/api`, '-d', 'a=b']);
    expect(result).toMatchObject({ exitCode: 0, stdout: '{"ok":true}' });
    expect(scene.server.requests('/api').map(({ headers, body }) => [headers.authorization, body.toString()])).toEqual([
      ['Bearer first', 'a=b'],
      ['Bearer second', 'a=b'],
    ]);
    expect(await scene.run(['token'])).toMatchObject({ stdout: 'second\n' });
  });

  test('that refuses a fresh token as invalid is not asked again', async () => {
    await using scene = await openScene({ '/token': [first, second], '/api': invalidToken });
    const { exitCode, stderr } = await scene.run(['call', `${scene.server.origin}/api`]);
    expect(exitCode).toBe(22);
    expect(stderr).toMatch(/invalid_token/);
    expect(scene.server.requests('/api')).toHaveLength(1);
    expect(scene.server.requests('/token')).toHaveLength(1);
  });

  test('that refuses a cached token without saying invalid_token is not asked again', async () => {
    await using scene = await openScene({ '/api': empty(401, { 'www-authenticate': 'Bearer realm="api"' }) });
    await scene.run(['token']);
    expect(await scene.run(['call', `${scene.server.origin}/api`])).toMatchObject({ exitCode: 22 });
    expect(scene.server.requests('/api')).toHaveLength(1);
  });

  test('that fails is not asked again unless --retry says so', async () => {
    await using scene = await openScene({ '/api': [empty(503, { 'retry-after': '0' }), empty(503), text('fine')] });
    const url = `${scene.server.origin}/api`;
    expect(await scene.run(['call', url])).toMatchObject({ exitCode: 22 });
    expect(scene.server.requests('/api')).toHaveLength(1);
    expect(await scene.run(['call', url, '--retry', '1'])).toMatchObject({ exitCode: 0, stdout: 'fine' });
    expect(scene.server.requests('/api')).toHaveLength(3);
  });

  test('that breaks off in the middle of its body is exit 4', async () => {
    await using scene = await openScene({ '/api': raw('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf') });
    const { exitCode, stdout, stderr } = await scene.run(['call', `${scene.server.origin}/api`]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: 'half' });
    expect(stderr).toMatch(/^error\[connection_lost\]: /);
  });

  test('that is not there is exit 4', async () => {
    await using scene = await openScene();
    const url = `http://127.0.0.1:${await closedPort()}/api`;
    expect(await scene.run(['call', url])).toMatchObject({ exitCode: 4, stdout: '' });
  });
});

function chunk(body: string): string {
  return `${body.length.toString(16)}\r\n${body}\r\n`;
}
