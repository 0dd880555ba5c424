import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parseChallenges } from '../../src/oauth/challenge.ts';
import { json, startHttpServer } from '../support/http-server.ts';
import { type LocalIssuer, startLocalIssuer } from '../support/resource-server/local-issuer.ts';
import { buildNodeServers, type NodeServer, type NodeServers } from '../support/resource-server/node-server.ts';
import { requestCases } from '../support/resource-server/requests.ts';
import { send } from '../support/resource-server/send.ts';
import { runCcgrant } from '../support/run-ccgrant.ts';

const messages: Readonly<Record<string, string>> = {
  '/api/public': 'No need of Authorization to see this',
  '/api/private': 'Authorization is required to see this',
  '/api/private-scoped': 'Authorization with a scope named test_api_access is required to see this',
};

let issuer: LocalIssuer;
let servers: NodeServers;
let server: NodeServer;

beforeAll(async () => {
  issuer = await startLocalIssuer();
  servers = await buildNodeServers();
  server = await servers.start({ API_ISSUER: issuer.issuer });
});

afterAll(async () => {
  await servers?.[Symbol.asyncDispose]();
  await issuer?.[Symbol.asyncDispose]();
});

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe.each(requestCases('node'))('GET $path with $row.sends', ({ path, row, outcome }) => {
  test(`is answered with ${Object.values(outcome).join(' ')}`, async () => {
    // The keys are known before there is another one.
    await send(`${server.url}/api/private`, bearer(await issuer.sign()));
    expect(issuer.keyRequests()).toBeGreaterThan(0);
    const { fields = {}, query = '' } = await row.sent(issuer);

    const judge = async () => {
      const response = await send(`${server.url}${path}${query}`, fields);
      expect({ status: response.status, error: response.body.error }).toEqual({ error: undefined, ...outcome });
      if (outcome.status === 200) expect(response.body).toEqual({ message: messages[path] });
      const challenges = response.fields('www-authenticate').flatMap(parseChallenges);
      expect(challenges.find(({ parameters }) => parameters.has('error'))?.parameters.get('error')).toBe(outcome.error);
      expect(challenges.length > 0).toBe(outcome.status !== 200);
    };
    await (row.eventually ? vi.waitFor(judge, 10_000) : judge());
  });
});

describe('challenges', () => {
  const algs = 'algs="ES256 ES384 ES512 Ed25519 EdDSA PS256 PS384 PS512 RS256 RS384 RS512"';
  const challengesOf = async (path: string, headers = {}) =>
    (await send(`${server.url}${path}`, headers)).fields('www-authenticate');
  const metadata = (path: string) => `resource_metadata="${server.url}/.well-known/oauth-protected-resource${path}"`;

  test('name both schemes and no error when no credentials came', async () => {
    expect(await challengesOf('/api/private')).toEqual([
      `Bearer ${metadata('/api/private')}`,
      `DPoP ${algs}, ${metadata('/api/private')}`,
    ]);
  });

  test('name the error beside the scheme that was tried', async () => {
    expect(await challengesOf('/api/private', bearer(await issuer.sign({ exp: 1 })))).toEqual([
      `Bearer error="invalid_token", error_description="the access token has expired", ${metadata('/api/private')}`,
      `DPoP ${algs}, ${metadata('/api/private')}`,
    ]);
    expect(await challengesOf('/api/private', { authorization: 'DPoP garbage' })).toEqual([
      `Bearer ${metadata('/api/private')}`,
      `DPoP error="invalid_token", error_description="the access token is not a JWT of this issuer", ${algs}, ${metadata('/api/private')}`,
    ]);
  });

  test('name the scope that would do', async () => {
    expect(await challengesOf('/api/private-scoped', bearer(await issuer.sign({ scope: 'email' })))).toEqual([
      `Bearer error="insufficient_scope", error_description="the access token lacks a scope", scope="test_api_access", ${metadata('/api/private-scoped')}`,
    ]);
  });

  test('name the claim that is wrong, not what it says', async () => {
    const [challenge] = await challengesOf('/api/private', bearer(await issuer.sign({ iss: 'https://evil.example' })));
    expect(challenge).toContain('error_description="the claim iss is missing or not as required"');
    expect(challenge).not.toContain('evil');
  });
});

describe('protected resource metadata', () => {
  const metadataOf = async (path: string) =>
    await send(`${server.url}/.well-known/oauth-protected-resource${path}`, {});

  test('of the API is at the well-known URL', async () => {
    expect((await metadataOf('')).body).toMatchObject({
      resource: server.url,
      authorization_servers: [issuer.issuer],
      scopes_supported: ['test_api_access'],
      bearer_methods_supported: ['header'],
      dpop_bound_access_tokens_required: false,
      tls_client_certificate_bound_access_tokens: false,
    });
  });

  test.each(['/api/private', '/api/private-scoped', '/api/bound'])(
    'of %s is where its challenge says, and is about the URL that was requested',
    async (path) => {
      const [field = ''] = (await send(`${server.url}${path}`, {})).fields('www-authenticate');
      const url = parseChallenges(field)[0]?.parameters.get('resource_metadata') ?? '';

      expect((await send(url, {})).body).toMatchObject({
        resource: `${server.url}${path}`,
        authorization_servers: [issuer.issuer],
        scopes_supported: path === '/api/private-scoped' ? ['test_api_access'] : [],
        dpop_bound_access_tokens_required: path === '/api/bound',
      });
    },
  );

  test.each(['/api/public', '/api/none', '/'])('of %s does not exist', async (path) => {
    expect((await metadataOf(path)).status).toBe(404);
  });
});

describe('other requests', () => {
  test('HEAD needs a token like GET', async () => {
    expect((await send(`${server.url}/api/private`, {}, undefined, 'HEAD')).status).toBe(401);
    expect((await send(`${server.url}/api/private`, bearer(await issuer.sign()), undefined, 'HEAD')).status).toBe(200);
  });

  test('other methods are refused with those that are allowed', async () => {
    const response = await send(`${server.url}/api/private`, {}, undefined, 'POST');
    expect([response.status, response.fields('allow')]).toEqual([405, ['GET, HEAD']]);
  });

  test('an unknown path is not found, with or without a token', async () => {
    expect((await send(`${server.url}/api/none`, {})).status).toBe(404);
    expect((await send(`${server.url}//api.example/api/private`, {})).status).toBe(404);
  });

  test('no response may be stored', async () => {
    const response = await send(`${server.url}/api/private`, bearer(await issuer.sign()));
    expect(response.fields('cache-control')).toEqual(['no-store']);
  });
});

test('a token for another audience is refused where one is set', async () => {
  const strict = await servers.start({ API_ISSUER: issuer.issuer, API_AUDIENCE: 'test_api_resource' });
  const statusWith = async (aud: string | string[] | undefined) =>
    (await send(`${strict.url}/api/private`, bearer(await issuer.sign({ aud })))).status;

  expect(await statusWith('test_api_resource')).toBe(200);
  expect(await statusWith(['account', 'test_api_resource'])).toBe(200);
  expect(await statusWith('account')).toBe(401);
  expect(await statusWith(undefined)).toBe(401);
});

test('is unavailable, and not of the opinion that the token is bad, when the keys cannot be had', async () => {
  await using vanishing = await startLocalIssuer();
  const lonely = await servers.start({ API_ISSUER: vanishing.issuer });
  const token = await vanishing.sign();
  await vanishing[Symbol.asyncDispose]();

  const response = await send(`${lonely.url}/api/private`, bearer(token));
  expect([response.status, response.fields('www-authenticate')]).toEqual([503, []]);
});

describe('ccgrant call', () => {
  const call = async (path: string, token: string) =>
    await runCcgrant(['call', `${server.url}${path}`, '--token-file', '-'], { stdin: token });

  test('prints what the API answers', async () => {
    expect(await call('/api/private-scoped', await issuer.sign())).toMatchObject({
      exitCode: 0,
      stdout: `${JSON.stringify({ message: messages['/api/private-scoped'] })}\n`,
    });
  });

  test('exits 22 with the error and the scope of the challenge', async () => {
    const { exitCode, stderr } = await call('/api/private-scoped', await issuer.sign({ scope: 'email' }));
    expect(exitCode).toBe(22);
    expect(stderr).toContain('insufficient_scope');
    expect(stderr).toContain('test_api_access');
  });
});

describe('refuses to start', () => {
  test('without metadata of the issuer', async () => {
    const { exitCode, stdout, stderr } = await servers.runToEnd({ API_ISSUER: `${issuer.issuer}/nobody` });
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/^no metadata of the issuer .*\n {2}.*openid-configuration: status 404\n.*: status 404\n$/);
  });

  test('with the metadata of another issuer', async () => {
    await using impostor = await startHttpServer({
      '/.well-known/openid-configuration': () => json({ issuer: issuer.issuer, jwks_uri: `${issuer.issuer}/jwks` }),
    });
    const { exitCode, stderr } = await servers.runToEnd({ API_ISSUER: impostor.origin });
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`it is about "${issuer.issuer}"`);
  });

  test('on a port that is taken', async () => {
    const { exitCode, stderr } = await servers.runToEnd({
      API_ISSUER: issuer.issuer,
      API_PORT: new URL(server.url).port,
    });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^cannot listen: .*EADDRINUSE.*\n$/);
  });

  test('with a setting that is wrong', async () => {
    expect(await servers.runToEnd({ API_DPOP_NONCE: 'maybe' })).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'API_DPOP_NONCE is on or off, not maybe\n',
    });
  });
});
