import { describe, expect, it } from 'vitest';
import { endpointOptions, issuerOptions } from '../../../src/options/server-options.ts';
import { resolveServer } from '../../../src/settings/resolve-server.ts';
import { Settings } from '../../../src/settings/settings.ts';
import { failureOf, wordsOf } from '../support/failure.ts';

function resolve(typed: Record<string, string>, env = {}) {
  const values = Object.entries(typed).map(([name, value]): [string, string[]] => [name, [value]]);
  return resolveServer(new Settings([...issuerOptions, ...endpointOptions], new Map(values), env, undefined));
}

describe('the authorization server', () => {
  it('is known by its issuer, to the letter', () => {
    expect(resolve({ issuer: 'https://tenant.auth0.com/' }).identity).toEqual({
      kind: 'issuer',
      issuer: 'https://tenant.auth0.com/',
    });
  });

  it('is known by a pasted well-known URL', () => {
    const url = 'http://localhost:8080/realms/myorg/.well-known/openid-configuration';
    expect(resolve({ issuer: url }).identity).toEqual({ kind: 'metadata url', url });
  });

  it('is known by nothing, or by endpoints alone', () => {
    expect(resolve({})).toEqual({ identity: undefined, endpoints: new Map() });
    const { identity, endpoints } = resolve(
      { 'token-endpoint': 'https://as.example/token' },
      { CCGRANT_JWKS_URI: 'https://as.example/jwks' },
    );
    expect(identity).toBeUndefined();
    expect([...endpoints].map(([name, url]) => [name, url.href])).toEqual([
      ['token_endpoint', 'https://as.example/token'],
      ['jwks_uri', 'https://as.example/jwks'],
    ]);
  });

  it.each([
    'CCGRANT_TOKEN_ENDPOINT',
    'CCGRANT_INTROSPECTION_ENDPOINT',
    'CCGRANT_REVOCATION_ENDPOINT',
    'CCGRANT_JWKS_URI',
  ])('may have %s', (name) => {
    expect(resolve({}, { [name]: 'https://as.example/x' }).endpoints.size).toBe(1);
  });

  it.each([
    ['issuer', 'as.example'],
    ['issuer', 'ftp://as.example'],
    ['token-endpoint', '/token'],
    ['jwks-uri', 'not a URL'],
    ['issuer', 'https://as.example?tenant=x'],
    ['issuer', 'https://as.example#x'],
  ])('is not known by --%s %s', async (name, value) => {
    expect(await failureOf(() => resolve({ [name]: value }))).toMatchObject({ code: 'invalid_url' });
  });

  it.each([
    'https://as.example/oauth/token',
    'https://sub.authentication.eu10.hana.ondemand.com/oauth/token',
    'https://uaa.example/uaa/oauth/token',
  ])('may have an issuer that ends like a token endpoint, as UAA and SAP XSUAA have it: %s', (issuer) => {
    expect(resolve({ issuer }).identity).toEqual({ kind: 'issuer', issuer });
  });

  it.each([
    ['issuer', 'https://ci-bot:S3cr3t@as.example/realms/a'],
    ['issuer', 'https://ci-bot:S3cr3t@as.example/token'],
    ['issuer', 'https://ci-bot:S3cr3t@as.example/oauth2/v1/token'],
    ['token-endpoint', 'https://ci-bot:S3cr3t@as.example/token'],
    ['issuer', 'https://as.example/token?client_secret=S3cr3t'],
  ])('does not repeat a password in --%s %s', async (name, value) => {
    const failure = await failureOf(() => resolve({ [name]: value }));
    expect(failure.code).toBe('invalid_url');
    expect(wordsOf(failure)).not.toContain('S3cr3t');
  });
});
