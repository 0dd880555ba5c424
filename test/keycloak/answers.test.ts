import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { RealmClient } from '../support/keycloak/realm.ts';
import { type Scene, setScene } from '../support/keycloak/scene.ts';
import { type CcgrantResult, createWorkspace } from '../support/run-ccgrant.ts';

/** What one command line has to do with one answer of Keycloak or Flask. */
interface Row {
  /** Completes the sentence that the command begins. */
  readonly behaviour: string;
  /** Who asks; the client of the story by default. */
  readonly as?: (scene: Scene) => RealmClient;
  readonly args: (scene: Scene) => readonly string[];
  /** The issuer asked; `myorg` by default, empty for none. */
  readonly issuer?: (scene: Scene) => string;
  /** Written to `token.txt`, for options that name a file. */
  readonly tokenFile?: (scene: Scene) => string;
  readonly exitCode: number;
  /** The stable word in brackets. */
  readonly word?: string;
  /** What standard error says beside it. */
  readonly says?: RegExp;
  /** What the answer on standard output has to fulfil. */
  readonly answers?: (stdout: string, scene: Scene) => void;
}

let scene: Scene;

beforeAll(async () => {
  scene = await setScene(inject('keycloak'));
});

afterAll(async () => {
  await scene?.remove();
});

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
  const result = await ccgrant({ as: wrongSecret(scene), args: ['token', '--format', 'json'] });

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

    const revocation = await ccgrant({ args: ['revoke', token, ...options] });
    const introspection = await ccgrant({ as: scene.clients.resource, args: ['introspect', token] });

    expect(revocation.exitCode, revocation.stderr).toBe(0);
    expect(introspection.exitCode, introspection.stderr).toBe(5);
  });

  test("leaves another client's token active", async () => {
    const token = await scene.requestToken(scene.clients.other);

    const revocation = await ccgrant({ args: ['revoke', token] });
    const introspection = await ccgrant({ as: scene.clients.resource, args: ['introspect', token] });

    expect(revocation.exitCode, revocation.stderr).toBe(3);
    expect(introspection.exitCode, introspection.stderr).toBe(0);
  });

  test('exits 0 with --check and says that a client outside aud is always told inactive', async () => {
    const token = await scene.requestToken(scene.clients.client);

    const result = await ccgrant({ args: ['revoke', token, '--check'] });

    expect(result).toMatchObject({ exitCode: 0, stdout: '' });
    expect(result.stderr).toMatch(/\baud\b/);
  });
});

describe('verify', () => {
  const verify = (token: keyof Scene['tokens'], ...options: string[]) => ({
    args: ({ tokens }: Scene) => ['verify', tokens[token], ...options],
  });
  const invalid = { exitCode: 5, word: 'token_not_valid' };
  /** Nobody has proved the claims: none may reach standard output. */
  const unproven = { ...invalid, answers: (stdout: string) => expect(stdout).not.toContain('test_api_client') };

  check([
    {
      behaviour: 'exits 0 for the required scope and audience',
      ...verify('scoped', ...scoped, '--audience', 'test_api_resource'),
      exitCode: 0,
    },
    {
      behaviour: 'exits 0 for the audience account, which every token has',
      ...verify('unscoped', '--audience', 'account'),
      exitCode: 0,
    },
    { behaviour: 'exits 5 for a required scope that is missing', ...verify('unscoped', ...scoped), ...invalid },
    {
      behaviour: 'exits 5 for a required audience that is missing',
      ...verify('unscoped', '--audience', 'test_api_resource'),
      ...invalid,
    },
    { behaviour: 'exits 5 for a tampered token', ...verify('tampered'), ...unproven },
    { behaviour: 'exits 5 for a token signed with a key of somebody else', ...verify('forged'), ...unproven },
    { behaviour: 'exits 5 for a token that is not signed', ...verify('unsigned'), ...unproven },
    { behaviour: 'exits 5 for garbage', ...verify('garbage'), ...invalid },
    { behaviour: 'exits 5 for an expired token', ...verify('expired', '--leeway', '0s'), ...invalid },
    { behaviour: 'exits 5 for a token of another realm', ...verify('ofOtherRealm'), ...unproven },
    {
      behaviour: 'exits 5 for a token of the same realm by another host name',
      ...verify('ofOtherHost'),
      ...invalid,
      says: /\biss\b/,
    },
    { behaviour: 'exits 0 for a revoked token, because it asks nobody', ...verify('revoked'), exitCode: 0 },
    {
      behaviour: 'exits 5 for a revoked token with --introspect',
      as: resource,
      ...verify('revoked', '--introspect'),
      exitCode: 5,
    },
    {
      behaviour: 'exits 0 for an active token with --introspect',
      as: resource,
      ...verify('scoped', '--introspect'),
      exitCode: 0,
    },
    { behaviour: 'exits 0 for a token signed with ES256', ...verify('es256'), exitCode: 0 },
    {
      behaviour: 'exits 5 for a token signed with ES256 when only RS256 is allowed',
      ...verify('es256', '--alg', 'RS256'),
      ...invalid,
    },
    { behaviour: 'exits 0 for a lightweight token', ...verify('lightweight'), exitCode: 0 },
    {
      behaviour: 'exits 5 for a lightweight token with a required audience, which it does not have',
      ...verify('lightweight', '--audience', 'test_api_resource'),
      ...invalid,
    },
    {
      behaviour: 'exits 0 with --at-jwt for a token whose header says at+jwt',
      ...verify('atJwt', '--at-jwt', '--audience', 'test_api_resource'),
      exitCode: 0,
    },
    {
      behaviour: 'exits 5 with --at-jwt for a token whose header says JWT',
      ...verify('scoped', '--at-jwt', '--audience', 'test_api_resource'),
      ...invalid,
    },
  ]);

  test('lists all that is wrong with a token', async () => {
    const result = await ccgrant({
      args: ['verify', scene.tokens.unscoped, '--format', 'json', ...scoped, '--audience', 'test_api_resource'],
    });

    expect(result.exitCode, result.stderr).toBe(5);
    const { valid, checks } = JSON.parse(result.stdout);
    expect(valid).toBe(false);
    for (const [check, ok] of [
      ['signature', true],
      ['iss', true],
      ['aud', false],
      ['scope', false],
    ]) {
      expect(checks).toContainEqual(expect.objectContaining({ check, ok }));
    }
  });
});

describe('call', () => {
  const call = (route: string, ...options: string[]) => ({
    args: ({ api }: Scene) => ['call', `${api.url}/api/${route}`, ...options],
  });
  const callIntrospecting = (route: string, ...options: string[]) => ({
    args: ({ introspectingApi }: Scene) => ['call', `${introspectingApi.url}/api/${route}`, ...options],
  });
  const sending = (token: keyof Scene['tokens']) => ({ tokenFile: ({ tokens }: Scene) => tokens[token] });
  const fromFile = ['--token-file', 'token.txt'];
  const message = (text: string) => ({
    exitCode: 0,
    answers: (stdout: string) => expect(stdout).toBe(`{"message":"${text}"}\n`),
  });
  const publicMessage = message('No need of Authorization to see this');
  const privateMessage = message('Authorization is required to see this');
  const scopedMessage = message('Authorization with a scope named test_api_access is required to see this');
  const refused = (error: string, word = error) => ({
    exitCode: 22,
    word,
    answers: json((response) => expect(response).toMatchObject({ error })),
  });

  check([
    { behaviour: 'exits 0 on the public route', ...call('public'), ...publicMessage },
    { behaviour: 'exits 0 on the private route without the scope', ...call('private'), ...privateMessage },
    { behaviour: 'exits 0 on the private route with the scope', ...call('private', ...scoped), ...privateMessage },
    { behaviour: 'exits 0 on the scoped route with the scope', ...call('private-scoped', ...scoped), ...scopedMessage },
    {
      behaviour: 'exits 22 on the scoped route without the scope, a 403 without a challenge',
      ...call('private-scoped'),
      exitCode: 22,
      says: /403/,
      answers: json((response) => expect(response).toMatchObject({ error: 'insufficient_scope' })),
    },
    {
      behaviour: 'exits 0 on the scoped route without the scope with --no-fail',
      ...call('private-scoped', '--no-fail'),
      exitCode: 0,
      answers: json((response) => expect(response).toMatchObject({ error: 'insufficient_scope' })),
    },
    ...(['tampered', 'forged', 'unsigned', 'garbage', 'expired', 'ofOtherRealm', 'ofOtherHost'] as const).flatMap(
      (token) => [
        {
          behaviour: `exits 22 when the API verifies the token itself and it is ${token}`,
          ...sending(token),
          ...call('private-scoped', ...fromFile),
          ...refused('invalid_token'),
        },
        {
          behaviour: `exits 22 when the API introspects the token and it is ${token}`,
          ...sending(token),
          ...callIntrospecting('private-scoped', ...fromFile),
          ...refused('invalid_token'),
        },
      ],
    ),
    {
      behaviour: 'exits 0 with a revoked token when the API verifies it itself',
      ...sending('revoked'),
      ...call('private-scoped', ...fromFile),
      ...scopedMessage,
    },
    {
      behaviour: 'exits 22 with a revoked token when the API introspects it',
      ...sending('revoked'),
      ...callIntrospecting('private-scoped', ...fromFile),
      ...refused('invalid_token'),
    },
    {
      behaviour: 'exits 0 on the scoped route of an API that introspects',
      ...callIntrospecting('private-scoped', ...scoped),
      ...scopedMessage,
    },
    {
      behaviour: 'exits 22 without the scope when the API introspects, because it is not in aud',
      ...callIntrospecting('private'),
      ...refused('invalid_token'),
    },
  ]);

  test('asks for a new token when the API refuses the cached one, which was revoked elsewhere', async () => {
    const workspace = await createWorkspace(environment());
    try {
      const { stdout } = await workspace.run(['token', ...scoped]);
      const revocation = await ccgrant({ args: ['revoke', stdout.trim()] });
      expect(revocation.exitCode, revocation.stderr).toBe(0);

      const result = await workspace.run(['call', `${scene.introspectingApi.url}/api/private-scoped`, ...scoped]);

      expect(result.exitCode, result.stderr).toBe(0);
      expect(JSON.parse(result.stdout)).toHaveProperty('message');
    } finally {
      await workspace.remove();
    }
  });
});

describe('after a key rotation', () => {
  let newToken: string;
  let oldToken: string;

  beforeAll(async () => {
    oldToken = await scene.requestToken(scene.clients.client);
  });

  test('verify finds the new key although the old keys are cached', async () => {
    const workspace = await createWorkspace(environment());
    try {
      const before = await workspace.run(['verify', oldToken]);
      await scene.myorg.realm.addSigningKey('rotated', 200);
      newToken = await scene.requestToken(scene.clients.client);

      const after = await workspace.run(['verify', newToken]);
      const afterForOld = await workspace.run(['verify', oldToken]);

      expect(before.exitCode, before.stderr).toBe(0);
      expect(after.exitCode, after.stderr).toBe(0);
      expect(afterForOld.exitCode, afterForOld.stderr).toBe(0);
    } finally {
      await workspace.remove();
    }
  });

  test('call exits 22 when the API has read its keys before, and 0 when it introspects', async () => {
    const args = (api: { readonly url: string }) => ['call', `${api.url}/api/private-scoped`, ...scoped];

    const refusal = await ccgrant({ args: args(scene.api) });
    const acceptance = await ccgrant({ args: args(scene.introspectingApi) });

    expect(refusal.exitCode, refusal.stderr).toBe(22);
    expect(refusal.stderr).toContain('invalid_token');
    expect(acceptance.exitCode, acceptance.stderr).toBe(0);
  });

  test('a token whose key is gone is neither valid nor active, and revoking it is a warning', async () => {
    await scene.myorg.realm.removeGeneratedSigningKeys();

    const verification = await ccgrant({ args: ['verify', oldToken] });
    const introspection = await ccgrant({ as: scene.clients.resource, args: ['introspect', oldToken] });
    const revocation = await ccgrant({ args: ['revoke', oldToken] });

    expect(verification.exitCode, verification.stderr).toBe(5);
    expect(introspection.exitCode, introspection.stderr).toBe(5);
    expect(revocation.exitCode, revocation.stderr).toBe(0);
    expect(revocation.stderr).toMatch(/warning/);
  });
});

/** Makes each row a test with a workspace of its own, so that none finds what another has cached. */
function check(rows: readonly Row[]): void {
  test.each(rows.map((row) => [row.behaviour, row] as const))('%s', async (_, row) => {
    const result = await ccgrant({
      as: row.as?.(scene),
      issuer: row.issuer?.(scene),
      args: row.args(scene),
      tokenFile: row.tokenFile?.(scene),
    });

    expect(result.exitCode, result.stderr).toBe(row.exitCode);
    if (row.word !== undefined) expect(result.stderr).toMatch(new RegExp(`^error\\[${row.word}\\]: `, 'm'));
    if (row.says !== undefined) expect(result.stderr).toMatch(row.says);
    row.answers?.(result.stdout, scene);
  });
}

async function ccgrant(command: {
  readonly args: readonly string[];
  readonly as?: RealmClient | undefined;
  readonly issuer?: string | undefined;
  readonly tokenFile?: string | undefined;
}): Promise<CcgrantResult> {
  const workspace = await createWorkspace(environment(command.as, command.issuer));
  try {
    if (command.tokenFile !== undefined) await workspace.writeFile('token.txt', command.tokenFile);
    return await workspace.run(command.args);
  } finally {
    await workspace.remove();
  }
}

function environment(client = scene.clients.client, issuer = scene.issuer): Record<string, string> {
  return {
    CCGRANT_ISSUER: issuer,
    CCGRANT_CLIENT_ID: client.clientId,
    CCGRANT_CLIENT_SECRET: client.secret,
  };
}

// biome-ignore lint/suspicious/noExplicitAny: what a test expects of a JSON value says what it is
function json(expectations: (response: any, scene: Scene) => void): NonNullable<Row['answers']> {
  return (stdout, scene) => expectations(JSON.parse(stdout), scene);
}
