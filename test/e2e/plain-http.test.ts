import { describe, expect, test } from 'vitest';
import { openClientWorkspace } from '../support/client-workspace.ts';
import { startHttpProxy } from '../support/http-proxy.ts';
import { json, startHttpServer } from '../support/http-server.ts';
import { metadata, openScene, tokenResponse } from '../support/http-server-scene.ts';

const { access_token: token } = tokenResponse;
const done = { exitCode: 0, signal: null, stdout: `${token}\n`, stderr: '' };

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
      await using workspace = await openClientWorkspace(`http://as.test:${server.port}`, {
        HTTP_PROXY: proxy.url,
        ...env,
      });
      expect(await workspace.run(['token', ...args])).toEqual(done);
      expect(server.requests('/token')[0]?.headers.authorization).toMatch(/^Basic /);
    });
  }
});
