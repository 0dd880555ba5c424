import { describe, expect, test, vi } from 'vitest';
import type { Answer } from '../../support/http-server.ts';
import { empty, json, text } from '../../support/http-server.ts';
import { openScene, tokenResponse } from '../../support/http-server-scene.ts';

const { access_token: token } = tokenResponse;

/** A JWT that nobody has to believe. */
function unsignedJwt(claims: object): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${encode({ alg: 'RS256', typ: 'at+jwt' })}.${encode(claims)}.c2lnbmF0dXJl`;
}

/** Everything but printable characters and line ends. */
const control = /[^\n\P{C}]/u;

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
