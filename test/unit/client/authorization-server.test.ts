import { describe, expect, it } from 'vitest';
import { CacheDirectory } from '../../../src/cache/cache-directory.ts';
import { DocumentCache } from '../../../src/cache/document-cache.ts';
import { AuthorizationServer } from '../../../src/client/authorization-server.ts';
import type { ServerIdentity } from '../../../src/oauth/metadata.ts';
import { cacheLocation } from '../../support/cache-location.ts';
import { failureOf } from '../support/failure.ts';
import { keycloakKeys } from '../support/fixtures.ts';
import type { Answer } from '../support/scripted-http.ts';
import { scriptedHttp } from '../support/scripted-http.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const at = temporaryDirectory();
const issuer = 'https://as.example';
const now = 1_700_000_000;
const metadataUrl = `${issuer}/.well-known/openid-configuration`;
const metadata = { issuer, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/jwks` };
const documents: Readonly<Record<string, Answer>> = {
  [metadataUrl]: { body: metadata },
  [`${issuer}/jwks`]: { body: keycloakKeys },
};

interface Run {
  readonly answers?: Readonly<Record<string, Answer>>;
  readonly identity?: ServerIdentity | undefined;
  readonly endpoints?: Readonly<Record<string, string>>;
  readonly at?: number;
  readonly hasCache?: boolean;
}

/** The server of one run over the cache of this test, and the URLs that were asked. */
function open({ answers = documents, endpoints = {}, hasCache = true, at: clock = now, ...rest }: Run = {}) {
  const identity = 'identity' in rest ? rest.identity : ({ kind: 'issuer', issuer } as const);
  const http = scriptedHttp(({ url }) => answers[url.href] ?? { status: 404 });
  const directory = new CacheDirectory(cacheLocation(at('cache'), expect.unreachable));
  const given = Object.entries(endpoints).map(([name, url]) => [name as 'jwks_uri', new URL(url)] as const);
  const cache = hasCache ? new DocumentCache(directory, true, () => clock * 1000) : undefined;
  const server = new AuthorizationServer({ identity, endpoints: new Map(given) }, http.transport, cache);
  return { server, asked: () => http.requests.map(({ url }) => url.href) };
}

const useToken = (run: Run = {}) => {
  const { server, asked } = open(run);
  return { used: server.use('token_endpoint', false, async (url) => url.href), asked };
};

describe('an endpoint', () => {
  it('comes from the metadata, which are asked once in ten minutes', async () => {
    const first = useToken();
    expect([await first.used, first.asked()]).toEqual([`${issuer}/token`, [metadataUrl]]);
    const second = useToken({ at: now + 599 });
    expect([await second.used, second.asked()]).toEqual([`${issuer}/token`, []]);
    const third = useToken({ at: now + 600 });
    await third.used;
    expect(third.asked()).toEqual([metadataUrl]);
  });

  it('that was given wins over the metadata, and needs none', async () => {
    const { used, asked } = useToken({ endpoints: { token_endpoint: 'https://other.example/token' } });
    expect([await used, asked()]).toEqual(['https://other.example/token', []]);
  });

  it('that was given needs no issuer', async () => {
    expect(await useToken({ identity: undefined, endpoints: { token_endpoint: 'https://other.example/t' } }).used).toBe(
      'https://other.example/t',
    );
  });

  it('that is missing everywhere is a failure with a hint', async () => {
    const { server } = open();
    expect(await failureOf(() => server.use('revocation_endpoint', false, async () => {}))).toMatchObject({
      code: 'missing_endpoint',
      hint: expect.stringContaining('--revocation-endpoint'),
    });
  });

  it('cannot be found without an issuer', async () => {
    expect(await failureOf(() => useToken({ identity: undefined }).used)).toMatchObject({
      code: 'missing_setting',
      hint: expect.stringContaining('--issuer'),
    });
  });

  it.each<[string, unknown]>([
    ['no URL', 'token'],
    ['a path', '/token'],
    ['another scheme', 'javascript:alert(1)'],
    ['credentials', 'https://user:S3cr3t@as.example/token'],
    ['a number', 1],
    ['null', null],
    ['an array', [`${issuer}/token`]],
  ])('in the metadata cannot be %s', async (_, value) => {
    const answers = { [metadataUrl]: { body: { ...metadata, token_endpoint: value } } };
    const failure = await failureOf(() => useToken({ answers }).used);
    expect(failure.code).toBe('invalid_response');
    expect(JSON.stringify(failure)).not.toContain('S3cr3t');
  });

  it('for a client certificate is the alias, where there is one (RFC 8705 section 5)', async () => {
    const body = { ...metadata, mtls_endpoint_aliases: { token_endpoint: 'https://mtls.example/token' } };
    const { server } = open({ answers: { [metadataUrl]: { body } } });
    expect(await server.use('token_endpoint', true, async (url) => url.href)).toBe('https://mtls.example/token');
    expect(await server.use('token_endpoint', false, async (url) => url.href)).toBe(`${issuer}/token`);
  });
});

describe('the keys', () => {
  it('are fetched once in ten minutes', async () => {
    const first = open();
    expect(await first.server.keys(false)).toEqual(keycloakKeys);
    expect(first.asked()).toEqual([metadataUrl, `${issuer}/jwks`]);
    const second = open({ at: now + 599 });
    expect(await second.server.keys(false)).toEqual(keycloakKeys);
    expect(second.asked()).toEqual([]);
    const third = open({ at: now + 600 });
    await third.server.keys(false);
    expect(third.asked()).toEqual([metadataUrl, `${issuer}/jwks`]);
  });

  it('are asked anew for an unknown key ID, when they are from the cache', async () => {
    await open().server.keys(false);
    const { server, asked } = open({ at: now + 60 });
    await server.keys(false);
    await server.keys(true);
    expect(asked()).toEqual([`${issuer}/jwks`]);
  });

  it('are neither read from nor written to a cache that is off', async () => {
    await open().server.keys(false);
    const { server, asked } = open({ hasCache: false });
    await server.keys(false);
    expect(asked()).toEqual([metadataUrl, `${issuer}/jwks`]);
  });
});

describe('the issuer', () => {
  it('is the one that was said, without asking', async () => {
    const { server, asked } = open();
    expect([await server.issuer(), asked()]).toEqual([issuer, []]);
  });

  it('of a pasted URL is the one of its metadata', async () => {
    expect(await open({ identity: { kind: 'metadata url', url: metadataUrl } }).server.issuer()).toBe(issuer);
  });

  it('is not known where only endpoints are', async () => {
    expect(await open({ identity: undefined }).server.issuer()).toBeUndefined();
  });
});
