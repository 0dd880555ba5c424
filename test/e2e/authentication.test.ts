import { randomUUID } from 'node:crypto';
import { importPKCS8, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KeyFile, makeKey } from '../support/authentication/keys.ts';
import type { Command } from '../support/authentication/rows.ts';
import { authenticationRows, casesOn, commands } from '../support/authentication/rows.ts';
import { type DemoServers, startDemoServers } from '../support/demo-servers.ts';
import { createWorkspace, type Workspace } from '../support/run-ccgrant.ts';

const secret = 'not-a-real-secret-but-one-of-64-bytes-as-HS512-wants-it-to-be-ok';
const cases = casesOn('oidcProvider', authenticationRows);
type Case = (typeof cases)[number];

let servers: DemoServers;
const keys = new Map<string, KeyFile>();
const attester = makeKey('ES256');

function idOf({ name, algorithm }: Case): string {
  return algorithm === undefined ? name : `${name}-${algorithm}`;
}

function keyOf(one: Case): KeyFile {
  const id = idOf(one);
  const key = keys.get(id) ?? makeKey(one.algorithm ?? 'ES256');
  keys.set(id, key);
  return key;
}

/** How the client of a case is known to the server (RFC 7591). */
function registrationOf(one: Case): object {
  const client = { client_id: idOf(one), scope: 'api:read' };
  switch (one.name) {
    case 'private_key_jwt':
    case 'client_assertion':
      return {
        ...client,
        token_endpoint_auth_method: 'private_key_jwt',
        ...(one.algorithm && { token_endpoint_auth_signing_alg: one.algorithm }),
        jwks: { keys: [keyOf(one).publicJwk] },
      };
    case 'client_secret_jwt':
      return {
        ...client,
        token_endpoint_auth_method: one.name,
        token_endpoint_auth_signing_alg: one.algorithm,
        client_secret: secret,
      };
    case 'none':
    case 'attest_jwt_client_auth':
      return { ...client, token_endpoint_auth_method: one.name };
    default:
      return { ...client, token_endpoint_auth_method: one.name, client_secret: secret };
  }
}

beforeAll(async () => {
  const options = ['--public-clients', '--attester', JSON.stringify(attester.publicJwk)];
  servers = await startDemoServers(cases.map(registrationOf), options);
});

afterAll(async () => {
  await servers?.stop();
});

/** What a person says for the credential of a case; the files that it takes are written before. */
const credentials: Record<Case['name'], (one: Case, workspace: Workspace) => Promise<string[]>> = {
  none: async () => ['--auth-method', 'none'],
  client_secret_basic: bySecret,
  client_secret_post: bySecret,
  client_secret_jwt: bySecret,
  private_key_jwt: async (one, workspace) => {
    await workspace.writeFile('key.pem', keyOf(one).pem);
    const { algorithm = '' } = one;
    // RS256 and the curves need not be said: the key and the metadata tell.
    const options = /^(RS256|ES|EdDSA)/.test(algorithm) ? [] : ['--signing-alg', algorithm];
    return ['--private-key', 'key.pem', ...options];
  },
  client_assertion: async (one, workspace) => {
    const assertion = await new SignJWT({ jti: randomUUID() })
      .setProtectedHeader({ alg: 'ES256' })
      .setIssuer(idOf(one))
      .setSubject(idOf(one))
      .setAudience(servers.issuer)
      .setExpirationTime('1 minute')
      .sign(await importPKCS8(keyOf(one).pem, 'ES256'));
    await workspace.writeFile('assertion.jwt', assertion);
    return ['--client-assertion-file', 'assertion.jwt'];
  },
  attest_jwt_client_auth: async (one, workspace) => {
    const { pem, publicJwk } = keyOf(one);
    const attestation = await new SignJWT({ cnf: { jwk: publicJwk } })
      .setProtectedHeader({ alg: 'ES256', typ: 'oauth-client-attestation+jwt' })
      .setSubject(idOf(one))
      .setIssuedAt()
      .setExpirationTime('1 minute')
      .sign(await importPKCS8(attester.pem, 'ES256'));
    await workspace.writeFile('instance.pem', pem);
    await workspace.writeFile('attestation.jwt', attestation);
    return ['--private-key', 'instance.pem', '--client-attestation-file', 'attestation.jwt'];
  },
};

/** The ways whose credential says who the client is. */
const namedByCredential: ReadonlySet<Case['name']> = new Set(['client_assertion', 'attest_jwt_client_auth']);

async function bySecret({ name, algorithm }: Case, workspace: Workspace): Promise<string[]> {
  await workspace.writeFile('secret.txt', secret);
  const options = algorithm === undefined ? [] : ['--signing-alg', algorithm];
  return ['--client-secret-file', 'secret.txt', '--auth-method', name, ...options];
}

/** In the order of the table: each command goes on with the token of the first. */
describe.each(cases)('a client by $name $algorithm', (one) => {
  let workspace: Workspace;
  let token = '';

  beforeAll(async () => {
    workspace = await createWorkspace();
  });

  afterAll(async () => {
    await workspace?.remove();
  });

  /** Runs one command as the client, the assertion of somebody else made anew each time: servers take none twice. */
  async function run(...args: readonly string[]) {
    const options = await credentials[one.name](one, workspace);
    const id = namedByCredential.has(one.name) ? [] : ['--client-id', idOf(one)];
    return workspace.run([...args, '--issuer', servers.issuer, ...id, ...options]);
  }

  const checks: Record<Command, () => Promise<void>> = {
    token: async () => {
      const { exitCode, stdout, stderr } = await run('token', '--scope', 'api:read');
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
      token = stdout.trim();
    },
    introspect: async () => {
      const { exitCode, stdout, stderr } = await run('introspect', token, '--format', 'json');
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(JSON.parse(stdout)).toMatchObject({ active: true, client_id: idOf(one) });
    },
    revoke: async () => {
      expect(await run('revoke', token)).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
      expect(await run('introspect', token)).toMatchObject({ exitCode: 5 });
    },
    call: async () => {
      const { stdout, ...rest } = await run(
        'call',
        `${servers.apiUrl}/private-scoped`,
        '--scope',
        'api:read',
        '--fresh',
      );
      expect(rest).toMatchObject({ exitCode: 0, stderr: '' });
      expect(stdout).toContain('api:read is required to see this');
    },
  };

  for (const command of commands.filter((name) => one.commands.includes(name))) test(command, checks[command]);
});
