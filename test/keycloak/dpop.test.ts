import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { openAdmin } from '../support/keycloak/admin.ts';
import type { Myorg } from '../support/keycloak/myorg.ts';
import { provisionMyorg } from '../support/keycloak/myorg.ts';
import type { RealmClient } from '../support/keycloak/realm.ts';
import { createWorkspace, type Workspace } from '../support/run-ccgrant.ts';

let myorg: Myorg;
/** A client that gets no token without a proof. */
let bound: RealmClient;

beforeAll(async () => {
  myorg = await provisionMyorg(openAdmin(inject('keycloak')));
  const attributes = { 'dpop.bound.access.tokens': 'true' };
  bound = await myorg.realm.createClient({
    clientId: 'bound_client',
    optionalScopes: ['test_api_access'],
    representation: { attributes },
  });
});

afterAll(async () => {
  await myorg?.realm.remove();
});

async function openWorkspace({ clientId, secret }: RealmClient): Promise<Workspace & AsyncDisposable> {
  const workspace = await createWorkspace({
    CCGRANT_ISSUER: myorg.issuer,
    CCGRANT_CLIENT_ID: clientId,
    CCGRANT_CLIENT_SECRET: secret,
    CCGRANT_SCOPE: 'openid test_api_access',
  });
  return { ...workspace, [Symbol.asyncDispose]: workspace.remove };
}

/** The client that is in the token's `aud`: to any other one Keycloak calls it inactive. */
function asResource(): Record<string, string> {
  const { clientId, secret } = myorg.resource;
  return { CCGRANT_CLIENT_ID: clientId, CCGRANT_CLIENT_SECRET: secret };
}

const userinfo = (): string => `${myorg.issuer}/protocol/openid-connect/userinfo`;

describe.each(['the client of the story', 'a client that must'])('%s, by a key', (which) => {
  const client = (): RealmClient => (which === 'a client that must' ? bound : myorg.client);

  test('gets a bound token, introspects it, calls an API with it and revokes it', async () => {
    await using workspace = await openWorkspace(client());
    const got = await workspace.run(['token', '--dpop']);
    expect(got).toMatchObject({ exitCode: 0, stderr: '' });
    const token = got.stdout.trim();
    const claims = decodeJwt<{ cnf: { jkt: string } }>(token);
    expect(claims).toMatchObject({ typ: 'DPoP', cnf: { jkt: expect.any(String) } });

    const introspected = await workspace.run(['introspect', token], { env: asResource() });
    expect(JSON.parse(introspected.stdout)).toMatchObject({ active: true, token_type: 'DPoP' });

    const called = await workspace.run(['call', userinfo(), '--dpop']);
    expect(called).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(called.stdout)).toMatchObject({ sub: claims.sub });

    expect(await workspace.run(['revoke', token])).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await workspace.run(['introspect', token], { env: asResource() })).toMatchObject({ exitCode: 5 });
    // The revoked one went with its key: another one is asked for.
    expect(await workspace.run(['call', userinfo(), '--dpop'])).toMatchObject({ exitCode: 0 });
  });
});

test.each(['EdDSA', 'RS256', 'PS256', 'ES384'])('a key by %s from a file will do', async (alg) => {
  const { exportPKCS8, generateKeyPair } = await import('jose');
  await using workspace = await openWorkspace(myorg.client);
  const { privateKey } = await generateKeyPair(alg === 'EdDSA' ? 'Ed25519' : alg, { extractable: true });
  await workspace.writeFile('key.pem', await exportPKCS8(privateKey));
  const called = await workspace.run(['call', userinfo(), '--dpop-key', 'key.pem']);
  expect(called).toMatchObject({ exitCode: 0, stderr: '' });
});

test('a client that must and does not is told what to do', async () => {
  await using workspace = await openWorkspace(bound);
  const { exitCode, stderr } = await workspace.run(['token']);
  expect(exitCode).toBe(3);
  expect(stderr).toContain('DPoP proof is missing');
  expect(stderr).toContain('hint:   does this client have to bind its tokens to a key? then say --dpop');
});

test('a bound token without its key is not sent', async () => {
  await using workspace = await openWorkspace(bound);
  const { stdout } = await workspace.run(['token', '--dpop']);
  const { exitCode, stderr } = await workspace.run(['call', userinfo(), '--token-file', '-'], { stdin: stdout });
  expect(exitCode).toBe(2);
  expect(stderr).toContain('is of use only with the key that it is bound to');
});
