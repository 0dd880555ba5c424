import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { openAdmin } from '../support/keycloak/admin.ts';
import { type FlaskServer, startFlaskServer } from '../support/keycloak/flask-server.ts';
import { type Myorg, provisionMyorg } from '../support/keycloak/myorg.ts';
import { createWorkspace, type Workspace } from '../support/run-ccgrant.ts';

/** One token from its request to its revocation, in the order of the story: each step goes on from the last. */
describe('a client calls a Flask API with a token of Keycloak', () => {
  const asResource = ['--client-id', 'test_api_resource', '--client-secret-file', 'rs.txt'];
  let myorg: Myorg;
  let api: FlaskServer;
  let introspectingApi: FlaskServer;
  let workspace: Workspace;
  let token: string;

  beforeAll(async () => {
    myorg = await provisionMyorg(openAdmin(inject('keycloak')));
    api = await startFlaskServer(myorg.issuer);
    introspectingApi = await startFlaskServer(myorg.issuer, myorg.resource);
    workspace = await createWorkspace({
      CCGRANT_ISSUER: myorg.issuer,
      CCGRANT_CLIENT_ID: 'test_api_client',
      CCGRANT_CLIENT_SECRET_FILE: 'secret.txt',
    });
    await workspace.writeFile('secret.txt', `${myorg.client.secret}\n`);
    await workspace.writeFile('rs.txt', `${myorg.resource.secret}\n`);
  });

  afterAll(async () => {
    await workspace?.remove();
    await introspectingApi?.stop();
    await api?.stop();
    await myorg?.realm.remove();
  });

  test('discover shows the metadata of the realm', async () => {
    const result = await workspace.run(['discover']);

    expect(result.exitCode, result.stderr).toBe(0);
    expect(result.stdout).toContain(`${myorg.issuer}/protocol/openid-connect/token`);
  });

  test('token prints a bare access token', async () => {
    const result = await workspace.run(['token', '--scope', 'test_api_access']);

    expect(result.exitCode, result.stderr).toBe(0);
    expect(result.stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    token = result.stdout.trim();
  });

  test('decode shows the claims of the cached token', async () => {
    const result = await workspace.run(['decode', '--cached', '--scope', 'test_api_access', '--format', 'json']);

    expect(result.exitCode, result.stderr).toBe(0);
    const { header, payload, signature } = JSON.parse(result.stdout);
    expect(header).toMatchObject({ alg: 'RS256', typ: 'JWT' });
    expect(payload).toMatchObject({
      iss: myorg.issuer,
      aud: ['test_api_resource', 'account'],
      azp: 'test_api_client',
      client_id: 'test_api_client',
    });
    expect(payload.scope.split(' ')).toContain('test_api_access');
    expect(signature).toBe(token.split('.')[2]);
  });

  test('decode tells people that nothing is verified', async () => {
    const result = await workspace.run(['decode', '--cached', '--scope', 'test_api_access']);

    expect(result.exitCode, result.stderr).toBe(0);
    expect(result.stdout).toContain('test_api_resource');
    expect(result.stderr).toContain('NOT VERIFIED');
  });

  test('verify holds signature, scope and audience to be right', async () => {
    const result = await workspace.run([
      ...['verify', token, '--format', 'json'],
      ...['--scope', 'test_api_access', '--audience', 'test_api_resource'],
    ]);

    expect(result.exitCode, result.stderr).toBe(0);
    const { valid, checks } = JSON.parse(result.stdout);
    expect(valid).toBe(true);
    for (const check of ['signature', 'alg', 'iss', 'aud', 'exp', 'scope']) {
      expect(checks).toContainEqual(expect.objectContaining({ check, ok: true }));
    }
  });

  test.each(['argument', 'standard input'])('verify succeeds for people with the token as %s', async (where) => {
    const required = ['--scope', 'test_api_access', '--audience', 'test_api_resource'];
    const result =
      where === 'argument'
        ? await workspace.run(['verify', token, ...required])
        : await workspace.run(['verify', ...required], { stdin: `${token}\n` });

    expect(result.exitCode, result.stderr).toBe(0);
  });

  test('call prints what the API answers to the cached token', async () => {
    const result = await workspace.run(['call', `${api.url}/api/private-scoped`, '--scope', 'test_api_access']);

    expect(result.exitCode, result.stderr).toBe(0);
    expect(result.stdout).toBe(
      '{"message":"Authorization with a scope named test_api_access is required to see this"}\n',
    );
  });

  test('introspect, as the resource server, says that the token is active', async () => {
    const result = await workspace.run(['introspect', ...asResource], { stdin: `${token}\n` });

    expect(result.exitCode, result.stderr).toBe(0);
    expect(JSON.parse(result.stdout)).toMatchObject({
      active: true,
      client_id: 'test_api_client',
      username: 'service-account-test_api_client',
      token_type: 'Bearer',
    });
  });

  test('revoke succeeds and prints nothing on standard output', async () => {
    const result = await workspace.run(['revoke', token]);

    expect(result).toMatchObject({ exitCode: 0, stdout: '' });
    expect(result.stderr).not.toMatch(/warning|error/i);
  });

  test('introspect exits 5 afterwards and still prints the answer', async () => {
    const result = await workspace.run(['introspect', token, ...asResource]);

    expect(result.exitCode, result.stderr).toBe(5);
    expect(JSON.parse(result.stdout)).toEqual({ active: false });
    expect(result.stderr).toMatch(/^error\[token_not_active\]: /m);
  });

  test('verify, which asks nobody, still succeeds afterwards', async () => {
    const result = await workspace.run(['verify', token, '--scope', 'test_api_access']);

    expect(result.exitCode, result.stderr).toBe(0);
  });

  test('verify --introspect exits 5 afterwards', async () => {
    const result = await workspace.run(['verify', token, '--introspect', ...asResource]);

    expect(result.exitCode, result.stderr).toBe(5);
  });

  test('the revoked token has left the cache', async () => {
    const result = await workspace.run(['decode', '--cached', '--scope', 'test_api_access']);

    expect(result.exitCode, result.stderr).toBe(2);
    expect(result.stderr).toContain('ccgrant token');
  });

  test('an API that verifies with the JWKS still accepts the revoked token', async () => {
    await workspace.writeFile('revoked.txt', token);

    const result = await workspace.run(['call', `${api.url}/api/private-scoped`, '--token-file', 'revoked.txt']);

    expect(result.exitCode, result.stderr).toBe(0);
  });

  test('an API that introspects refuses the revoked token', async () => {
    const url = `${introspectingApi.url}/api/private-scoped`;

    const result = await workspace.run(['call', url, '--token-file', 'revoked.txt']);

    expect(result.exitCode, result.stderr).toBe(22);
    expect(JSON.parse(result.stdout)).toMatchObject({ error: 'invalid_token' });
    expect(result.stderr).toContain('invalid_token');
  });

  test('call gets a new token, which both APIs accept', async () => {
    for (const { url } of [api, introspectingApi]) {
      const result = await workspace.run(['call', `${url}/api/private-scoped`, '--scope', 'test_api_access']);

      expect(result.exitCode, result.stderr).toBe(0);
    }
  });
});
