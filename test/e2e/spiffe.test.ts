import type { ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commands, draftRows } from '../support/authentication/rows.ts';
import type { Answer, HttpServer, TlsCredentials } from '../support/http-server.ts';
import { json } from '../support/http-server.ts';
import { metadata, startAuthorizationServer, tokenResponse } from '../support/http-server-scene.ts';
import { createWorkspace } from '../support/run-ccgrant.ts';
import type { CertificateAuthority } from '../support/tls.ts';
import { createCertificateAuthority } from '../support/tls.ts';

const spiffeId = 'spiffe://example.org/my-oauth-client';
const token = tokenResponse.access_token;

let authority: CertificateAuthority;
let svid: TlsCredentials;
let server: HttpServer;

beforeAll(async () => {
  authority = await createCertificateAuthority();
  svid = await authority.issueClient('/O=SPIRE', { names: ['DNS.1=client.example', `URI.1=${spiffeId}`] });
  const methods = ['client_secret_basic', 'spiffe_x509'];
  const asking = {
    ...(await authority.issue(['127.0.0.1'])),
    ca: authority.certificate,
    requestCert: true,
    rejectUnauthorized: false,
  };
  server = await startAuthorizationServer(
    {
      '/.well-known/openid-configuration': metadata({
        token_endpoint_auth_methods_supported: methods,
        introspection_endpoint_auth_methods_supported: methods,
        revocation_endpoint_auth_methods_supported: methods,
      }),
      '/token': toClient(json(tokenResponse)),
      '/introspect': toClient(json({ active: true, client_id: spiffeId })),
      '/revoke': toClient(json({})),
      '/api': ({ headers }) => json({ authorization: headers.authorization }),
    },
    asking,
  );
});

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await authority?.[Symbol.asyncDispose]();
});

/** Answers the client that names itself as its certificate does, and by nothing else. */
function toClient(answer: Answer): Answer {
  return ({ form, headers }, response: ServerResponse) => {
    const socket = response.req.socket as TLSSocket;
    const names = socket.getPeerX509Certificate()?.subjectAltName?.split(', ') ?? [];
    const isProved = socket.authorized && names.includes(`URI:${form.get('client_id')}`);
    const isAlone = headers.authorization === undefined && !form.has('client_secret') && !form.has('client_assertion');
    return isProved && isAlone ? answer : json({ error: 'invalid_client' }, 401);
  };
}

/** A workspace of a client that has an X.509-SVID, and nothing that says who it is but that. */
async function openWorkspace(env: Readonly<Record<string, string>> = {}) {
  const workspace = await createWorkspace({
    CCGRANT_ISSUER: server.origin,
    CCGRANT_CERT: 'svid.pem',
    CCGRANT_KEY: 'svid.key',
    CCGRANT_CACERT: 'ca.pem',
    ...env,
  });
  await workspace.writeFile('ca.pem', authority.certificate);
  await workspace.writeFile('svid.pem', svid.cert);
  await workspace.writeFile('svid.key', svid.key);
  return { ...workspace, [Symbol.asyncDispose]: workspace.remove };
}

/** What is said to each command, where it goes with the proof, and what it answers. */
const uses = {
  token: { words: [], path: '/token', stdout: () => `${token}\n` },
  introspect: { words: [token], path: '/introspect', stdout: () => expect.stringContaining('"active": true') },
  revoke: { words: [token], path: '/revoke', stdout: () => '' },
  call: { words: ['/api'], path: '/token', stdout: () => JSON.stringify({ authorization: `Bearer ${token}` }) },
};

describe.for(draftRows)('$name', ({ name: method }) => {
  test.for(commands)(
    'is chosen from what the server lists, and names the client by its certificate: %s',
    async (command) => {
      await using workspace = await openWorkspace();
      const { words, path, stdout } = uses[command];
      const before = server.requests(path).length;
      const urls = words.map((word) => (word.startsWith('/') ? `${server.origin}${word}` : word));
      const result = await workspace.run([command, ...urls, '-v']);
      expect(result).toMatchObject({ exitCode: 0, stdout: stdout() });
      expect(result.stderr).toContain(`* ${method}: the server lists client_secret_basic, spiffe_x509\n`);
      const requests = server.requests(path).slice(before);
      expect(requests.map(({ form }) => form.getAll('client_id'))).toEqual([[spiffeId]]);
    },
  );
});

test('a client id that was given is sent as it is, and a refusal names it and the SPIFFE ID', async () => {
  await using workspace = await openWorkspace({ CCGRANT_CLIENT_ID: 'ci-bot' });
  expect(await workspace.run(['token'])).toMatchObject({
    exitCode: 3,
    stderr: `error[invalid_client]: the authorization server refused the client credentials
  server: 401 from POST ${server.origin}/token: invalid_client
  sent:   spiffe_x509, client_id=ci-bot, certificate from CCGRANT_CERT
  hint:   does the server know ${spiffeId} as the client ci-bot, and the bundle of its trust domain?
`,
  });
});

test('the SPIFFE ID is taken from PKCS#12 too', async () => {
  await using workspace = await openWorkspace({ CCGRANT_CERT: 'svid.p12', CCGRANT_KEY: '' });
  const args = ['pkcs12', '-export', '-in', 'in', '-inkey', 'key', '-passout', 'pass:pa55', '-out', 'out'];
  await workspace.writeFile('svid.p12', await authority.openssl(args, { in: svid.cert, key: svid.key }));
  await workspace.writeFile('pass', 'pa55');
  expect(await workspace.run(['token', '--pass-file', 'pass'])).toMatchObject({ exitCode: 0, stdout: `${token}\n` });
});
