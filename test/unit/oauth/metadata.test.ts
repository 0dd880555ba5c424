import { describe, expect, it } from 'vitest';
import type { EndpointName } from '../../../src/oauth/endpoint-names.ts';
import type { ServerIdentity } from '../../../src/oauth/metadata.ts';
import { discover, toServerIdentity, wellKnownUrls } from '../../../src/oauth/metadata.ts';
import { failureOf } from '../support/failure.ts';
import { keycloakAnswer, keycloakIssuer, readFixture } from '../support/fixtures.ts';
import type { Answer } from '../support/scripted-http.ts';
import { scriptedHttp } from '../support/scripted-http.ts';

const issuer = 'https://as.example/realms/a';
const [oidcSuffix, oauthInserted, oidcInserted, oauthSuffix] = [
  'https://as.example/realms/a/.well-known/openid-configuration',
  'https://as.example/.well-known/oauth-authorization-server/realms/a',
  'https://as.example/.well-known/openid-configuration/realms/a',
  'https://as.example/realms/a/.well-known/oauth-authorization-server',
] as const;

/** Discovers against a server that has these documents and answers 404 elsewhere; tells the places that were asked. */
async function discoverAt(
  documents: Readonly<Record<string, Answer>>,
  identity: ServerIdentity | string,
  needed: readonly EndpointName[] = [],
) {
  const http = scriptedHttp(({ url }) => documents[url.href] ?? { status: 404, body: { error: 'HTTP 404 Not Found' } });
  const asked = () => http.requests.map(({ url }) => url.href);
  const who: ServerIdentity = typeof identity === 'string' ? { kind: 'issuer', issuer: identity } : identity;
  return { run: () => discover(who, needed, http.transport), asked, requests: http.requests };
}

describe('wellKnownUrls', () => {
  it.each<[string, string[]]>([
    [issuer, [oidcSuffix, oauthInserted, oidcInserted, oauthSuffix]],
    [`${issuer}/`, [oidcSuffix, oauthInserted, oidcInserted, oauthSuffix]],
    [
      'https://as.example',
      [
        'https://as.example/.well-known/openid-configuration',
        'https://as.example/.well-known/oauth-authorization-server',
      ],
    ],
    [
      'https://as.example/',
      [
        'https://as.example/.well-known/openid-configuration',
        'https://as.example/.well-known/oauth-authorization-server',
      ],
    ],
    [
      'http://localhost:8080/realms/myorg',
      [
        'http://localhost:8080/realms/myorg/.well-known/openid-configuration',
        'http://localhost:8080/.well-known/oauth-authorization-server/realms/myorg',
        'http://localhost:8080/.well-known/openid-configuration/realms/myorg',
        'http://localhost:8080/realms/myorg/.well-known/oauth-authorization-server',
      ],
    ],
  ])('of %s', (value, urls) => {
    expect(wellKnownUrls(value)).toEqual(urls);
  });
});

describe('toServerIdentity', () => {
  const identityOf = (value: string) => toServerIdentity(value, new URL(value));

  it.each([issuer, `${issuer}/`, 'https://as.example', 'https://as.example/', 'http://127.0.0.1:8080/realms/a%20b'])(
    'keeps %s to the letter',
    (value) => {
      expect(identityOf(value)).toEqual({ kind: 'issuer', issuer: value });
    },
  );

  it.each([
    oidcSuffix,
    oauthInserted,
    oidcInserted,
    oauthSuffix,
    'https://as.example/.well-known/openid-configuration',
  ])('sees that %s is a well-known URL', (value) => {
    expect(identityOf(value)).toEqual({ kind: 'metadata url', url: value });
  });

  it.each([`${issuer}?client=x`, `${issuer}#x`, `${issuer}?`, `${issuer}#`])(
    'refuses %s: an issuer has no query and no fragment',
    async (value) => {
      expect(await failureOf(() => identityOf(value))).toMatchObject({ code: 'invalid_url' });
    },
  );
});

describe('discover', () => {
  it('takes the first place, and asks no other', async () => {
    const { run, asked } = await discoverAt({ [oidcSuffix]: { body: { issuer, extra: [1] } } }, issuer);
    expect(await run()).toEqual({ metadata: { issuer, extra: [1] }, metadataUrls: [oidcSuffix], isExhaustive: false });
    expect(asked()).toEqual([oidcSuffix]);
  });

  it.each([
    [oauthInserted, 2],
    [oidcInserted, 3],
    [oauthSuffix, 4],
  ])('goes on to %s, the place number %i', async (place, number) => {
    const { run, asked } = await discoverAt({ [place]: { body: { issuer } } }, issuer);
    expect((await run()).metadataUrls).toEqual([place]);
    expect(asked()).toEqual([oidcSuffix, oauthInserted, oidcInserted, oauthSuffix].slice(0, number));
  });

  it('asks with GET for JSON, without credentials', async () => {
    const { run, requests } = await discoverAt({ [oidcSuffix]: { body: { issuer } } }, issuer);
    await run();
    const [request] = requests;
    expect(request?.method).toBe('GET');
    expect(request?.body).toBeUndefined();
    expect(Object.fromEntries(request?.headers ?? [])).toEqual({
      accept: 'application/json',
      'accept-encoding': 'identity',
    });
  });

  it('reads the metadata of Keycloak', async () => {
    const metadata = readFixture<object>('keycloak/openid-configuration.json');
    const place = `${keycloakIssuer}/.well-known/openid-configuration`;
    const { run } = await discoverAt({ [place]: { body: metadata } }, keycloakIssuer, [
      'token_endpoint',
      'introspection_endpoint',
      'revocation_endpoint',
      'jwks_uri',
    ]);
    expect((await run()).metadata).toEqual(metadata);
  });

  it.each<[string, Answer]>([
    ['HTML', { headers: { 'content-type': 'text/html' }, body: '<html></html>' }],
    ['an array', { body: [] }],
    ['nothing', { body: '' }],
    ['metadata without an issuer', { body: { token_endpoint: 'https://as.example/token' } }],
    ['metadata whose issuer is no string', { body: { issuer: [issuer] } }],
    ['metadata of another issuer', { body: { issuer: 'https://other.example' } }],
    ['403', { status: 403, body: { issuer } }],
    ['204', { status: 204 }],
  ])('goes on when a place has %s', async (_, answer) => {
    const { run } = await discoverAt({ [oidcSuffix]: answer, [oauthInserted]: { body: { issuer } } }, issuer);
    expect((await run()).metadataUrls).toEqual([oauthInserted]);
  });

  it('takes JSON whatever the content type says', async () => {
    const answer = { headers: { 'content-type': 'text/plain' }, body: JSON.stringify({ issuer }) };
    const { run } = await discoverAt({ [oidcSuffix]: answer }, issuer);
    expect((await run()).metadata.issuer).toBe(issuer);
  });
});

describe('the issuer of the metadata', () => {
  it.each([
    ['a trailing slash more', issuer, `${issuer}/`],
    ['a trailing slash less', `${issuer}/`, issuer],
    ['another case of the host', issuer, 'https://AS.example/realms/a'],
    ['another case of the path', issuer, 'https://as.example/realms/A'],
    ['the default port', issuer, 'https://as.example:443/realms/a'],
    ['http', issuer, 'http://as.example/realms/a'],
    ['another host', issuer, 'https://evil.example/realms/a'],
    ['percent-encoding', 'https://as.example/a%2Fb', 'https://as.example/a/b'],
    ['a dot segment', issuer, 'https://as.example/realms/b/../a'],
    ['a bare origin with a slash', 'https://as.example', 'https://as.example/'],
  ])('must be the one asked for to the letter: not with %s', async (_, asked, answered) => {
    const http = scriptedHttp(() => ({ body: { issuer: answered, token_endpoint: 'https://evil.example/token' } }));
    const failure = await failureOf(() => discover({ kind: 'issuer', issuer: asked }, [], http.transport));
    expect(failure).toMatchObject({ code: 'issuer_mismatch', hint: expect.stringContaining(answered) });
  });

  it('must be the one asked for to the letter: not with a blank, of which no command is made', async () => {
    const http = scriptedHttp(() => ({ body: { issuer: `${issuer} `, token_endpoint: 'https://evil.example/token' } }));
    const failure = await failureOf(() => discover({ kind: 'issuer', issuer }, [], http.transport));
    expect(failure).toMatchObject({ code: 'issuer_mismatch', hint: expect.not.stringContaining('--issuer') });
  });

  it.each(['https://tenant.eu.auth0.com/', 'https://id.example/application/o/ccgrant/'])(
    'may end in a slash, as %s',
    async (slashed) => {
      const [place = ''] = wellKnownUrls(slashed);
      const { run } = await discoverAt({ [place]: { body: { issuer: slashed } } }, slashed);
      expect((await run()).metadata.issuer).toBe(slashed);
    },
  );

  it.each([
    'https://as.example/$(touch x)',
    'https://as.example/;touch x',
    "https://as.example/'`touch x`",
    'https://as.example/\n::x',
  ])('does not make a command line of the hint when it is strange: %j', async (strange) => {
    const http = scriptedHttp(() => ({ body: { issuer: strange } }));
    const failure = await failureOf(() => discover({ kind: 'issuer', issuer }, [], http.transport));
    expect(failure.code).toBe('issuer_mismatch');
    expect(failure.hint ?? '').not.toContain('touch');
  });

  it('may be a template, which wants the id of a tenant', async () => {
    const template = 'https://login.example/{tenantid}/v2.0';
    const http = scriptedHttp(() => ({ body: { issuer: template } }));
    expect(
      await failureOf(() =>
        discover({ kind: 'issuer', issuer: 'https://login.example/common/v2.0' }, [], http.transport),
      ),
    ).toMatchObject({
      code: 'issuer_mismatch',
      hint: expect.stringContaining('tenant'),
    });
  });
});

describe('a pasted well-known URL', () => {
  it.each([oidcSuffix, oauthInserted, oidcInserted, oauthSuffix])(
    '%s gives the issuer and is asked first',
    async (url) => {
      const { run, asked } = await discoverAt({ [url]: { body: { issuer } } }, { kind: 'metadata url', url });
      expect((await run()).metadata.issuer).toBe(issuer);
      expect(asked()).toEqual([url]);
    },
  );

  it('may belong to an issuer with a trailing slash', async () => {
    const url = 'https://tenant.auth0.com/.well-known/openid-configuration';
    const { run } = await discoverAt(
      { [url]: { body: { issuer: 'https://tenant.auth0.com/' } } },
      { kind: 'metadata url', url },
    );
    expect((await run()).metadata.issuer).toBe('https://tenant.auth0.com/');
  });

  it.each(['https://evil.example', 'https://as.example', 'https://as.example/realms/b', 'no URL'])(
    'is refused when its metadata is that of %s',
    async (other) => {
      const { run } = await discoverAt(
        { [oidcSuffix]: { body: { issuer: other } } },
        { kind: 'metadata url', url: oidcSuffix },
      );
      expect(await failureOf(run)).toMatchObject({ code: 'issuer_mismatch' });
    },
  );

  it('leads to the other places of its issuer when it lacks an endpoint', async () => {
    const url = oauthInserted;
    const { run, asked } = await discoverAt(
      {
        [url]: { body: { issuer, token_endpoint: 'https://as.example/token' } },
        [oidcSuffix]: { body: { issuer, jwks_uri: 'https://as.example/jwks' } },
      },
      { kind: 'metadata url', url },
      ['jwks_uri'],
    );
    expect((await run()).metadata).toMatchObject({
      token_endpoint: 'https://as.example/token',
      jwks_uri: 'https://as.example/jwks',
    });
    expect(asked()).toEqual([oauthInserted, oidcSuffix]);
  });
});

describe('an endpoint that one place lacks', () => {
  const token_endpoint = 'https://as.example/token';
  const revocation_endpoint = 'https://as.example/revoke';

  it('comes from the next place, and the first one wins elsewhere', async () => {
    const { run, asked } = await discoverAt(
      {
        [oidcSuffix]: { body: { issuer, token_endpoint, name: 'first' } },
        [oauthInserted]: {
          body: { issuer, token_endpoint: 'https://as.example/other', revocation_endpoint, name: 'second' },
        },
      },
      issuer,
      ['revocation_endpoint'],
    );
    expect(await run()).toEqual({
      metadata: { issuer, token_endpoint, revocation_endpoint, name: 'first' },
      metadataUrls: [oidcSuffix, oauthInserted],
      isExhaustive: false,
    });
    expect(asked()).toEqual([oidcSuffix, oauthInserted]);
  });

  it('is not taken from metadata of another issuer', async () => {
    const { run } = await discoverAt(
      {
        [oidcSuffix]: { body: { issuer, token_endpoint } },
        [oauthInserted]: {
          body: { issuer: 'https://evil.example', revocation_endpoint: 'https://evil.example/revoke' },
        },
      },
      issuer,
      ['revocation_endpoint'],
    );
    expect((await run()).metadata).not.toHaveProperty('revocation_endpoint');
  });

  it('is nowhere when every place was asked', async () => {
    const { run, asked } = await discoverAt({ [oidcSuffix]: { body: { issuer, token_endpoint } } }, issuer, [
      'revocation_endpoint',
    ]);
    expect(await run()).toMatchObject({ isExhaustive: true, metadata: { token_endpoint } });
    expect(asked()).toEqual([oidcSuffix, oauthInserted, oidcInserted, oauthSuffix]);
  });

  it('does not matter when nobody needs it', async () => {
    const { run, asked } = await discoverAt({ [oidcSuffix]: { body: { issuer } } }, issuer);
    await run();
    expect(asked()).toEqual([oidcSuffix]);
  });
});

describe('metadata that cannot be had', () => {
  it('is metadata_unavailable, with what every place said', async () => {
    const { run } = await discoverAt({}, issuer);
    const failure = await failureOf(run);
    expect(failure).toMatchObject({ code: 'metadata_unavailable', message: `no metadata of ${issuer}` });
    for (const place of [oidcSuffix, oauthInserted, oidcInserted, oauthSuffix]) expect(failure.server).toContain(place);
  });

  it('shows the words of Keycloak for an unknown realm', async () => {
    const http = scriptedHttp(() => keycloakAnswer('discovery-unknown-realm'));
    expect(
      await failureOf(() => discover({ kind: 'issuer', issuer: keycloakIssuer }, [], http.transport)),
    ).toMatchObject({
      code: 'metadata_unavailable',
      server: expect.stringContaining(
        '404 from http://localhost:8080/realms/myorg/.well-known/openid-configuration: Realm does not exist',
      ),
      hint: expect.stringContaining('realms'),
    });
  });

  it('is a plain http issuer on another machine', async () => {
    const http = scriptedHttp(() => ({ body: { issuer: 'http://as.example' } }));
    expect(
      await failureOf(() => discover({ kind: 'issuer', issuer: 'http://as.example' }, [], http.transport)),
    ).toMatchObject({ code: 'http_not_allowed' });
    expect(http.requests).toEqual([]);
  });

  it('is what a redirect leads down to plain http for', async () => {
    const http = scriptedHttp(() => ({ status: 302, headers: { location: 'http://as.example/metadata' } }));
    expect(await failureOf(() => discover({ kind: 'issuer', issuer }, [], http.transport))).toMatchObject({
      code: 'unexpected_redirect',
    });
    expect(http.requests.every(({ url }) => url.protocol === 'https:')).toBe(true);
  });

  it('may be had through a redirect to another https place', async () => {
    const moved = 'https://cdn.example/metadata';
    const { run } = await discoverAt(
      { [oidcSuffix]: { status: 301, headers: { location: moved } }, [moved]: { body: { issuer } } },
      issuer,
    );
    expect((await run()).metadata.issuer).toBe(issuer);
  });
});
