import { describe, expect, it } from 'vitest';
import { fetchJwks } from '../../../src/oauth/jwks.ts';
import { failureOf } from '../support/failure.ts';
import { keycloakKeys } from '../support/fixtures.ts';
import { generateSigningKey } from '../support/json-web-token.ts';
import type { Answer } from '../support/scripted-http.ts';
import { scriptedHttp } from '../support/scripted-http.ts';

const jwksUri = new URL('https://as.example/jwks');
const fetchFrom = (answer: Answer) => fetchJwks(jwksUri, scriptedHttp(() => answer).transport);

describe('fetchJwks', () => {
  it.each(['application/json', 'application/jwk-set+json', 'application/json;charset=iso-8859-1', 'text/plain'])(
    'reads the keys of Keycloak as %s',
    async (type) => {
      const answer = { headers: { 'content-type': type }, body: JSON.stringify(keycloakKeys) };
      expect(await fetchFrom(answer)).toEqual(keycloakKeys);
    },
  );

  it('asks for JSON without credentials', async () => {
    const http = scriptedHttp(() => ({ body: keycloakKeys }));
    await fetchJwks(jwksUri, http.transport);
    expect(http.requests).toHaveLength(1);
    expect(http.requests[0]?.method).toBe('GET');
    expect(http.requests[0]?.headers.has('authorization')).toBe(false);
  });

  it('leaves symmetric keys out: a secret that anybody can fetch proves nothing', async () => {
    const { publicJwk } = generateSigningKey('ES256');
    const keys = [{ kty: 'oct', k: Buffer.alloc(32, 1).toString('base64url'), alg: 'HS256' }, publicJwk];
    expect(await fetchFrom({ body: { keys } })).toEqual({ keys: [publicJwk] });
  });

  it('leaves private keys out: whoever can fetch them signs what he likes', async () => {
    const [{ publicJwk }, other] = [generateSigningKey('ES256'), generateSigningKey('RS256')];
    const keys = [{ ...other.publicJwk, d: 'AQAB' }, publicJwk];
    expect(await fetchFrom({ body: { keys } })).toEqual({ keys: [publicJwk] });
  });

  it.each([400, 401, 403, 404, 410])('fails with jwks_unavailable at %i', async (status) => {
    expect(await failureOf(() => fetchFrom({ status, body: keycloakKeys }))).toMatchObject({
      code: 'jwks_unavailable',
      status,
    });
  });

  it.each<[string, Answer]>([
    ['HTML', { headers: { 'content-type': 'text/html' }, body: '<html>' }],
    ['nothing', {}],
    ['one key instead of a set', { body: keycloakKeys.keys[0] as object }],
    ['an array of keys', { body: [...keycloakKeys.keys] }],
    ['more than a hundred keys', { body: { keys: Array.from({ length: 101 }, () => ({ kty: 'RSA' })) } }],
  ])('refuses %s', async (_, answer) => {
    expect(await failureOf(() => fetchFrom(answer))).toMatchObject({ code: 'invalid_response' });
  });

  it('refuses more than a megabyte', async () => {
    expect(await failureOf(() => fetchFrom({ body: { keys: [], padding: 'x'.repeat(1024 * 1024) } }))).toMatchObject({
      code: 'response_too_large',
    });
  });
});
