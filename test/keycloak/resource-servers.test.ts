import * as oracle from 'dpop';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { openAdmin } from '../support/keycloak/admin.ts';
import { startFlaskServer } from '../support/keycloak/flask-server.ts';
import { type Myorg, provisionMyorg } from '../support/keycloak/myorg.ts';
import { requestToken } from '../support/keycloak/tokens.ts';
import { type LocalIssuer, startLocalIssuer } from '../support/resource-server/local-issuer.ts';
import { buildNodeServers, type NodeServer, type NodeServers } from '../support/resource-server/node-server.ts';
import { requestCases } from '../support/resource-server/requests.ts';
import { send } from '../support/resource-server/send.ts';

/** Both examples stand side by side, with tokens of one issuer; where they differ, the table says why. */
describe('the resource servers in Python and in TypeScript', () => {
  let issuer: LocalIssuer;
  let nodeServers: NodeServers;
  let servers: Readonly<Record<'flask' | 'node', { readonly url: string; stop(): Promise<void> }>>;

  beforeAll(async () => {
    issuer = await startLocalIssuer();
    nodeServers = await buildNodeServers();
    servers = {
      flask: await startFlaskServer(issuer.issuer),
      node: await nodeServers.start({ API_ISSUER: issuer.issuer }),
    };
    const authorization = `Bearer ${await issuer.sign()}`;
    for (const { url } of Object.values(servers))
      expect((await send(`${url}/api/private`, { authorization })).status).toBe(200);
  });

  afterAll(async () => {
    await servers?.flask.stop();
    await nodeServers?.[Symbol.asyncDispose]();
    await issuer?.[Symbol.asyncDispose]();
  });

  const cases = requestCases('node').map((asNode, index) => ({ ...asNode, asFlask: requestCases('flask')[index] }));

  test.each(cases)('answer GET $path with $row.sends', async ({ path, row, outcome, asFlask }) => {
    const { fields = {}, query = '' } = await row.sent(issuer);

    const ask = async (server: 'flask' | 'node') => {
      const { status, body } = await send(`${servers[server].url}${path}${query}`, fields);
      return { status, error: body.error, message: status === 200 ? body.message : undefined };
    };
    const judge = async () => {
      const [flask, node] = [await ask('flask'), await ask('node')];
      expect(node).toMatchObject({ error: undefined, ...outcome });
      expect(flask, row.flask?.because).toMatchObject({ error: undefined, ...asFlask?.outcome });
      if (flask.status === node.status) expect(flask.message).toBe(node.message);
    };
    await (row.eventually ? vi.waitFor(judge, 10_000) : judge());
  });
});

describe('the resource server in TypeScript with tokens of Keycloak', () => {
  const scope = 'test_api_access';
  let myorg: Myorg;
  let nodeServers: NodeServers;
  let api: NodeServer;

  beforeAll(async () => {
    myorg = await provisionMyorg(openAdmin(inject('keycloak')));
    nodeServers = await buildNodeServers();
    api = await nodeServers.start({
      API_ISSUER: myorg.issuer,
      API_AUDIENCE: 'test_api_resource',
      API_DPOP_NONCE: 'on',
    });
  });

  afterAll(async () => {
    await nodeServers?.[Symbol.asyncDispose]();
    await myorg?.realm.remove();
  });

  const statusOf = async (path: string, token: string) =>
    (await send(`${api.url}${path}`, { authorization: `Bearer ${token}` })).status;

  test('accepts one that is for it', async () => {
    const token = await requestToken(myorg.issuer, myorg.client, scope);
    expect(await statusOf('/api/private-scoped', token)).toBe(200);
    expect(await statusOf('/api/bound', token)).toBe(401);
  });

  test('refuses one that is not for it', async () => {
    expect(await statusOf('/api/private', await requestToken(myorg.issuer, myorg.client))).toBe(401);
  });

  test('accepts one that is bound to a DPoP key with its proof, and not as Bearer', async () => {
    const key = await oracle.generateKeyPair('ES256');
    const endpoint = `${myorg.issuer}/protocol/openid-connect/token`;
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { dpop: await oracle.generateProof(key, endpoint, 'POST') },
      body: new URLSearchParams({
        ...{ grant_type: 'client_credentials', scope },
        ...{ client_id: myorg.client.clientId, client_secret: myorg.client.secret },
      }),
    });
    const { access_token: token, token_type } = (await response.json()) as Record<string, string>;
    expect(token_type).toBe('DPoP');
    const url = `${api.url}/api/bound`;
    const ask = async (nonce?: string) =>
      send(url, { authorization: `DPoP ${token}`, dpop: await oracle.generateProof(key, url, 'GET', nonce, token) });

    const [nonce] = (await ask()).fields('dpop-nonce');
    expect((await ask(nonce)).status).toBe(200);
    expect(await statusOf('/api/private-scoped', token ?? '')).toBe(401);
  });
});
