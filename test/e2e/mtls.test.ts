import { X509Certificate } from 'node:crypto';
import { createServer as createTlsServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Command } from '../support/authentication/rows.ts';
import { casesOn, certificateRows, commands } from '../support/authentication/rows.ts';
import { startHttpProxy } from '../support/http-proxy.ts';
import type { TlsCredentials } from '../support/http-server.ts';
import { close, json, listen } from '../support/http-server.ts';
import { startAuthorizationServer, tokenResponse } from '../support/http-server-scene.ts';
import type { MtlsServers } from '../support/mtls-servers.ts';
import { opaqueResource, startMtlsServers } from '../support/mtls-servers.ts';
import type { CcgrantResult } from '../support/run-ccgrant.ts';
import { createWorkspace } from '../support/run-ccgrant.ts';
import { startStrictServer } from '../support/strict-tls-server.ts';
import type { CertificateAuthority } from '../support/tls.ts';
import { createCertificateAuthority } from '../support/tls.ts';

let authority: CertificateAuthority;
let foreign: CertificateAuthority;
let serverCredentials: TlsCredentials;
let servers: MtlsServers;
let certificates: Readonly<Record<'client' | 'other' | 'self' | 'stranger', TlsCredentials>>;

const bound = { tls_client_certificate_bound_access_tokens: true };

beforeAll(async () => {
  [authority, foreign] = [await createCertificateAuthority(), await createCertificateAuthority()];
  serverCredentials = await authority.issue(['localhost', '127.0.0.1']);
  certificates = {
    client: await authority.issueClient('/CN=mtls-client'),
    other: await authority.issueClient('/CN=other-client'),
    self: await authority.selfSigned('/CN=self-client'),
    stranger: await foreign.issueClient('/CN=mtls-client'),
  };
  const { publicKey, raw } = new X509Certificate(certificates.self.cert);
  const jwk = { ...publicKey.export({ format: 'jwk' }), x5c: [raw.toString('base64')] };
  const asClient = { token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_subject_dn: 'CN=mtls-client' };
  servers = await startMtlsServers(authority, [
    { client_id: 'mt', ...asClient, ...bound },
    { client_id: 'unbound', ...asClient },
    {
      client_id: 'self',
      token_endpoint_auth_method: 'self_signed_tls_client_auth',
      jwks: { keys: [jwk] },
      ...bound,
    },
    { client_id: 'basic', client_secret: 'not-a-real-secret', ...bound },
  ]);
});

afterAll(async () => {
  await servers?.[Symbol.asyncDispose]();
  await authority?.[Symbol.asyncDispose]();
  await foreign?.[Symbol.asyncDispose]();
});

/** A workspace of a client with a certificate: of each there is `NAME.pem` and `NAME.key`. */
async function openWorkspace(clientId = 'mt', certificate = 'client', env: Readonly<Record<string, string>> = {}) {
  const workspace = await createWorkspace({
    CCGRANT_ISSUER: servers.issuer,
    CCGRANT_CLIENT_ID: clientId,
    CCGRANT_CERT: `${certificate}.pem`,
    CCGRANT_KEY: `${certificate}.key`,
    CCGRANT_CACERT: 'ca.pem',
    ...env,
  });
  await workspace.writeFile('ca.pem', authority.certificate);
  await workspace.writeFile('secret', 'not-a-real-secret');
  for (const [name, { cert, key }] of Object.entries(certificates)) {
    await workspace.writeFile(`${name}.pem`, cert);
    await workspace.writeFile(`${name}.key`, key);
  }
  const succeed = async (...args: string[]): Promise<string> => {
    const result = await workspace.run(args);
    expect(result, args.join(' ')).toMatchObject({ exitCode: 0, stderr: '' });
    return result.stdout;
  };
  return { ...workspace, succeed, [Symbol.asyncDispose]: workspace.remove };
}

/** The lines of a report, and none of the rest. */
function reported({ exitCode, stderr }: CcgrantResult): object {
  return { exitCode, stderr };
}

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

const registered = {
  tls_client_auth: { clientId: 'mt', certificate: 'client', subject: 'CN=mtls-client' },
  self_signed_tls_client_auth: { clientId: 'self', certificate: 'self', subject: 'CN=self-client' },
} as const;

/** In the order of the table: each command goes on with the token of the first, and shows the certificate at the aliases. */
describe.each(casesOn('oidcProvider', certificateRows))('a client by $name', (one) => {
  const { clientId, certificate, subject } = registered[one.name];
  let workspace: Awaited<ReturnType<typeof openWorkspace>>;
  let token = '';

  beforeAll(async () => {
    workspace = await openWorkspace(clientId, certificate, { CCGRANT_AUTH_METHOD: one.name });
  });

  afterAll(async () => {
    await workspace?.[Symbol.asyncDispose]();
  });

  const checks: Record<Command, { readonly requests: string[]; readonly check: () => Promise<void> }> = {
    token: {
      requests: ['POST /token'],
      check: async () => {
        token = (await workspace.succeed('token')).trim();
        expect(claimsOf(token).cnf).toEqual({ 'x5t#S256': expect.stringMatching(/^[\w-]{43}$/) });
        await workspace.succeed('verify', token, '--bound-to-cert', `${certificate}.pem`, '--quiet');
      },
    },
    introspect: {
      requests: ['POST /token/introspection'],
      check: async () => {
        const answer = JSON.parse(await workspace.succeed('introspect', token));
        expect(answer).toMatchObject({ active: true, client_id: clientId });
      },
    },
    revoke: {
      requests: ['POST /token/revocation', 'POST /token/introspection'],
      check: async () => {
        await workspace.succeed('revoke', token);
        expect((await workspace.run(['introspect', token])).exitCode).toBe(5);
      },
    },
    call: {
      requests: ['POST /token', 'GET /private'],
      check: async () => {
        const answer = JSON.parse(await workspace.succeed('call', `${servers.apiUrl}/private`, '--fresh'));
        expect(answer).toEqual({ certificate: subject });
      },
    },
  };

  test.each(commands.filter((name) => one.commands.includes(name)))('%s', async (command) => {
    const before = servers.seen.length;
    await checks[command].check();
    expect(servers.seen.slice(before)).toEqual(checks[command].requests.map((request) => `${request} ${subject}`));
  });
});

describe('a certificate as the credential', () => {
  test('is taken from PKCS#12 too', async () => {
    await using workspace = await openWorkspace('mt', 'client', { CCGRANT_CERT: 'client.p12', CCGRANT_KEY: '' });
    const { cert, key } = certificates.client;
    const args = ['pkcs12', '-export', '-in', 'in', '-inkey', 'key', '-passout', 'pass:pa55 word', '-out', 'out'];
    await workspace.writeFile('client.p12', await authority.openssl(args, { in: cert, key }));
    await workspace.writeFile('pass', 'pa55 word\n');

    await workspace.succeed('token', '--pass-file', 'pass');
    const { certificate } = JSON.parse(
      await workspace.succeed('call', `${servers.apiUrl}/private`, '--pass-file', 'pass'),
    );
    expect(certificate).toBe('CN=mtls-client');
  });

  test('is taken with an encrypted key', async () => {
    await using workspace = await openWorkspace();
    const args = ['pkcs8', '-topk8', '-in', 'in', '-passout', 'pass:pa55 word', '-out', 'out'];
    await workspace.writeFile('client.key', await authority.openssl(args, { in: certificates.client.key }));

    const { exitCode } = await workspace.run(['token', '--pass-file', '-'], { stdin: 'pa55 word' });
    expect(exitCode).toBe(0);
  });

  test('shares the password from standard input with the key that signs', async () => {
    await using workspace = await openWorkspace();
    const args = ['pkcs8', '-topk8', '-in', 'in', '-passout', 'pass:pa55 word', '-out', 'out'];
    await workspace.writeFile('client.key', await authority.openssl(args, { in: certificates.client.key }));

    const words = '--private-key client.key --pass-file - --assertion-audience https://as.example';
    const endpoint = 'https://127.0.0.1:1/token';
    const result = await workspace.run(['token', ...words.split(' '), '--token-endpoint', endpoint], {
      stdin: 'pa55 word',
    });
    expect(result).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('connection_failed') });
  });

  test('keeps its token in the cache, and asks for another when the certificate is another', async () => {
    await using workspace = await openWorkspace();
    const first = await workspace.succeed('token');
    expect(await workspace.succeed('token')).toBe(first);

    await workspace.writeFile('client.pem', certificates.client.cert);
    expect(await workspace.succeed('token')).not.toBe(first);
  });

  test('chooses the method that the server lists, and -v says so', async () => {
    await using workspace = await openWorkspace();
    const { stderr } = await workspace.run(['token', '-v']);
    expect(stderr).toContain(
      '* tls_client_auth: the server lists client_secret_basic, tls_client_auth, self_signed_tls_client_auth, none\n',
    );
    expect(stderr).toMatch(/^\* certificate from CCGRANT_CERT: CN=mtls-client, x5t#S256 [\w-]{43}$/m);
    expect(stderr).not.toMatch(/did not ask|PRIVATE KEY/);
  });

  test('is not sent where plain http cannot show it', async () => {
    await using workspace = await openWorkspace();
    const before = servers.seen.length;
    const result = await workspace.run(['token', '--token-endpoint', `${servers.issuer}/token`]);
    expect(reported(result)).toEqual({
      exitCode: 2,
      stderr: `error[http_not_allowed]: the certificate from CCGRANT_CERT cannot be shown over plain http: ${servers.issuer}/token
  hint:   has the server an https address? name it with --issuer, whose metadata names the endpoints, or with an option such as --token-endpoint
`,
    });
    expect(servers.seen).toHaveLength(before);
  });

  test('of another client is refused, with its subject in the hint', async () => {
    await using workspace = await openWorkspace('mt', 'other');
    const result = await workspace.run(['token']);
    expect(reported(result)).toEqual({
      exitCode: 3,
      stderr: `error[invalid_client]: the authorization server refused the client credentials
  server: 401 from POST ${servers.secureOrigin}/token: "client authentication failed"
  sent:   tls_client_auth, client_id=mt, certificate from CCGRANT_CERT
  hint:   is this the certificate that mt is registered with? its subject is CN=other-client, which some servers compare letter by letter; this server also lists self_signed_tls_client_auth: try --auth-method self_signed_tls_client_auth
`,
    });
  });

  test('that the server never asked for is noticed', async () => {
    await using server = await startAuthorizationServer(
      { '/token': json({ error: 'invalid_client' }, 401) },
      serverCredentials,
    );
    await using workspace = await openWorkspace('mt', 'client', { CCGRANT_ISSUER: server.origin });
    const { exitCode, stderr } = await workspace.run(['token', '-v']);
    expect(exitCode).toBe(3);
    expect(stderr).toContain(`* 127.0.0.1:${server.port} did not ask for the certificate\n`);
    expect(stderr).toMatch(/^ {2}hint: {3}the server did not ask for the certificate: it takes them at another port/m);
  });

  test('that the server never asked for, and accepted, is warned of', async () => {
    await using server = await startAuthorizationServer({}, serverCredentials);
    await using workspace = await openWorkspace('mt', 'client', { CCGRANT_ISSUER: server.origin });
    expect(await workspace.run(['token'])).toMatchObject({
      exitCode: 0,
      stdout: `${tokenResponse.access_token}\n`,
      stderr: 'warning: the server accepted the client without asking for its certificate\n',
    });
  });
});

test.for(['http', 'https'] as const)(
  'a certificate is shown through a tunnel, and not to its proxy: %s',
  async (scheme) => {
    const shown: boolean[] = [];
    const asking = { ...serverCredentials, ca: authority.certificate, requestCert: true, rejectUnauthorized: false };
    await using proxy = await startHttpProxy({
      ...(scheme === 'https' ? { tls: asking } : {}),
      onConnect: ({ socket }) => {
        shown.push('getPeerX509Certificate' in socket && (socket as TLSSocket).getPeerX509Certificate() !== undefined);
      },
    });
    const [endpoint, api] = [servers.secureOrigin, servers.apiUrl].map((url) => url.replace('localhost', 'as.test'));
    await using workspace = await openWorkspace('mt', 'client', {
      CCGRANT_TOKEN_ENDPOINT: `${endpoint}/token`,
      https_proxy: proxy.url,
    });
    const before = servers.seen.length;
    const token = (await workspace.succeed('token')).trim();
    expect(claimsOf(token).cnf).toEqual({ 'x5t#S256': expect.stringMatching(/^[\w-]{43}$/) });
    expect(JSON.parse(await workspace.succeed('call', `${api}/private`))).toEqual({ certificate: 'CN=mtls-client' });
    expect(servers.seen.slice(before)).toEqual(['POST /token CN=mtls-client', 'GET /private CN=mtls-client']);
    expect(proxy.requests.map(({ method, target }) => `${method} https://${target}`)).toEqual([
      `CONNECT ${endpoint}`,
      `CONNECT ${api}`,
    ]);
    expect(shown).toEqual([false, false]);
  },
);

describe.for(['tls1_2', 'tls1_3'])('a server that demands certificates by %s', (version) => {
  test('is said to want one', async () => {
    await using server = await startStrictServer(authority, serverCredentials, version);
    await using workspace = await openWorkspace('mt', 'client', { CCGRANT_CERT: '', CCGRANT_KEY: '' });
    const result = await workspace.run(['token', '--auth-method', 'none', '--token-endpoint', server.endpoint]);
    const certainty = version === 'tls1_2' ? 'may want' : 'wants';
    expect(reported(result)).toEqual({
      exitCode: 4,
      stderr: `error[tls_failed]: no TLS connection to ${new URL(server.endpoint).host}: it ${certainty} a client certificate
  hint:   give one with --cert FILE and --key FILE
`,
    });
  });

  test('refuses one of an authority that it does not know', async () => {
    await using server = await startStrictServer(authority, serverCredentials, version);
    await using workspace = await openWorkspace('mt', 'stranger');
    const result = await workspace.run(['token', '--token-endpoint', server.endpoint]);
    expect(reported(result)).toEqual({
      exitCode: 4,
      stderr: `error[tls_failed]: ${new URL(server.endpoint).host} does not know the authority of the certificate from CCGRANT_CERT (CN=mtls-client)
  hint:   does the server trust the authority that signed it? a file with the whole chain, the certificate first, may be what it lacks
`,
    });
  });
});

test.for([
  { certificate: 'stranger', hint: 'does it accept the one from CCGRANT_CERT (CN=mtls-client)?' },
  { certificate: undefined, hint: 'give one with --cert FILE and --key FILE' },
])('a server that asks for a certificate and goes away without a word gets a hint: $certificate', async (row) => {
  const server = createTlsServer({ ...serverCredentials, requestCert: true, rejectUnauthorized: false }, ({ socket }) =>
    socket.destroy(),
  );
  const port = await listen(server);
  await using _ = { [Symbol.asyncDispose]: () => close(server) };
  const nothing = { CCGRANT_CERT: '', CCGRANT_KEY: '', CCGRANT_AUTH_METHOD: 'none' };
  await using workspace = await openWorkspace('mt', row.certificate, row.certificate === undefined ? nothing : {});
  const result = await workspace.run(['token', '--token-endpoint', `https://127.0.0.1:${port}/token`]);
  expect(result.exitCode).toBe(4);
  expect(result.stderr).toMatch(/^error\[connection_lost\]: the connection to 127.0.0.1:\d+ broke off/);
  expect(result.stderr).toContain(`\n  hint:   the server asked for a client certificate: ${row.hint}\n`);
});

test('a certificate that is an option replaces the secret that is exported', async () => {
  const exported = { CCGRANT_CERT: '', CCGRANT_KEY: '', CCGRANT_CLIENT_SECRET_FILE: 'secret' };
  await using workspace = await openWorkspace('mt', 'client', exported);
  const { exitCode, stdout, stderr } = await workspace.run([
    'token',
    '-v',
    '--cert',
    'client.pem',
    '--key',
    'client.key',
  ]);
  expect(stderr).toContain('* certificate from --cert, not from CCGRANT_CLIENT_SECRET_FILE\n');
  expect(exitCode).toBe(0);
  expect(claimsOf(stdout).cnf).toBeDefined();
});

describe('a certificate beside a secret', () => {
  const beside = { CCGRANT_CLIENT_SECRET_FILE: 'secret' };

  test('binds the token, and -v says that it does not authenticate', async () => {
    await using workspace = await openWorkspace('basic', 'other', beside);
    const { stdout, stderr } = await workspace.run(['token', '-v']);
    expect(claimsOf(stdout).cnf).toBeDefined();
    expect(stderr).toContain(
      '* the certificate from CCGRANT_CERT is for the connection: client_secret_basic authenticates\n',
    );
    expect(JSON.parse(await workspace.succeed('call', `${servers.apiUrl}/private`))).toEqual({
      certificate: 'CN=other-client',
    });
  });
});

describe('a bound token', () => {
  test('is refused when it is bound to another certificate, and not stored', async () => {
    const jwt = (claims: object): string =>
      [{ alg: 'RS256' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.') +
      '.AA';
    const token = jwt({ cnf: { 'x5t#S256': 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2' } });
    await using server = await startAuthorizationServer(
      { '/token': json({ ...tokenResponse, access_token: token }) },
      serverCredentials,
    );
    await using workspace = await openWorkspace('mt', 'client', { CCGRANT_ISSUER: server.origin });
    const { exitCode, stdout, stderr } = await workspace.run(['token']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toMatch(/^error\[invalid_response\]: the token is bound to another certificate than ours$/m);
    expect(JSON.parse(await workspace.succeed('cache', 'list', '--format', 'json'))).toEqual([]);
  });

  test('is useless to who stole it', async () => {
    await using owner = await openWorkspace();
    const token = await owner.succeed('token');

    await using thief = await openWorkspace('mt', 'other');
    await thief.writeFile('stolen', token);
    const call = ['call', `${servers.apiUrl}/private`, '--token-file', 'stolen'];
    expect(await thief.run(call)).toMatchObject({
      exitCode: 22,
      stderr: expect.stringMatching(
        /^warning: the token is bound to another certificate than the one from CCGRANT_CERT\nerror\[invalid_token\]: the API answered 401\n[\s\S]*hint: {3}the certificate is not that of the token: give the one that it was asked for with by --cert FILE and --key FILE$/m,
      ),
    });
    expect(await thief.run(call, { env: { CCGRANT_CERT: '', CCGRANT_KEY: '' } })).toMatchObject({
      exitCode: 22,
      stderr: expect.stringMatching(
        /^warning: the token is bound to a certificate, and none is given: with --cert FILE [\s\S]*hint: {3}the token is of use only with its certificate: give the one .* by --cert FILE and --key FILE$/m,
      ),
    });
    expect((await thief.run(['verify', '--bound-to-cert', 'other.pem', token.trim()])).exitCode).toBe(5);
  });
});

describe('an API', () => {
  test('is shown no certificate with a token that is not bound, unless --api-cert says so', async () => {
    await using workspace = await openWorkspace('unbound');
    const call = ['call', `${servers.apiUrl}/private`];
    expect(JSON.parse(await workspace.succeed(...call))).toEqual({ certificate: null });
    expect((await workspace.run([...call, '-v'])).stderr).toContain('; --api-cert shows it all the same\n');
    expect(JSON.parse(await workspace.succeed(...call, '--api-cert'))).toEqual({ certificate: 'CN=mtls-client' });
  });

  test('is shown one with an opaque token where --api-cert says so', async () => {
    await using workspace = await openWorkspace();
    const call = ['call', `${servers.apiUrl}/open`, '--resource', opaqueResource];
    expect(JSON.parse(await workspace.succeed(...call))).toEqual({ certificate: null });
    expect(JSON.parse(await workspace.succeed(...call, '--api-cert'))).toEqual({ certificate: 'CN=mtls-client' });
  });

  test('is shown the certificate and the proof of another key at once', async () => {
    await using workspace = await openWorkspace();
    await workspace.writeFile('opaque', 'a-token-from-elsewhere');
    const proof = ['--token-file', 'opaque', '--dpop-key', 'self.key'];
    const { stdout, stderr } = await workspace.run(['call', `${servers.apiUrl}/open`, '--api-cert', '-v', ...proof]);
    expect(JSON.parse(stdout)).toEqual({ certificate: 'CN=mtls-client' });
    expect(stderr).toMatch(/^> authorization: DPoP /im);
    expect(stderr).toMatch(/^> dpop: /im);
  });

  test.for([
    {
      args: ['--api-cert'],
      env: { CCGRANT_CERT: '', CCGRANT_KEY: '' },
      url: 'https://localhost:1',
      message: /^error\[missing_setting\]: no certificate is given for --api-cert$/m,
    },
    {
      args: ['--api-cert'],
      env: {},
      url: 'http://localhost:1',
      message: /^error\[http_not_allowed\]: a certificate cannot be shown to localhost:1 over plain http$/m,
    },
  ])('is not asked where a certificate cannot be shown: $url $env', async ({ args, env, url, message }) => {
    await using workspace = await openWorkspace();
    const { exitCode, stderr } = await workspace.run(['call', url, ...args], { env });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(message);
  });
});
