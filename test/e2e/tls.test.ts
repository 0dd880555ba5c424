import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openClientWorkspace } from '../support/client-workspace.ts';
import type { HttpServer, TlsCredentials } from '../support/http-server.ts';
import { redirect, startHttpServer, text } from '../support/http-server.ts';
import { metadata, startAuthorizationServer, tokenResponse } from '../support/http-server-scene.ts';
import { type CertificateAuthority, createCertificateAuthority } from '../support/tls.ts';

const { access_token: token } = tokenResponse;
const done = { exitCode: 0, signal: null, stdout: `${token}\n`, stderr: '' };

let authority: CertificateAuthority;
/** For loopback, and for the made-up name of an API. */
let credentials: TlsCredentials;
let otherHost: TlsCredentials;
let expired: TlsCredentials;

beforeAll(async () => {
  authority = await createCertificateAuthority();
  [credentials, otherHost, expired] = await Promise.all([
    authority.issue(['127.0.0.1', 'localhost', 'api.test']),
    authority.issue(['other.test']),
    authority.issue(['127.0.0.1'], -1),
  ]);
});

afterAll(async () => {
  await authority?.[Symbol.asyncDispose]();
});

const openWorkspace = (issuer: string, env: Readonly<Record<string, string>> = {}) =>
  openClientWorkspace(issuer, env, authority);

describe.concurrent('a certificate', () => {
  test('of an unknown authority is exit 4 with the code, and a hint at --cacert', async () => {
    await using server = await startAuthorizationServer({}, credentials);
    await using workspace = await openWorkspace(server.origin);
    const { exitCode, stdout, stderr } = await workspace.run(['token']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
    expect(stderr).toMatch(/^error\[tls_failed\]: .*UNABLE_TO_VERIFY_LEAF_SIGNATURE[\s\S]*hint: .*--cacert/);
    expect(server.requests()).toEqual([]);
    expect(server.connections, 'nothing is tried again').toBe(1);
  });

  const trusted: { what: string; args?: string[]; env?: Record<string, string> }[] = [
    { what: '--cacert', args: ['--cacert', 'ca.pem'] },
    { what: 'CCGRANT_CACERT', env: { CCGRANT_CACERT: 'ca.pem' } },
    { what: 'SSL_CERT_FILE', env: { SSL_CERT_FILE: 'ca.pem' } },
    {
      what: '--cacert, which wins over the variables',
      args: ['--cacert', 'ca.pem'],
      env: { CCGRANT_CACERT: 'none.pem' },
    },
    {
      what: 'CCGRANT_CACERT, which wins over SSL_CERT_FILE',
      env: { CCGRANT_CACERT: 'ca.pem', SSL_CERT_FILE: 'none.pem' },
    },
  ];
  for (const { what, args = [], env = {} } of trusted) {
    test(`of the authority named by ${what} is trusted`, async () => {
      await using server = await startAuthorizationServer({}, credentials);
      await using workspace = await openWorkspace(server.origin, env);
      expect(await workspace.run(['token', ...args])).toEqual(done);
    });
  }

  const files: { what: string; name: string }[] = [
    { what: 'is not there', name: 'none.pem' },
    { what: 'holds no certificate', name: 'notes.txt' },
  ];
  for (const { what, name } of files) {
    test(`in a file that ${what} is exit 2`, async () => {
      await using workspace = await openWorkspace('https://127.0.0.1');
      await workspace.writeFile('notes.txt', 'no certificate');
      const { exitCode, stderr } = await workspace.run(['token', '--cacert', name]);
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(new RegExp(`^error\\[file_unusable\\]: .*${name}`));
    });
  }

  test('of another authority than that of --cacert is exit 4', async () => {
    await using stranger = await createCertificateAuthority();
    await using server = await startAuthorizationServer({}, credentials);
    await using workspace = await openWorkspace(server.origin);
    await workspace.writeFile('stranger.pem', stranger.certificate);
    const { exitCode, stdout, stderr } = await workspace.run(['token', '--cacert', 'stranger.pem']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
    expect(stderr).toMatch(/^error\[tls_failed\]: /);
    expect(server.requests()).toEqual([]);
  });

  test('is of no matter to a cached token: --cacert is not even read', async () => {
    await using server = await startAuthorizationServer({}, credentials);
    await using workspace = await openWorkspace(server.origin);
    expect(await workspace.run(['token', '--cacert', 'ca.pem'])).toEqual(done);
    expect(await workspace.run(['token', '--cacert', 'none.pem'])).toEqual(done);
    expect(server.requests('/token')).toHaveLength(1);
    expect(await workspace.run(['token', '--cacert', 'none.pem', '--fresh'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('error[file_unusable]'),
    });
  });

  test('of an unknown authority is accepted with -k, which warns', async () => {
    await using server = await startAuthorizationServer({}, credentials);
    await using workspace = await openWorkspace(server.origin);
    const { exitCode, stdout, stderr } = await workspace.run(['token', '-k']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: `${token}\n` });
    expect(stderr).toMatch(/^warning: .*--insecure.*\n$/);
  });

  test('of an unknown authority gives metadata that a run without -k does not believe', async () => {
    await using elsewhere = await startAuthorizationServer();
    await using server = await startAuthorizationServer(
      { '/.well-known/openid-configuration': metadata({ token_endpoint: `${elsewhere.origin}/token` }) },
      credentials,
    );
    await using workspace = await openWorkspace(server.origin);
    expect(await workspace.run(['discover', '-k', '-q'])).toMatchObject({ exitCode: 0 });

    const { exitCode, stdout, stderr } = await workspace.run(['token']);

    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
    expect(stderr).toMatch(/^error\[tls_failed\]: /);
    expect(elsewhere.requests('/token')).toEqual([]);
  });

  const refused: { what: string; server: () => TlsCredentials; says: RegExp }[] = [
    { what: 'for another host', server: () => otherHost, says: /is for another host/ },
    { what: 'that has expired', server: () => expired, says: /has expired/ },
  ];
  for (const { what, server: presented, says } of refused) {
    test(`${what} is exit 4, though its authority is known`, async () => {
      await using server = await startAuthorizationServer({}, presented());
      await using workspace = await openWorkspace(server.origin);
      const { exitCode, stdout, stderr } = await workspace.run(['token', '--cacert', 'ca.pem']);
      expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
      expect(stderr).toMatch(/^error\[tls_failed\]: /);
      expect(stderr).toMatch(says);
      expect(server.requests()).toEqual([]);
    });
  }

  test('is verified whatever NODE_TLS_REJECT_UNAUTHORIZED says', async () => {
    await using server = await startAuthorizationServer({ '/api': text('secret') }, credentials);
    await using workspace = await openWorkspace(server.origin, { NODE_TLS_REJECT_UNAUTHORIZED: '0' });
    await workspace.writeFile('token.txt', token);
    for (const args of [['token'], ['discover'], ['call', `${server.origin}/api`, '--token-file', 'token.txt']]) {
      const { exitCode, stdout, stderr } = await workspace.run(args);
      expect({ exitCode, stdout }, args[0]).toEqual({ exitCode: 4, stdout: '' });
      expect(stderr).toMatch(/^error\[tls_failed\]: /m);
    }
    expect(server.requests()).toEqual([]);
  });

  test('is not asked for by a server that speaks plain http on the port, which is exit 4 with a hint', async () => {
    await using server = await startHttpServer({});
    await using workspace = await openWorkspace(`https://127.0.0.1:${server.port}`);
    const { exitCode, stderr } = await workspace.run(['token']);
    expect(exitCode).toBe(4);
    expect(stderr).toMatch(/^error\[tls_failed\]: [\s\S]*hint: .*http/);
  });
});

describe.concurrent('call through TLS', () => {
  test('sends the token to an API of a known authority', async () => {
    await using server = await startAuthorizationServer({ '/api': text('answer') }, credentials);
    await using workspace = await openWorkspace(server.origin);
    const result = await workspace.run(['call', `${server.origin}/api`, '--cacert', 'ca.pem']);
    expect(result).toEqual({ exitCode: 0, signal: null, stdout: 'answer', stderr: '' });
    expect(server.requests('/api')[0]?.headers.authorization).toBe(`Bearer ${token}`);
  });

  test('connects to the address of --resolve and still asks for the certificate of the name', async () => {
    await using server = await startAuthorizationServer({ '/api': text('answer') }, credentials);
    await using workspace = await openWorkspace(server.origin, { CCGRANT_CACERT: 'ca.pem' });
    const call = (host: string) =>
      workspace.run(['call', `https://${host}:${server.port}/api`, '--resolve', `${host}:${server.port}:127.0.0.1`]);
    expect(await call('api.test')).toMatchObject({ exitCode: 0, stdout: 'answer' });
    expect(server.requests('/api')[0]?.headers.host).toBe(`api.test:${server.port}`);
    expect(await call('unknown.test')).toMatchObject({ exitCode: 4, stdout: '' });
    expect(server.requests('/api')).toHaveLength(1);
  });

  const https = (): Promise<HttpServer> => startHttpServer({ '/end': text('end') }, credentials);
  const sent = ['-H', 'X-Api-Key: key', '-H', 'Cookie: a=b', '-d', 'body'];

  test('with --location keeps the token, the headers and the body on the same origin', async () => {
    await using server = await startAuthorizationServer(
      { '/api': redirect('/end', 307), '/end': text('end') },
      credentials,
    );
    await using workspace = await openWorkspace(server.origin, { CCGRANT_CACERT: 'ca.pem' });
    const result = await workspace.run(['call', '-L', `${server.origin}/api`, ...sent]);
    expect(result).toEqual({ exitCode: 0, signal: null, stdout: 'end', stderr: '' });
    const [request] = server.requests('/end');
    expect(request?.headers).toMatchObject({ authorization: `Bearer ${token}`, 'x-api-key': 'key', cookie: 'a=b' });
    expect(request?.body.toString()).toBe('body');
  });

  for (const status of [301, 302, 303, 307, 308]) {
    test(`with --location drops token, headers and body on the way to another port by ${status}`, async () => {
      await using other = await https();
      await using server = await startAuthorizationServer(
        { '/api': redirect(`${other.origin}/end`, status) },
        credentials,
      );
      await using workspace = await openWorkspace(server.origin, { CCGRANT_CACERT: 'ca.pem' });
      const result = await workspace.run(['call', '-L', `${server.origin}/api`, ...sent]);
      expect(result).toMatchObject({ exitCode: 0, stdout: 'end' });
      const [request] = other.requests('/end');
      for (const name of ['authorization', 'cookie', 'x-api-key']) expect(request?.headers).not.toHaveProperty(name);
      expect(request?.body.toString()).toBe('');
    });
  }

  test('with --location does not give the token back to the first origin after another one', async () => {
    await using other = await startHttpServer(
      { '/back': ({ query }) => redirect(String(query.get('to'))) },
      credentials,
    );
    await using server = await startAuthorizationServer(
      {
        '/api': ({ origin }) => redirect(`${other.origin}/back?to=${encodeURIComponent(`${origin}/end`)}`),
        '/end': text('end'),
      },
      credentials,
    );
    await using workspace = await openWorkspace(server.origin, { CCGRANT_CACERT: 'ca.pem' });
    expect(await workspace.run(['call', '-L', `${server.origin}/api`])).toMatchObject({ exitCode: 0, stdout: 'end' });
    expect(server.requests('/end')[0]?.headers).not.toHaveProperty('authorization');
  });

  test('with --location never goes down to plain http', async () => {
    await using plain = await startHttpServer({ '/end': text('end') });
    await using server = await startAuthorizationServer({ '/api': redirect(`${plain.origin}/end`) }, credentials);
    await using workspace = await openWorkspace(server.origin, { CCGRANT_CACERT: 'ca.pem' });
    const { exitCode, stdout, stderr } = await workspace.run(['call', '-L', `${server.origin}/api`]);
    expect(exitCode).not.toBe(0);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^error\[/);
    expect(plain.connections).toBe(0);
  });

  test('without --location shows the redirect as it is', async () => {
    await using other = await https();
    await using server = await startAuthorizationServer({ '/api': redirect(`${other.origin}/end`) }, credentials);
    await using workspace = await openWorkspace(server.origin, { CCGRANT_CACERT: 'ca.pem' });
    const result = await workspace.run(['call', `${server.origin}/api`, '-w', '%{http_code}']);
    expect(result).toMatchObject({ exitCode: 0, stdout: '302' });
    expect(other.connections).toBe(0);
  });
});
