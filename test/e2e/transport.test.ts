import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type HttpProxyOptions, startHttpProxy } from '../support/http-proxy.ts';
import type { HttpServer, TlsCredentials } from '../support/http-server.ts';
import {
  closedPort,
  endless,
  json,
  redirect,
  startHttpServer,
  startSilentServer,
  text,
} from '../support/http-server.ts';
import {
  clientId,
  clientSecret,
  metadata,
  openScene,
  startAuthorizationServer,
  tokenResponse,
} from '../support/http-server-scene.ts';
import { createWorkspace } from '../support/run-ccgrant.ts';
import { type CertificateAuthority, createCertificateAuthority } from '../support/tls.ts';

const { access_token: token } = tokenResponse;
/** Milliseconds in which a command that gives up has done so, on a busy machine too. */
const patience = 8000;
const done = { exitCode: 0, signal: null, stdout: `${token}\n`, stderr: '' };

let authority: CertificateAuthority;
/** For loopback, and for the made-up names of servers behind a proxy. */
let credentials: TlsCredentials;
let otherHost: TlsCredentials;
let expired: TlsCredentials;

beforeAll(async () => {
  authority = await createCertificateAuthority();
  [credentials, otherHost, expired] = await Promise.all([
    authority.issue(['127.0.0.1', 'localhost', 'as.test', 'api.test', 'proxy.test']),
    authority.issue(['other.test']),
    authority.issue(['127.0.0.1'], -1),
  ]);
});

afterAll(async () => {
  await authority?.[Symbol.asyncDispose]();
});

/** A workspace for the client of a server, with the authority's certificate in `ca.pem`. */
async function openWorkspace(issuer: string, env: Readonly<Record<string, string>> = {}) {
  const workspace = await createWorkspace({
    CCGRANT_ISSUER: issuer,
    CCGRANT_CLIENT_ID: clientId,
    CCGRANT_CLIENT_SECRET: clientSecret,
    ...env,
  });
  await workspace.writeFile('ca.pem', authority.certificate);
  return { ...workspace, [Symbol.asyncDispose]: workspace.remove };
}

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
    expect(stderr).toContain('hint:   the file of --cacert or SSL_CERT_FILE does not hold its authority');
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

describe.concurrent('plain http', () => {
  const refusals: { what: string; env: Record<string, string>; args: string[] }[] = [
    { what: 'of an issuer', env: { CCGRANT_ISSUER: 'http://as.test' }, args: ['token'] },
    { what: 'of a token_endpoint', env: { CCGRANT_TOKEN_ENDPOINT: 'http://as.test/token' }, args: ['token'] },
    { what: 'of an API', env: {}, args: ['call', 'http://api.test/'] },
    {
      what: 'of a jwks_uri',
      env: { CCGRANT_JWKS_URI: 'http://as.test/jwks' },
      args: ['verify', 'eyJhbGciOiJSUzI1NiJ9.e30.eA'],
    },
    {
      what: 'of a host that only begins like loopback',
      env: { CCGRANT_ISSUER: 'http://127.0.0.1.as.test' },
      args: ['token'],
    },
    { what: 'of a host that only ends like loopback', env: { CCGRANT_ISSUER: 'http://notlocalhost' }, args: ['token'] },
    { what: 'of another address of this machine', env: { CCGRANT_ISSUER: 'http://0.0.0.0:1' }, args: ['token'] },
    {
      what: 'with CCGRANT_ALLOW_HTTP=0',
      env: { CCGRANT_ISSUER: 'http://as.test', CCGRANT_ALLOW_HTTP: '0' },
      args: ['token'],
    },
  ];
  for (const { what, env, args } of refusals) {
    test(`${what} is exit 2, and nothing is sent`, async () => {
      await using proxy = await startHttpProxy();
      await using scene = await openScene({}, { HTTP_PROXY: proxy.url, ...env });
      const { exitCode, stdout, stderr } = await scene.run(args);
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
      expect(stderr).toMatch(/^error\[http_not_allowed\]: [\s\S]*hint: .*--allow-http/);
      expect(proxy.requests).toEqual([]);
    });
  }

  for (const [name, args] of [
    ['token_endpoint', ['token']],
    ['introspection_endpoint', ['introspect', 'a-token']],
    ['revocation_endpoint', ['revoke', 'a-token']],
    ['jwks_uri', ['verify', 'eyJhbGciOiJSUzI1NiJ9.e30.eA']],
  ] as const) {
    test(`of the ${name} in the metadata is exit 2, and nothing is sent there`, async () => {
      await using proxy = await startHttpProxy();
      await using scene = await openScene(
        {
          '/.well-known/openid-configuration': metadata({ [name]: 'http://as.test/endpoint' }),
        },
        { HTTP_PROXY: proxy.url },
      );
      const { exitCode, stdout, stderr } = await scene.run(args);
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
      expect(stderr).toMatch(/^error\[http_not_allowed\]: .*as\.test/);
      expect(proxy.requests).toEqual([]);
    });
  }

  for (const [what, args, env] of [
    ['--allow-http', ['--allow-http'], {}],
    ['CCGRANT_ALLOW_HTTP=1', [], { CCGRANT_ALLOW_HTTP: '1' }],
  ] as const) {
    test(`to another host is allowed with ${what}`, async () => {
      await using server = await startHttpServer({
        '/.well-known/openid-configuration': metadata(),
        '/token': json(tokenResponse),
      });
      await using proxy = await startHttpProxy();
      await using workspace = await openWorkspace(`http://as.test:${server.port}`, { HTTP_PROXY: proxy.url, ...env });
      expect(await workspace.run(['token', ...args])).toEqual(done);
      expect(server.requests('/token')[0]?.headers.authorization).toMatch(/^Basic /);
    });
  }
});

/** An authorization server with the name `as.test`, behind a proxy. */
async function openHiddenServer(options: HttpProxyOptions = {}) {
  const server = await startAuthorizationServer({ '/api': text('answer') }, credentials);
  const proxy = await startHttpProxy(options);
  const issuer = `https://as.test:${server.port}`;
  const workspace = await createWorkspace({
    CCGRANT_ISSUER: issuer,
    CCGRANT_CLIENT_ID: clientId,
    CCGRANT_CLIENT_SECRET: clientSecret,
    CCGRANT_CACERT: 'ca.pem',
  });
  await workspace.writeFile('ca.pem', authority.certificate);
  return {
    server,
    proxy,
    issuer,
    host: `as.test:${server.port}`,
    run: workspace.run,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
      await workspace.remove();
    },
  };
}

describe.concurrent('a proxy', () => {
  type Choice = (proxy: string) => { args?: readonly string[]; env?: Readonly<Record<string, string>> };
  const nowhere = 'http://127.0.0.1:1';

  const used: Record<string, Choice> = {
    HTTPS_PROXY: (proxy) => ({ env: { HTTPS_PROXY: proxy } }),
    https_proxy: (proxy) => ({ env: { https_proxy: proxy } }),
    'https_proxy before HTTPS_PROXY': (proxy) => ({ env: { https_proxy: proxy, HTTPS_PROXY: nowhere } }),
    ALL_PROXY: (proxy) => ({ env: { ALL_PROXY: proxy } }),
    'HTTPS_PROXY before ALL_PROXY': (proxy) => ({ env: { HTTPS_PROXY: proxy, ALL_PROXY: nowhere } }),
    'HTTPS_PROXY without a scheme': (proxy) => ({ env: { HTTPS_PROXY: proxy.replace('http://', '') } }),
    '-x before HTTPS_PROXY': (proxy) => ({ args: ['-x', proxy], env: { HTTPS_PROXY: nowhere } }),
    'NO_PROXY of other hosts': (proxy) => ({
      env: { HTTPS_PROXY: proxy, NO_PROXY: 'other.test,s.test,as.test.example,as.test:1' },
    }),
    '--noproxy in the place of NO_PROXY': (proxy) => ({
      args: ['--noproxy', 'other.test'],
      env: { HTTPS_PROXY: proxy, NO_PROXY: 'as.test' },
    }),
  };
  for (const [what, choose] of Object.entries(used)) {
    test(`is used as told by ${what}`, async () => {
      await using hidden = await openHiddenServer();
      const { args = [], env = {} } = choose(hidden.proxy.url);
      expect(await hidden.run(['token', ...args], { env })).toEqual(done);
      expect(hidden.proxy.requests[0]).toEqual({ method: 'CONNECT', target: hidden.host, credentials: undefined });
    });
  }

  const passedBy: Record<string, Choice> = {
    no_proxy: (proxy) => ({ env: { HTTPS_PROXY: proxy, no_proxy: 'other.test, as.test' } }),
    NO_PROXY: (proxy) => ({ env: { HTTPS_PROXY: proxy, NO_PROXY: 'test' } }),
    'NO_PROXY with a dot': (proxy) => ({ env: { HTTPS_PROXY: proxy, NO_PROXY: '.test' } }),
    'NO_PROXY of everything': (proxy) => ({ env: { HTTPS_PROXY: proxy, NO_PROXY: '*' } }),
    'NO_PROXY in another case': (proxy) => ({ env: { HTTPS_PROXY: proxy, NO_PROXY: 'AS.Test' } }),
    '--noproxy': (proxy) => ({ args: ['--noproxy', 'as.test'], env: { HTTPS_PROXY: proxy } }),
    '--noproxy beside --proxy': (proxy) => ({ args: ['--noproxy', 'as.test', '--proxy', proxy] }),
    'HTTP_PROXY, which is for http': (proxy) => ({ env: { HTTP_PROXY: proxy } }),
    'an empty --proxy': (proxy) => ({ args: ['--proxy', ''], env: { HTTPS_PROXY: proxy } }),
    'an empty variable': () => ({ env: { HTTPS_PROXY: '' } }),
  };
  for (const [what, choose] of Object.entries(passedBy)) {
    test(`is passed by as told by ${what}`, async () => {
      await using hidden = await openHiddenServer();
      const { args = [], env = {} } = choose(hidden.proxy.url);
      const result = await hidden.run(['token', ...args], { env });
      // The name leads nowhere without the proxy.
      expect(result).toMatchObject({ exitCode: 4, stdout: '' });
      expect(result.stderr).toMatch(/^error\[dns_failed\]: /);
      expect(hidden.proxy.requests).toEqual([]);
    });
  }

  const loopback: Record<string, Choice> = {
    HTTP_PROXY: (proxy) => ({ env: { HTTP_PROXY: proxy, http_proxy: proxy } }),
    ALL_PROXY: (proxy) => ({ env: { ALL_PROXY: proxy } }),
    '--proxy': (proxy) => ({ args: ['--proxy', proxy] }),
  };
  for (const [what, choose] of Object.entries(loopback)) {
    test(`is never used for loopback, whatever ${what} says`, async () => {
      await using proxy = await startHttpProxy();
      const { args = [], env = {} } = choose(proxy.url);
      await using scene = await openScene({ '/api': text('answer') }, env);
      const issuer = ['--issuer', scene.server.origin];
      const url = `http://localhost:${scene.server.port}/api`;
      expect(await scene.run(['call', url, ...issuer, ...args])).toMatchObject({ exitCode: 0, stdout: 'answer' });
      expect(proxy.requests).toEqual([]);
    });
  }

  test('of plain http is asked with the whole URL, and passes headers and body on', async () => {
    await using server = await startHttpServer({ '/token': json(tokenResponse), '/api': text('answer') });
    await using proxy = await startHttpProxy();
    const endpoint = `http://as.test:${server.port}/token`;
    await using workspace = await openWorkspace('', {
      CCGRANT_TOKEN_ENDPOINT: endpoint,
      CCGRANT_ALLOW_HTTP: '1',
      HTTP_PROXY: proxy.url,
      HTTPS_PROXY: nowhere,
    });
    expect(await workspace.run(['token', '--scope', 'a'])).toEqual(done);
    expect(proxy.requests).toEqual([{ method: 'POST', target: endpoint, credentials: undefined }]);
    const [request] = server.requests('/token');
    expect(request?.headers).toMatchObject({
      host: `as.test:${server.port}`,
      accept: 'application/json',
      authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect(Object.fromEntries(request?.form ?? [])).toEqual({ grant_type: 'client_credentials', scope: 'a' });

    const url = `http://api.test:${server.port}/api?q=1`;
    expect(await workspace.run(['call', url, '-H', 'X-A: 1', '--no-scope'])).toMatchObject({ stdout: 'answer' });
    expect(proxy.requests.at(-1)).toEqual({ method: 'GET', target: url, credentials: undefined });
    expect(server.requests('/api')[0]?.headers).toMatchObject({ 'x-a': '1', authorization: `Bearer ${token}` });
  });

  test('carries call to an API too', async () => {
    await using hidden = await openHiddenServer();
    const url = `${hidden.issuer.replace('as.test', 'api.test')}/api`;
    const result = await hidden.run(['call', url], { env: { HTTPS_PROXY: hidden.proxy.url } });
    expect(result).toEqual({ exitCode: 0, signal: null, stdout: 'answer', stderr: '' });
    expect(hidden.proxy.requests.map(({ target }) => target)).toContain(new URL(url).host);
  });

  test('does not see what goes through a tunnel', async () => {
    await using hidden = await openHiddenServer();
    await hidden.run(['token'], { env: { HTTPS_PROXY: hidden.proxy.url } });
    expect(hidden.proxy.requests.map(({ method }) => method)).not.toContain('POST');
    expect(hidden.server.requests('/token')[0]?.headers).not.toHaveProperty('proxy-authorization');
  });

  test('of https is reached by TLS, and its certificate is verified', async () => {
    await using hidden = await openHiddenServer({ tls: credentials });
    const env = { HTTPS_PROXY: hidden.proxy.url };
    expect(await hidden.run(['token'], { env })).toEqual(done);
    const result = await hidden.run(['token', '--fresh'], { env: { ...env, CCGRANT_CACERT: '' } });
    expect(result).toMatchObject({ exitCode: 4, stdout: '' });
    expect(result.stderr).toMatch(/^error\[tls_failed\]: /);
  });

  test('gets the user and password of its URL, decoded, and they appear nowhere', async () => {
    await using hidden = await openHiddenServer({ credentials: 'us er:p@ss:w/rd%' });
    const env = { HTTPS_PROXY: hidden.proxy.url.replace('//', '//us%20er:p%40ss%3Aw%2Frd%25@') };
    const { exitCode, stdout, stderr } = await hidden.run(['token', '-v'], { env });
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: `${token}\n` });
    expect(hidden.proxy.requests[0]?.credentials).toBe('us er:p@ss:w/rd%');
    expect(stderr).not.toContain('p@ss');
    expect(stderr).not.toContain('p%40ss');
    expect(stderr).not.toContain(Buffer.from('us er:p@ss:w/rd%').toString('base64'));
    expect(hidden.server.requests('/token')[0]?.headers).not.toHaveProperty('proxy-authorization');
  });

  for (const scheme of ['https', 'http']) {
    test(`of ${scheme} that wants a password is exit 4 with a hint, and shows no password`, async () => {
      await using hidden = await openHiddenServer({ credentials: 'user:right' });
      const proxy = hidden.proxy.url.replace('//', '//user:wr0ng-pass@');
      const issuer = hidden.issuer.replace('https', scheme);
      const env = { CCGRANT_ISSUER: issuer, CCGRANT_ALLOW_HTTP: '1', ALL_PROXY: proxy };
      for (const args of [['token'], ['call', `${issuer}/api`, '--token-endpoint', `${issuer}/token`]]) {
        const { exitCode, stdout, stderr } = await hidden.run([...args, '-v'], { env });
        expect({ exitCode, stdout }, args.join(' ')).toEqual({ exitCode: 4, stdout: '' });
        expect(stderr).toMatch(/^error\[proxy_failed\]: .*407[\s\S]*hint: .*password/m);
        expect(stderr).not.toContain('wr0ng-pass');
      }
      expect(hidden.server.requests()).toEqual([]);
    });
  }

  test('that refuses the tunnel is exit 4 with its status', async () => {
    await using hidden = await openHiddenServer({ refusal: 403 });
    const { exitCode, stderr } = await hidden.run(['token'], { env: { HTTPS_PROXY: hidden.proxy.url } });
    expect(exitCode).toBe(4);
    expect(stderr).toMatch(/^error\[proxy_failed\]: .*proxy.*403/);
  });

  test('that is not there is exit 4, and named', async () => {
    await using hidden = await openHiddenServer();
    const proxy = `http://127.0.0.1:${await closedPort()}`;
    const { exitCode, stderr } = await hidden.run(['token'], { env: { HTTPS_PROXY: proxy } });
    expect(exitCode).toBe(4);
    expect(stderr).toMatch(new RegExp(`^error\\[(proxy|connection)_failed\\]: .*proxy ${new URL(proxy).host}`));
  });

  test('that never answers is exit 4 after --max-time', async () => {
    await using hidden = await openHiddenServer({ isSilent: true });
    const start = performance.now();
    const result = await hidden.run(['token', '-m', '0.5'], { env: { HTTPS_PROXY: hidden.proxy.url } });
    expect(result).toMatchObject({ exitCode: 4, stdout: '' });
    expect(performance.now() - start).toBeLessThan(patience);
  });

  test('whose tunnel never comes about is exit 4 after --connect-timeout', async () => {
    await using hidden = await openHiddenServer({ isSilent: true });
    const args = ['token', '--connect-timeout', '0.3', '-m', '15'];
    const start = performance.now();
    const result = await hidden.run(args, { env: { HTTPS_PROXY: hidden.proxy.url } });
    expect(result).toMatchObject({ exitCode: 4, stdout: '' });
    expect(performance.now() - start).toBeLessThan(patience);
  });

  for (const url of ['socks5://127.0.0.1:1080', 'socks5h://user:pa55word@127.0.0.1:1080', 'socks4a://127.0.0.1']) {
    test(`that is ${new URL(url).protocol.slice(0, -1)} is refused clearly`, async () => {
      await using hidden = await openHiddenServer();
      for (const [args, env] of [
        [['token', '-x', url], {}],
        [['token'], { ALL_PROXY: url }],
      ] as const) {
        const { exitCode, stdout, stderr } = await hidden.run(args, { env });
        expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
        expect(stderr).toMatch(/^error\[[a-z_]+\]: .*(--proxy|ALL_PROXY)/);
        expect(stderr).toMatch(/SOCKS/);
        expect(stderr).not.toContain('pa55word');
      }
    });
  }
});

describe.concurrent('a time limit', () => {
  test('of --connect-timeout ends a TLS handshake that does not go on', async () => {
    await using silent = await startSilentServer();
    await using workspace = await openWorkspace(`https://127.0.0.1:${silent.port}`);
    const start = performance.now();
    const { exitCode, stdout, stderr } = await workspace.run(['token', '--connect-timeout', '0.3']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
    expect(stderr).toMatch(/^error\[timeout\]: .*127\.0\.0\.1[\s\S]*hint: .*--connect-timeout/);
    expect(performance.now() - start).toBeLessThan(patience);
  });

  test('of --connect-timeout does not end a slow answer', async () => {
    await using scene = await openScene({
      '/token': async () => {
        await sleep(700);
        return json(tokenResponse);
      },
    });
    expect(await scene.run(['token', '--connect-timeout', '0.3'])).toEqual(done);
  });

  for (const args of [
    ['--max-time', '.4'],
    ['-m', '0.4', '--connect-timeout', '0'],
  ]) {
    test(`of ${args.join(' ')} ends a TLS handshake too`, async () => {
      await using silent = await startSilentServer();
      await using workspace = await openWorkspace(`https://127.0.0.1:${silent.port}`);
      const start = performance.now();
      const { exitCode, stderr } = await workspace.run(['token', ...args]);
      expect(exitCode).toBe(4);
      expect(stderr).toMatch(/^error\[timeout\]: [\s\S]*hint: .*--max-time/);
      expect(performance.now() - start).toBeLessThan(patience);
    });
  }

  test('of a call holds until the body has come', async () => {
    await using scene = await openScene({
      '/api': (_request, response) => {
        response.writeHead(200).write('begun');
      },
    });
    const { exitCode, stdout, stderr } = await scene.run(['call', `${scene.server.origin}/api`, '-m', '2']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: 'begun' });
    expect(stderr).toMatch(/^error\[timeout\]: /);
  });

  test('of a call ends an answer that never ends, however fast it comes', async () => {
    await using scene = await openScene({ '/api': endless });
    const args = ['call', `${scene.server.origin}/api`, '-m', '2', '-o', '/dev/null'];
    const { exitCode, stdout, stderr } = await scene.run(args, { timeout: 10_000 });
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
    expect(stderr).toMatch(/^error\[timeout\]: /);
  });

  test('may be none', async () => {
    await using scene = await openScene();
    expect(await scene.run(['token', '-m', '0', '--connect-timeout', '0'])).toEqual(done);
  });
});
