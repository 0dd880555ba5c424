import { startServer } from './start-server.mjs';

/**
 * Starts the authorization server, then the protected API that trusts it.
 *
 * @param {string[]} [authorizationServerArgs]
 */
export async function startServers(authorizationServerArgs = []) {
  const authorizationServer = await startServer('authorization-server.mjs', [
    '--count-requests',
    ...authorizationServerArgs,
  ]);
  const { issuer = '' } = authorizationServer.facts;
  try {
    const api = await startServer('protected-api.mjs', ['--issuer', issuer]);
    const { url: apiUrl = '', audience = '' } = api.facts;
    return {
      issuer,
      apiUrl,
      audience,
      /** How many requests the authorization server has had, by path. */
      async requests() {
        const response = await fetch(`${issuer}/test/requests`);
        return /** @type {Record<string, number>} */ (await response.json());
      },
      async stop() {
        await Promise.all([api.stop(), authorizationServer.stop()]);
      },
    };
  } catch (error) {
    await authorizationServer.stop();
    throw error;
  }
}
