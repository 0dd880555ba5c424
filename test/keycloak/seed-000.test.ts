import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { openAdmin } from '../support/keycloak/admin.ts';
import { type Myorg, provisionMyorg } from '../support/keycloak/myorg.ts';
import { createWorkspace, runCcgrant, type Workspace } from '../support/run-ccgrant.ts';

/** The client credentials grant by hand: find the token_endpoint, send it the client's credentials. */
describe('from the well-known URL to an access token', () => {
  let myorg: Myorg;
  let workspace: Workspace;

  beforeAll(async () => {
    myorg = await provisionMyorg(openAdmin(inject('keycloak')));
    workspace = await createWorkspace();
    await workspace.writeFile('secret.txt', `${myorg.client.secret}\n`);
  });

  afterAll(async () => {
    await workspace?.remove();
    await myorg?.realm.remove();
  });

  test('discover names the URLs for tokens, keys, introspection and revocation', async () => {
    const result = await workspace.run(['discover', '--issuer', myorg.issuer, '--format', 'json']);

    expect(result.exitCode, result.stderr).toBe(0);
    expect(JSON.parse(result.stdout)).toMatchObject({
      issuer: myorg.issuer,
      token_endpoint: `${myorg.issuer}/protocol/openid-connect/token`,
      jwks_uri: `${myorg.issuer}/protocol/openid-connect/certs`,
      introspection_endpoint: `${myorg.issuer}/protocol/openid-connect/token/introspect`,
      revocation_endpoint: `${myorg.issuer}/protocol/openid-connect/revoke`,
    });
  });

  test.each([
    ['with the path behind it', (issuer: string) => `${issuer}/.well-known/openid-configuration`],
    [
      'with the path before it',
      (issuer: string) => issuer.replace('/realms/', '/.well-known/oauth-authorization-server/realms/'),
    ],
  ])('discover accepts the pasted well-known URL %s', async (_, wellKnownUrl) => {
    const result = await runCcgrant(['discover', '--issuer', wellKnownUrl(myorg.issuer), '--format', 'json']);

    expect(result.exitCode, result.stderr).toBe(0);
    expect(JSON.parse(result.stdout)).toMatchObject({ issuer: myorg.issuer });
  });

  test('token sends id, secret and scope in the body of a request to the token_endpoint', async () => {
    const { stdout } = await workspace.run(['discover', '--issuer', myorg.issuer, '--format', 'json']);
    const { token_endpoint: tokenEndpoint } = JSON.parse(stdout);

    const result = await workspace.run([
      'token',
      ...['--token-endpoint', tokenEndpoint, '--auth-method', 'client_secret_post'],
      ...['--client-id', 'test_api_client', '--client-secret-file', 'secret.txt'],
      ...['--scope', 'test_api_access', '--format', 'json'],
    ]);

    expect(result.exitCode, result.stderr).toBe(0);
    const response = JSON.parse(result.stdout);
    expect(response).toMatchObject({ token_type: 'Bearer', from_cache: false });
    expect(response.scope.split(' ')).toContain('test_api_access');
    const claims = decodeJwt<{ azp: string; scope: string }>(response.access_token);
    expect(claims).toMatchObject({ iss: myorg.issuer, azp: 'test_api_client' });
    expect(claims.scope.split(' ')).toContain('test_api_access');
  });

  test('token has the optional scope only when it is asked for', async () => {
    const result = await workspace.run([
      'token',
      ...['--issuer', myorg.issuer],
      ...['--client-id', 'test_api_client', '--client-secret-file', 'secret.txt'],
    ]);

    expect(result.exitCode, result.stderr).toBe(0);
    const claims = decodeJwt<{ scope: string }>(result.stdout.trim());
    expect(claims.scope.split(' ').toSorted()).toEqual(['email', 'profile']);
  });
});
