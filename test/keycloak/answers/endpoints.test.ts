import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { ccgrant, checkIn, json } from '../../support/keycloak/answers.ts';
import { type Scene, setScene } from '../../support/keycloak/scene.ts';

let scene: Scene;

beforeAll(async () => {
  scene = await setScene(inject('keycloak'));
});

afterAll(async () => {
  await scene?.remove();
});

const check = checkIn(() => scene);
const other = ({ clients }: Scene) => clients.other;
const resource = ({ clients }: Scene) => clients.resource;
const unknown = ({ clients }: Scene) => clients.unknown;
const wrongSecret = ({ clients }: Scene) => ({ ...clients.client, secret: 'wrong' });
const scoped = ['--scope', 'test_api_access'];

describe('token', () => {
  const get = (...options: string[]) => ({ args: () => ['token', ...options] });
  const getJson = (...options: string[]) => get(...options, '--format', 'json');

  check([
    {
      behaviour: 'exits 0 with the members that only Keycloak has, and what is left of 300 seconds',
      ...getJson(...scoped),
      exitCode: 0,
      answers: json(({ expires_in, ...response }) => {
        expect(response).toMatchObject({ token_type: 'Bearer', refresh_expires_in: 0, 'not-before-policy': 0 });
        expect(expires_in).toBeGreaterThan(270);
        expect(expires_in).toBeLessThanOrEqual(300);
      }),
    },
    {
      behaviour: 'exits 3 for a wrong secret sent by client_secret_basic, which Keycloak calls unauthorized_client',
      as: wrongSecret,
      ...get('--auth-method', 'client_secret_basic'),
      exitCode: 3,
      word: 'unauthorized_client',
      says: /401.*Invalid client or Invalid client credentials/,
    },
    {
      behaviour: 'exits 3 for a wrong secret sent by client_secret_post',
      as: wrongSecret,
      ...get('--auth-method', 'client_secret_post'),
      exitCode: 3,
      word: 'unauthorized_client',
    },
    { behaviour: 'exits 3 for an unknown client', as: unknown, ...get(), exitCode: 3, word: 'invalid_client' },
    {
      behaviour: 'exits 3 for a disabled client',
      as: ({ clients }) => clients.disabled,
      ...get(),
      exitCode: 3,
      word: 'invalid_client',
    },
    {
      behaviour: 'exits 3 for a client without a service account',
      as: resource,
      ...get(),
      exitCode: 3,
      word: 'unauthorized_client',
      says: /Client not enabled to retrieve service account/,
    },
    {
      behaviour: 'exits 3 for a public client',
      as: ({ clients }) => ({ ...clients.public, secret: '' }),
      ...get('--auth-method', 'none'),
      exitCode: 3,
      word: 'unauthorized_client',
      says: /Public client not allowed to retrieve service account/,
    },
    {
      behaviour: 'exits 3 for a scope that does not exist',
      ...get('--scope', 'nope'),
      exitCode: 3,
      word: 'invalid_scope',
      says: /400.*Invalid scopes: nope/,
    },
    {
      behaviour: 'exits 3 for a scope that is not assigned to the client',
      ...get('--scope', 'unassigned'),
      exitCode: 3,
      word: 'invalid_scope',
    },
    {
      behaviour: 'exits 3 when one of two scopes does not exist',
      ...get(...scoped, '--scope', 'nope'),
      exitCode: 3,
      word: 'invalid_scope',
      says: /Invalid scopes: .*nope/,
    },
    {
      behaviour: 'exits 0 for a scope asked for twice',
      ...getJson(...scoped, ...scoped),
      exitCode: 0,
      answers: json(({ scope }) => expect(scope.split(' ')).toContain('test_api_access')),
    },
    { behaviour: 'exits 0 for a scope that the client has anyway', ...get('--scope', 'profile'), exitCode: 0 },
    {
      behaviour: 'exits 0 and passes on the id_token that the scope openid brings',
      ...getJson('--scope', 'openid'),
      exitCode: 0,
      answers: json((response) => expect(response).toHaveProperty('id_token')),
    },
    {
      behaviour: 'exits 0 for offline_access, which brings no refresh token',
      ...getJson('--scope', 'offline_access'),
      exitCode: 0,
      answers: json((response) => expect(response).not.toHaveProperty('refresh_token')),
    },
    {
      behaviour: 'exits 0 with audience and resource, which Keycloak does not look at',
      ...getJson('--audience', 'somebody', '--resource', 'https://api.example/'),
      exitCode: 0,
      answers: json(({ access_token }) => expect(decodeJwt(access_token).aud).toBe('account')),
    },
    {
      behaviour: 'gets the token of a client whose secret has odd characters by client_secret_basic',
      as: other,
      ...get('--auth-method', 'client_secret_basic'),
      exitCode: 0,
    },
    {
      behaviour: 'gets the token of a client whose secret has odd characters by client_secret_post',
      as: other,
      ...get('--auth-method', 'client_secret_post'),
      exitCode: 0,
    },
    {
      behaviour: 'gets the token of a client whose secret has odd characters by the method it chooses itself',
      as: other,
      ...get(),
      exitCode: 0,
    },
    {
      behaviour: 'exits 3 for such a secret sent as it is, which Keycloak decodes',
      as: other,
      ...get('--auth-method', 'client_secret_basic', '--basic-encoding', 'raw'),
      exitCode: 3,
      word: 'unauthorized_client',
    },
    {
      behaviour: 'exits 4 for a realm that does not exist, whose metadata nobody has',
      issuer: ({ issuer }) => `${issuer}-no-such-realm`,
      ...get(),
      exitCode: 4,
      word: 'metadata_unavailable',
      says: /404/,
    },
    {
      behaviour: 'exits 3 for the token_endpoint of a realm that does not exist',
      issuer: () => '',
      args: ({ issuer }) => ['token', '--token-endpoint', `${issuer}-no-such-realm/protocol/openid-connect/token`],
      exitCode: 3,
      says: /404.*Realm does not exist/,
    },
    {
      behaviour: 'names the issuer by the host that was asked',
      issuer: ({ otherHostIssuer }) => otherHostIssuer,
      ...getJson(),
      exitCode: 0,
      answers: json(({ access_token }, { otherHostIssuer }) => {
        expect(decodeJwt(access_token).iss).toBe(otherHostIssuer);
      }),
    },
  ]);
});

test('a refusal is one JSON object on standard error with --format json', async () => {
  const result = await ccgrant(scene, { as: wrongSecret(scene), args: ['token', '--format', 'json'] });

  expect(result).toMatchObject({ exitCode: 3, stdout: '' });
  expect(JSON.parse(result.stderr)).toMatchObject({
    error: { code: 'unauthorized_client', message: expect.any(String), status: 401 },
  });
});

describe('introspect', () => {
  const ask = (token: keyof Scene['tokens'], ...options: string[]) => ({
    args: ({ tokens }: Scene) => ['introspect', tokens[token], ...options],
  });
  const inactive = {
    exitCode: 5,
    word: 'token_not_active',
    answers: json((response) => expect(response).toEqual({ active: false })),
  };

  check([
    {
      behaviour: 'exits 0 with the claims for the client in aud',
      as: resource,
      ...ask('scoped'),
      exitCode: 0,
      answers: json((response, { issuer }) => {
        expect(response).toMatchObject({ active: true, iss: issuer, azp: 'test_api_client' });
        expect(response).not.toHaveProperty('clientHost');
      }),
    },
    {
      behaviour: 'exits 0 for a client that is in aud of its own token',
      as: ({ clients }) => clients.audienceOfItself,
      ...ask('ofAudienceOfItself'),
      exitCode: 0,
    },
    {
      behaviour: 'exits 0 for a lightweight token, with the claims that the token itself does not have',
      as: resource,
      ...ask('lightweight'),
      exitCode: 0,
      answers: json((response) => expect(response).toMatchObject({ aud: ['test_api_resource', 'account'] })),
    },
    {
      behaviour: 'exits 5 for the client that the token was issued to, and hints at aud',
      ...ask('scoped'),
      ...inactive,
      says: /hint:.*\baud\b/,
    },
    {
      behaviour: 'exits 5 for a client that has nothing to do with the token, and hints at aud',
      as: other,
      ...ask('scoped'),
      ...inactive,
      says: /hint:.*\baud\b/,
    },
    {
      behaviour: 'exits 5 for a token without the scope that puts the asking client into aud, and hints at aud',
      as: resource,
      ...ask('unscoped'),
      ...inactive,
      says: /hint:.*\baud\b/,
    },
    { behaviour: 'exits 5 for garbage', as: resource, ...ask('garbage'), ...inactive },
    { behaviour: 'exits 5 for a tampered token', as: resource, ...ask('tampered'), ...inactive },
    { behaviour: 'exits 5 for a revoked token', as: resource, ...ask('revoked'), ...inactive },
    { behaviour: 'exits 5 for an expired token', as: resource, ...ask('expired'), ...inactive },
    { behaviour: 'exits 5 for a token of another realm', as: resource, ...ask('ofOtherRealm'), ...inactive },
    {
      behaviour: 'exits 5 for a token of the same realm by another host name',
      as: resource,
      ...ask('ofOtherHost'),
      ...inactive,
    },
    {
      behaviour: 'exits 5 for a good token that a wrong token_type_hint hides',
      as: resource,
      ...ask('scoped', '--token-type-hint', 'refresh_token'),
      ...inactive,
    },
    {
      behaviour: 'exits 0 with the right token_type_hint',
      as: resource,
      ...ask('scoped', '--token-type-hint', 'access_token'),
      exitCode: 0,
    },
    {
      behaviour: 'exits 3 for a wrong secret, which Keycloak calls invalid_client here',
      as: (scene) => ({ ...resource(scene), secret: 'wrong' }),
      ...ask('scoped'),
      exitCode: 3,
      word: 'invalid_client',
      says: /401.*Client authentication failed/,
    },
    { behaviour: 'exits 3 for an unknown client', as: unknown, ...ask('scoped'), exitCode: 3, word: 'invalid_client' },
    {
      behaviour: 'exits 3 for a public client',
      as: ({ clients }) => ({ ...clients.public, secret: '' }),
      ...ask('scoped', '--auth-method', 'none'),
      exitCode: 3,
      word: 'invalid_request',
      says: /403.*Client not allowed/,
    },
  ]);
});

describe('revoke', () => {
  const revoke = (token: keyof Scene['tokens'], ...options: string[]) => ({
    args: ({ tokens }: Scene) => ['revoke', tokens[token], ...options],
  });
  const silent = { answers: (stdout: string) => expect(stdout).toBe('') };
  const nothingToRevoke = { exitCode: 0, says: /^warning: .*Invalid token/m, ...silent };

  check([
    { behaviour: 'exits 0 for a token that is revoked already', ...revoke('revoked'), exitCode: 0, ...silent },
    {
      behaviour: "exits 3 for another client's token",
      ...revoke('ofOtherClient'),
      exitCode: 3,
      word: 'invalid_request',
      says: /400.*Unmatching clients/,
      ...silent,
    },
    {
      behaviour: 'exits 3 for the resource server, which may ask about the token but not revoke it',
      as: resource,
      ...revoke('scoped'),
      exitCode: 3,
      word: 'invalid_request',
      says: /400.*Unmatching clients/,
    },
    { behaviour: 'exits 0 with a warning for garbage', ...revoke('garbage'), ...nothingToRevoke },
    { behaviour: 'exits 0 with a warning for a tampered token', ...revoke('tampered'), ...nothingToRevoke },
    {
      behaviour: 'exits 0 for an expired token, whether or not the server has something to say about it',
      as: ({ clients }) => clients.shortLived,
      ...revoke('expired'),
      exitCode: 0,
      ...silent,
    },
    { behaviour: 'exits 0 with a warning for a token of another realm', ...revoke('ofOtherRealm'), ...nothingToRevoke },
    {
      behaviour: 'exits 3 for a wrong secret',
      as: wrongSecret,
      ...revoke('scoped'),
      exitCode: 3,
      word: 'unauthorized_client',
    },
    {
      behaviour: 'exits 3 for an unknown client',
      as: unknown,
      ...revoke('scoped'),
      exitCode: 3,
      word: 'invalid_client',
    },
  ]);

  test.each([
    ['without a hint', []],
    ['with the hint access_token', ['--token-type-hint', 'access_token']],
    ['with a hint that makes no sense', ['--token-type-hint', 'nonsense']],
  ])('exits 0 %s, and the token is not active afterwards', async (_, options) => {
    const token = await scene.requestToken(scene.clients.client);

    const revocation = await ccgrant(scene, { args: ['revoke', token, ...options] });
    const introspection = await ccgrant(scene, { as: scene.clients.resource, args: ['introspect', token] });

    expect(revocation.exitCode, revocation.stderr).toBe(0);
    expect(introspection.exitCode, introspection.stderr).toBe(5);
  });

  test("leaves another client's token active", async () => {
    const token = await scene.requestToken(scene.clients.other);

    const revocation = await ccgrant(scene, { args: ['revoke', token] });
    const introspection = await ccgrant(scene, { as: scene.clients.resource, args: ['introspect', token] });

    expect(revocation.exitCode, revocation.stderr).toBe(3);
    expect(introspection.exitCode, introspection.stderr).toBe(0);
  });

  test('exits 0 with --check and says that a client outside aud is always told inactive', async () => {
    const token = await scene.requestToken(scene.clients.client);

    const result = await ccgrant(scene, { args: ['revoke', token, '--check'] });

    expect(result).toMatchObject({ exitCode: 0, stdout: '' });
    expect(result.stderr).toMatch(/\baud\b/);
  });
});
