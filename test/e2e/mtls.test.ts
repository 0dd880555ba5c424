import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TlsCredentials } from '../support/http-server.ts';
import type { MtlsServers } from '../support/mtls-servers.ts';
import { startMtlsServers } from '../support/mtls-servers.ts';
import { createWorkspace } from '../support/run-ccgrant.ts';
import type { CertificateAuthority } from '../support/tls.ts';
import { createCertificateAuthority } from '../support/tls.ts';

let authority: CertificateAuthority;
let servers: MtlsServers;
let certificates: Readonly<Record<'client' | 'other' | 'self', TlsCredentials>>;

beforeAll(async () => {
  authority = await createCertificateAuthority();
  certificates = {
    client: await authority.issueClient('/CN=mtls-client'),
    other: await authority.issueClient('/CN=other-client'),
    self: await authority.selfSigned('/CN=self-client'),
  };
  servers = await startMtlsServers(authority, [
    {
      client_id: 'mt',
      token_endpoint_auth_method: 'tls_client_auth',
      tls_client_auth_subject_dn: 'CN=mtls-client',
      tls_client_certificate_bound_access_tokens: true,
    },
  ]);
});

afterAll(async () => {
  await servers?.[Symbol.asyncDispose]();
  await authority?.[Symbol.asyncDispose]();
});

async function openWorkspace(env: Readonly<Record<string, string>> = {}) {
  const workspace = await createWorkspace({
    CCGRANT_ISSUER: servers.issuer,
    CCGRANT_CLIENT_ID: 'mt',
    CCGRANT_CACERT: 'ca.pem',
    ...env,
  });
  await workspace.writeFile('ca.pem', authority.certificate);
  for (const [name, { cert, key }] of Object.entries(certificates)) {
    await workspace.writeFile(`${name}.pem`, cert);
    await workspace.writeFile(`${name}.key`, key);
  }
  return { ...workspace, [Symbol.asyncDispose]: workspace.remove };
}

describe('a client certificate', () => {
  test('gets a token', async () => {
    await using workspace = await openWorkspace();
    const result = await workspace.run(['token', '-v', '--cert', 'client.pem', '--key', 'client.key']);
    expect(result.exitCode).toBe(0);
  });
});
