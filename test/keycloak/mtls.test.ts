import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { openAdmin } from '../support/keycloak/admin.ts';
import { createRealm, type Realm } from '../support/keycloak/realm.ts';
import { createWorkspace, type Workspace } from '../support/run-ccgrant.ts';

const { baseUrl, secureBaseUrl, pki, ...credentials } = inject('keycloak');
const realmName = 'mtls';

let realm: Realm;
let workspace: Workspace;

beforeAll(async () => {
  realm = await createRealm(openAdmin({ baseUrl, secureBaseUrl, pki, ...credentials }), realmName);
  const attributes = { 'x509.subjectdn': 'CN=mtls-client', 'x509.casubjectdn': 'CN=Playbook CA' };
  const bound = { 'tls.client.certificate.bound.access.tokens': 'true' };
  const byCertificate = { clientAuthenticatorType: 'client-x509' };
  await realm.createClient({
    clientId: 'bound',
    representation: { ...byCertificate, attributes: { ...attributes, ...bound } },
  });
  await realm.createClient({ clientId: 'unbound', representation: { ...byCertificate, attributes } });
  await realm.createClient({ clientId: 'secret', secret: 'not-a-real-secret', representation: { attributes: bound } });
  workspace = await createWorkspace({
    CCGRANT_ISSUER: `${secureBaseUrl}/realms/${realmName}`,
    CCGRANT_CLIENT_ID: 'bound',
    CCGRANT_CACERT: 'ca.pem',
    CCGRANT_CERT: 'client.pem',
    CCGRANT_KEY: 'client.key',
    CCGRANT_SCOPE: 'openid',
  });
  for (const name of ['ca.pem', 'client.pem', 'client.key', 'other.pem', 'other.key', 'stranger.pem', 'stranger.key']) {
    await workspace.writeFile(name, await readFile(join(pki, name)));
  }
});

afterAll(async () => {
  await workspace?.remove();
  await realm?.remove();
});

const userinfo = `${secureBaseUrl}/realms/${realmName}/protocol/openid-connect/userinfo`;
const other = { CCGRANT_CERT: 'other.pem', CCGRANT_KEY: 'other.key' };
const without = { CCGRANT_CERT: '', CCGRANT_KEY: '' };

describe('tls_client_auth', () => {
  test('gets a token that is bound to the certificate, and of no use after it is revoked', async () => {
    const { stdout: stdin } = await workspace.run(['token', '--fresh']);
    expect(decodeJwt(stdin.trim()).cnf).toEqual({ 'x5t#S256': expect.stringMatching(/^[\w-]{43}$/) });
    expect(await workspace.run(['verify', '--bound-to-cert', 'client.pem'], { stdin })).toMatchObject({ exitCode: 0 });
    expect(await workspace.run(['verify', '--bound-to-cert', 'other.pem'], { stdin })).toMatchObject({ exitCode: 5 });
    expect(await workspace.run(['revoke'], { stdin })).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await workspace.run(['call', userinfo, '--token-file', '-'], { stdin })).toMatchObject({ exitCode: 22 });
  });

  test('needs https: the aliases that Keycloak lists over http are http', async () => {
    const issuer = `${baseUrl}/realms/${realmName}`;
    const { exitCode, stderr } = await workspace.run(['token', '--issuer', issuer]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(
      /^error\[http_not_allowed\]: the certificate from CCGRANT_CERT cannot be shown over plain http: /,
    );
  });

  test('with a certificate of another client is refused, and the hint names the subject', async () => {
    const { exitCode, stderr } = await workspace.run(['token', '--fresh'], { env: other });
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/^error\[invalid_client\]: /);
    expect(stderr).toContain('is this the certificate that bound is registered with? its subject is CN=other-client,');
  });

  test('with a certificate of another authority gets no connection', async () => {
    const env = { CCGRANT_CERT: 'stranger.pem', CCGRANT_KEY: 'stranger.key' };
    const { exitCode, stderr } = await workspace.run(['token', '--fresh'], { env });
    expect(exitCode).toBe(4);
    expect(stderr).toMatch(
      /^error\[tls_failed\]: localhost:\d+ does not accept the certificate from CCGRANT_CERT \(CN=mtls-client\)$/m,
    );
  });
});

describe('a bound token', () => {
  test.for([
    { env: other, warning: 'the token is bound to another certificate than the one from CCGRANT_CERT' },
    {
      env: without,
      warning: 'the token is bound to a certificate, and none is given: with --cert FILE it is shown to ',
    },
  ])('is refused: $warning', async ({ env, warning }) => {
    const { stdout: stdin } = await workspace.run(['token', '--fresh']);
    const result = await workspace.run(['call', userinfo, '--token-file', '-'], { stdin, env });
    expect(result.exitCode).toBe(22);
    expect(result.stderr).toContain(`warning: ${warning}`);
    expect(result.stderr).toMatch(/^error\[invalid_token\]: the API answered 401$/m);
  });

  test('is what a client with a secret gets, too, when it shows a certificate', async () => {
    await workspace.writeFile('secret', 'not-a-real-secret');
    const env = { CCGRANT_CLIENT_ID: 'secret', CCGRANT_CLIENT_SECRET_FILE: 'secret', ...other };
    const { stdout } = await workspace.run(['token'], { env });
    expect(decodeJwt(stdout.trim()).cnf).toBeDefined();
    expect(await workspace.run(['call', userinfo], { env })).toMatchObject({ exitCode: 0, stderr: '' });
  });
});

test('a token that is not bound is used without the certificate', async () => {
  const env = { CCGRANT_CLIENT_ID: 'unbound' };
  const { exitCode, stderr } = await workspace.run(['call', '-v', userinfo], { env });
  expect(exitCode).toBe(0);
  expect(stderr).toContain('the token does not say that it is bound to it; --api-cert shows it all the same\n');
});
