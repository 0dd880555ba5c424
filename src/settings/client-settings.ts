import type { OAuthClientSettings } from '../client/oauth-client.ts';
import type { Context } from '../context.ts';
import { resolveCache } from './resolve-cache.ts';
import { resolveClient } from './resolve-client.ts';
import { resolveConnection } from './resolve-connection.ts';
import { resolveDpop } from './resolve-dpop.ts';
import { resolveServer } from './resolve-server.ts';
import type { Settings } from './settings.ts';

/**
 * All that a client needs to know: its server, its credentials, its cache and how it connects.
 * @throws UsageError, ConfigError
 */
export async function resolveClientSettings(settings: Settings, ctx: Context): Promise<OAuthClientSettings> {
  return {
    server: resolveServer(settings),
    client: resolveClient(settings, ctx),
    dpop: resolveDpop(settings, ctx),
    cache: resolveCache(settings, ctx),
    connection: await resolveConnection(settings, ctx),
  };
}
