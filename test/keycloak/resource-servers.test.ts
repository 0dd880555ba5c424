import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startFlaskServer } from '../support/keycloak/flask-server.ts';
import { type LocalIssuer, startLocalIssuer } from '../support/resource-server/local-issuer.ts';
import { buildNodeServers, type NodeServers } from '../support/resource-server/node-server.ts';
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
      expect(flask).toMatchObject({ error: undefined, ...asFlask?.outcome });
      if (flask.status === node.status) expect(flask.message).toBe(node.message);
    };
    await (row.eventually ? vi.waitFor(judge, 10_000) : judge());
  });
});
