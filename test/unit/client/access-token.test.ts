import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { obtainAccessToken } from '../../../src/client/access-token.ts';
import { createClient } from '../../../src/client/oauth-client.ts';
import type { AccessTokenRequest } from '../../../src/oauth/client-credentials.ts';
import { Secret } from '../../../src/secret.ts';
import { noAssertionSettings } from '../support/assertions.ts';
import { plainConnection } from '../support/plain-connection.ts';
import type { Answer } from '../support/scripted-http.ts';
import { scriptedHttp } from '../support/scripted-http.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { createContext } from '../support/test-context.ts';

const at = temporaryDirectory();
const now = 1_700_000_000;
const nothing: AccessTokenRequest = { scope: [], audience: [], resource: [], parameters: [] };

interface Run {
  readonly request?: Partial<AccessTokenRequest>;
  readonly answer?: Answer;
  readonly now?: number;
  readonly secret?: string;
  readonly clientId?: string;
  readonly authMethod?: string;
  readonly minimumLifetime?: number;
  readonly mayRead?: boolean;
  readonly isEnabled?: boolean;
}

/** One run of the program: a client of its own over the cache of this test. */
async function obtain(run: Run = {}) {
  const {
    secret = 'S3cr3t-value',
    clientId = 'ci-bot',
    authMethod,
    minimumLifetime = 0,
    mayRead = true,
    isEnabled = true,
  } = run;
  let serial = 0;
  const http = scriptedHttp(() => {
    serial += 1;
    return (
      run.answer ?? {
        body: { access_token: `token-${serial}-${Math.random()}`, token_type: 'Bearer', expires_in: 300 },
      }
    );
  });
  const { ctx, stderr } = await createContext({
    now: run.now ?? now,
    client: http.client,
    host: { userId: process.getuid?.() },
  });
  const variable = { kind: 'variable', variable: 'CCGRANT_CLIENT_SECRET', value: new Secret(secret) } as const;
  const client = createClient(
    {
      server: { identity: undefined, endpoints: new Map([['token_endpoint', new URL('https://as.example/token')]]) },
      client: {
        clientId,
        credential: { kind: 'secret', source: variable, origin: 'CCGRANT_CLIENT_SECRET' },
        certificate: undefined,
        authMethod,
        basicEncoding: undefined,
        assertion: noAssertionSettings,
      },
      dpop: undefined,
      cache: { directory: at('cache'), isEnabled, mayRead, minimumLifetime },
      connection: plainConnection,
    },
    ctx,
  );
  const token = await obtainAccessToken({ ...nothing, ...run.request }, client, ctx);
  return { token, requests: http.requests.length, stderr: stderr() };
}

describe('obtainAccessToken', () => {
  it('asks once, and takes the token from the cache while it is good', async () => {
    const first = await obtain();
    expect(first).toMatchObject({ requests: 1, token: { isFromCache: false } });
    expect(await obtain({ now: now + 179 })).toMatchObject({
      requests: 0,
      token: {
        isFromCache: true,
        accessToken: first.token.accessToken,
        expiresOn: now + 300,
        response: first.token.response,
      },
    });
    expect(await obtain({ now: now + 270 })).toMatchObject({ requests: 1, token: { isFromCache: false } });
  });

  it('finds the token whatever the order of the scopes is', async () => {
    const scopes = fc.uniqueArray(fc.stringMatching(/^[a-z:.]{1,8}$/), { minLength: 1, maxLength: 5 });
    const shuffled = scopes.chain((scope) =>
      fc.tuple(fc.constant(scope), fc.shuffledSubarray(scope, { minLength: scope.length })),
    );
    await fc.assert(
      fc.asyncProperty(shuffled, async ([scope, reordered]) => {
        const { token } = await obtain({ request: { scope }, mayRead: false });
        expect(await obtain({ request: { scope: reordered } })).toMatchObject({
          requests: 0,
          token: { accessToken: token.accessToken },
        });
      }),
      { numRuns: 20 },
    );
  });

  it.each<[string, Run]>([
    ['a scope more', { request: { scope: ['a', 'b'] } }],
    ['a scope less', { request: { scope: [] } }],
    ['an audience', { request: { scope: ['a'], audience: ['x'] } }],
    ['a resource', { request: { scope: ['a'], resource: ['x:y'] } }],
    ['a parameter', { request: { scope: ['a'], parameters: [['x', 'y']] } }],
    ['another client', { request: { scope: ['a'] }, clientId: 'other' }],
    ['another secret', { request: { scope: ['a'] }, secret: 'Another-value' }],
    ['another method', { request: { scope: ['a'] }, authMethod: 'client_secret_post' }],
  ])('asks anew for %s', async (_, run) => {
    await obtain({ request: { scope: ['a'] } });
    expect(await obtain(run)).toMatchObject({ requests: 1, token: { isFromCache: false } });
    expect(await obtain({ request: { scope: ['a'] } })).toMatchObject({ requests: 0 });
  });

  it('asks anew with --fresh, and keeps the answer', async () => {
    await obtain();
    const fresh = await obtain({ mayRead: false });
    expect(fresh.requests).toBe(1);
    expect((await obtain()).token.accessToken).toBe(fresh.token.accessToken);
  });

  it('neither reads nor writes with --no-cache', async () => {
    await obtain({ isEnabled: false, mayRead: false });
    expect(await obtain()).toMatchObject({ requests: 1 });
  });

  it('asks anew when the token is not good for --min-ttl, and warns once when no token is', async () => {
    await obtain();
    expect(await obtain({ now: now + 170, minimumLifetime: 120 })).toMatchObject({ requests: 0, stderr: '' });
    expect(await obtain({ now: now + 170, minimumLifetime: 140 })).toMatchObject({ requests: 1, stderr: '' });
    const short = await obtain({ minimumLifetime: 600 });
    expect(short).toMatchObject({ requests: 1, token: { isFromCache: false } });
    expect(short.stderr.match(/--min-ttl/g)).toHaveLength(1);
  });

  it('does not use a token from the future, after the clock was set back', async () => {
    await obtain({ now: now + 86_400 });
    expect(await obtain()).toMatchObject({ requests: 1 });
  });

  it.each<[string, object]>([
    ['no end', {}],
    ['an end at once', { expires_in: 0 }],
    ['an end in the past', { expires_in: -1 }],
  ])('does not keep a token with %s', async (_, members) => {
    const answer = { body: { access_token: 'opaque', token_type: 'Bearer', ...members } };
    expect((await obtain({ answer })).token.accessToken).toBe('opaque');
    expect(existsSync(at('cache', 'tokens'))).toBe(false);
    expect(await obtain({ answer })).toMatchObject({ requests: 1 });
  });

  it.each<[string, object]>([
    ['says of no end', {}],
    ['ends at once', { expires_in: 0 }],
  ])('forgets the token of before when the one of --fresh %s', async (_, members) => {
    const before = await obtain();
    await obtain({ mayRead: false, answer: { body: { access_token: 'opaque', token_type: 'Bearer', ...members } } });
    const after = await obtain();
    expect(after.requests).toBe(1);
    expect(after.token.accessToken).not.toBe(before.token.accessToken);
  });

  it('does not keep a secret that the server sends back', async () => {
    const members = { client_secret: 'S3cr3t-value', echo: { request: ['secret=S3cr3t-value'] }, scope: 'a' };
    const answer = { body: { access_token: 'opaque', token_type: 'Bearer', expires_in: 300, ...members } };
    await obtain({ answer });
    for (const name of readdirSync(at('cache', 'tokens')))
      expect(readFileSync(at('cache', 'tokens', name), 'utf8')).not.toContain('S3cr3t');
    const { token } = await obtain({ answer });
    expect(token.isFromCache).toBe(true);
    expect(token.response).toEqual({ access_token: 'opaque', token_type: 'Bearer', expires_in: 300, scope: 'a' });
  });

  it.each<[string, () => void]>([
    ['a file in its place', () => writeFileSync(at('cache'), '')],
    [
      'others who may write to it',
      () => {
        mkdirSync(at('cache'));
        chmodSync(at('cache'), 0o777);
      },
    ],
  ])('gives the token and one warning when the cache has %s', async (_, prepare) => {
    prepare();
    const { token, stderr } = await obtain();
    expect(token.accessToken).toMatch(/^token-1/);
    expect(stderr.match(/warning/g)).toHaveLength(1);
  });

  it('warns of what was odd about the response', async () => {
    const answer = { body: { access_token: 'x'.repeat(20), expires_in: 300, scope: 'a' } };
    const { stderr } = await obtain({ answer, request: { scope: ['a', 'b'] } });
    expect(stderr).toContain('warning: the response has no token_type: taken as Bearer');
    expect(stderr).toContain('warning: the server did not grant the scope b');
  });
});
