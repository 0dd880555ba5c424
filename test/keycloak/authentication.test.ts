import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeJwt, importPKCS8, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { makeKey } from '../support/authentication/keys.ts';
import type { Command } from '../support/authentication/rows.ts';
import { authenticationRows, casesOn, certificateRows, commands } from '../support/authentication/rows.ts';
import { openAdmin } from '../support/keycloak/admin.ts';
import { audienceMapper, createRealm, type Realm } from '../support/keycloak/realm.ts';
import { requestToken } from '../support/keycloak/tokens.ts';
import { createWorkspace, type Workspace } from '../support/run-ccgrant.ts';

const cases = casesOn('keycloak', [...authenticationRows, ...certificateRows]);
type Case = (typeof cases)[number];
const attester = makeKey('ES256');
const secret = 'not-a-real-secret-but-one-of-64-bytes-as-HS512-wants-it-to-be-ok';

/** The realm that clients prove themselves to, and another one whose tokens are proof in the first. */
const { baseUrl, secureBaseUrl, pki } = inject('keycloak');
let realm: Realm;
let workloads: Realm;
let workload: { readonly clientId: string; readonly secret: string };
let workspace: Workspace;

function idOf({ name, algorithm }: Case): string {
  return algorithm === undefined ? name : `${name}-${algorithm}`;
}

/** Where clients of this way prove themselves: a certificate is shown over TLS only. */
function issuerOf({ name }: Case): string {
  return name === 'tls_client_auth' ? realm.issuer.replace(baseUrl, secureBaseUrl) : realm.issuer;
}

const byKey = (algorithm: string, publicJwk: object): object => ({
  clientAuthenticatorType: 'client-jwt',
  attributes: {
    'use.jwks.string': 'true',
    'jwks.string': JSON.stringify({ keys: [{ ...publicJwk, kid: 'the-key', alg: algorithm, use: 'sig' }] }),
    'token.endpoint.auth.signing.alg': algorithm,
  },
});

const representations: Record<Case['name'], (one: Case) => Promise<object>> = {
  client_secret_basic: async () => ({ secret }),
  client_secret_post: async () => ({ secret }),
  client_secret_jwt: async () => ({ secret, clientAuthenticatorType: 'client-secret-jwt' }),
  private_key_jwt: async (one) => {
    const { algorithm = '' } = one;
    const { pem, publicJwk } = makeKey(algorithm);
    await workspace.writeFile(`${idOf(one)}.pem`, pem);
    return byKey(algorithm, publicJwk);
  },
  client_assertion: async () => ({
    clientAuthenticatorType: 'federated-jwt',
    attributes: {
      'jwt.credential.issuer': 'workloads',
      'jwt.credential.sub': decodeJwt(await requestToken(workloads.issuer, workload)).sub ?? '',
    },
  }),
  attest_jwt_client_auth: async (one) => {
    const { pem, publicJwk } = makeKey('ES256');
    const attestation = new SignJWT({ cnf: { jwk: { ...publicJwk, alg: 'ES256' } } })
      .setProtectedHeader({ alg: 'ES256', typ: 'oauth-client-attestation+jwt', kid: 'attester' })
      .setIssuer('https://attester.example')
      .setSubject(idOf(one))
      .setIssuedAt()
      .setExpirationTime('1h');
    await workspace.writeFile('instance.pem', pem);
    await workspace.writeFile('attestation.jwt', await attestation.sign(await importPKCS8(attester.pem, 'ES256')));
    return { clientAuthenticatorType: 'attestation-based', attributes: { attester_trust_idps: 'attester' } };
  },
  tls_client_auth: async () => ({
    clientAuthenticatorType: 'client-x509',
    attributes: {
      'x509.subjectdn': 'CN=mtls-client',
      'x509.casubjectdn': 'CN=Playbook CA',
      'tls.client.certificate.bound.access.tokens': 'true',
    },
  }),
};

beforeAll(async () => {
  const admin = openAdmin(inject('keycloak'));
  workspace = await createWorkspace();
  await workspace.writeFile('secret.txt', secret);
  for (const name of ['ca.pem', 'client.pem', 'client.key']) {
    await workspace.writeFile(name, await readFile(join(pki, name)));
  }
  realm = await createRealm(admin, 'authentication');
  workloads = await createRealm(admin, 'workloads');
  workload = await workloads.createClient({
    clientId: 'workload',
    representation: {
      // The scope `roles` would add a second audience, and an assertion has one.
      defaultClientScopes: ['basic'],
      protocolMappers: [
        {
          name: 'audience of the other realm',
          protocol: 'openid-connect',
          protocolMapper: 'oidc-audience-mapper',
          config: { 'included.custom.audience': realm.issuer, 'access.token.claim': 'true' },
        },
      ],
    },
  });
  await workspace.writeFile('workload.txt', workload.secret);
  await admin.request('POST', '/authentication/identity-provider/instances', {
    alias: 'workloads',
    providerId: 'oidc',
    enabled: true,
    config: {
      issuer: workloads.issuer,
      useJwksUrl: 'true',
      jwksUrl: `${workloads.issuer}/protocol/openid-connect/certs`,
      validateSignature: 'true',
      supportsClientAssertions: 'true',
    },
  });
  await admin.request('POST', '/authentication/identity-provider/instances', {
    alias: 'attester',
    providerId: 'default-trust',
    enabled: true,
    config: {
      useJwksUrl: 'false',
      publicKeySignatureVerifier: JSON.stringify({
        keys: [{ ...attester.publicJwk, kid: 'attester', alg: 'ES256', use: 'sig' }],
      }),
    },
  });
  for (const one of cases) {
    const representation = {
      protocolMappers: [audienceMapper(idOf(one))],
      ...(await representations[one.name](one)),
    };
    await realm.createClient({ clientId: idOf(one), representation });
  }
});

afterAll(async () => {
  await workspace?.remove();
  await realm?.remove();
  await workloads?.remove();
});

/** What a person says for the credential of a case. */
const credentials: Record<Case['name'], (one: Case) => Promise<string[]>> = {
  client_secret_basic: bySecret,
  client_secret_post: bySecret,
  client_secret_jwt: bySecret,
  private_key_jwt: async (one) => ['--private-key', `${idOf(one)}.pem`, '--signing-alg', one.algorithm ?? ''],
  client_assertion: async () => {
    // The token of one realm is the assertion in the other, and each is taken once.
    const { stdout } = await workspace.run([
      'token',
      ...['--issuer', workloads.issuer, '--client-id', 'workload', '--client-secret-file', 'workload.txt', '--fresh'],
    ]);
    await workspace.writeFile('assertion.jwt', stdout);
    return ['--client-assertion-file', 'assertion.jwt'];
  },
  attest_jwt_client_auth: async () => ['--private-key', 'instance.pem', '--client-attestation-file', 'attestation.jwt'],
  tls_client_auth: async () => ['--cert', 'client.pem', '--key', 'client.key', '--cacert', 'ca.pem'],
};

async function bySecret({ name, algorithm }: Case): Promise<string[]> {
  const options = algorithm === undefined ? [] : ['--signing-alg', algorithm];
  return ['--client-secret-file', 'secret.txt', '--auth-method', name, ...options];
}

/** Whose credential says who the client is. */
const namedByCredential: ReadonlySet<Case['name']> = new Set(['client_assertion', 'attest_jwt_client_auth']);

/** In the order of the table: each command goes on with the token of the first. */
describe.each(cases)('a client by $name $algorithm', (one) => {
  let token = '';

  async function run(...args: readonly string[]) {
    const options = await credentials[one.name](one);
    const id = namedByCredential.has(one.name) ? [] : ['--client-id', idOf(one)];
    return workspace.run([...args, '--issuer', issuerOf(one), ...id, ...options]);
  }

  const checks: Record<Command, () => Promise<void>> = {
    token: async () => {
      const { exitCode, stdout, stderr } = await run('token');
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      token = stdout.trim();
      expect(decodeJwt(token)).toMatchObject({ iss: issuerOf(one), azp: idOf(one) });
    },
    introspect: async () => {
      const { exitCode, stdout, stderr } = await run('introspect', token, '--format', 'json');
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(JSON.parse(stdout)).toMatchObject({ active: true, azp: idOf(one) });
    },
    revoke: async () => {
      expect(await run('revoke', token)).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
      expect(await run('introspect', token)).toMatchObject({ exitCode: 5 });
    },
    call: async () => {
      const userinfo = `${issuerOf(one)}/protocol/openid-connect/userinfo`;
      const { exitCode, stdout, stderr } = await run('call', userinfo, '--scope', 'openid', '--fresh');
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(JSON.parse(stdout)).toHaveProperty('sub');
    },
  };

  for (const command of commands.filter((name) => one.commands.includes(name))) test(command, checks[command]);
});

describe('a refused assertion', () => {
  const asClient = ['--client-id', 'private_key_jwt-ES256', '--private-key', 'private_key_jwt-ES256.pem'];

  test.each<[string, string[], RegExp]>([
    ['for another audience', ['--assertion-audience', 'https://other.example'], /try --assertion-audience issuer/],
    ['with a kid that the server does not know', ['--key-id', 'nobody'], /by the kid nobody/],
    [
      'of another client',
      ['--client-id', 'private_key_jwt-RS256'],
      /the public key of private_key_jwt-RS256, for ES256/,
    ],
  ])('%s is explained', async (_, options, hint) => {
    const { exitCode, stderr } = await workspace.run(['token', '--issuer', realm.issuer, ...asClient, ...options]);
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/error\[(invalid_client|unauthorized_client)\]/);
    expect(stderr).toMatch(hint);
  });

  test('is the second with one jti', async () => {
    const [, file = ''] = await credentials.client_assertion({
      name: 'client_assertion',
      algorithm: undefined,
      commands,
    });
    const args = ['token', '--issuer', realm.issuer, '--client-assertion-file', file, '--fresh'];
    expect(await workspace.run(args)).toMatchObject({ exitCode: 0 });
    const { exitCode, stderr } = await workspace.run(args);
    expect(exitCode).toBe(3);
    expect(stderr).toContain(`iss ${workloads.issuer}`);
  });
});
