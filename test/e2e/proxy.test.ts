import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openClientWorkspace } from '../support/client-workspace.ts';
import { type HttpProxyOptions, startHttpProxy } from '../support/http-proxy.ts';
import type { TlsCredentials } from '../support/http-server.ts';
import { closedPort, json, startHttpServer, text } from '../support/http-server.ts';
import {
  clientId,
  clientSecret,
  openScene,
  patience,
  startAuthorizationServer,
  tokenResponse,
} from '../support/http-server-scene.ts';
import { type CertificateAuthority, createCertificateAuthority } from '../support/tls.ts';

const { access_token: token } = tokenResponse;
const done = { exitCode: 0, signal: null, stdout: `${token}\n`, stderr: '' };

let authority: CertificateAuthority;
/** For loopback, and for the made-up names of servers behind a proxy. */
let credentials: TlsCredentials;

beforeAll(async () => {
  authority = await createCertificateAuthority();
  credentials = await authority.issue(['127.0.0.1', 'localhost', 'as.test', 'api.test', 'proxy.test']);
});

afterAll(async () => {
  await authority?.[Symbol.asyncDispose]();
});

/** An authorization server with the name `as.test`, behind a proxy. */
async function openHiddenServer(options: HttpProxyOptions = {}) {
  const server = await startAuthorizationServer({ '/api': text('answer') }, credentials);
  const proxy = await startHttpProxy(options);
  const issuer = `https://as.test:${server.port}`;
  const workspace = await openClientWorkspace(issuer, { CCGRANT_CACERT: 'ca.pem' }, authority);
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
    await using workspace = await openClientWorkspace('', {
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
