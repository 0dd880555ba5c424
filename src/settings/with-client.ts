import type { OAuthClient } from '../client/oauth-client.ts';
import type { Context } from '../context.ts';
import type { Settings } from './settings.ts';

/**
 * Opens the client that the settings describe, runs the task, and closes its connections.
 * @throws UsageError, ConfigError, and what the task throws
 */
export function withClient<T>(settings: Settings, ctx: Context, task: (client: OAuthClient) => Promise<T>): Promise<T> {
  return withClientOnDemand(settings, ctx, async (open) => task(await open()));
}

/** Gives the client of the run, which is opened for the first who asks. */
export type OpenClient = () => Promise<OAuthClient>;

/**
 * The same for a task that may do without: what the settings say of a client matters where it is asked for.
 * @throws what the task throws; UsageError, ConfigError where it asks for the client
 */
export async function withClientOnDemand<T>(
  settings: Settings,
  ctx: Context,
  task: (open: OpenClient) => Promise<T>,
): Promise<T> {
  let client: Promise<OAuthClient> | undefined;
  const open = async (): Promise<OAuthClient> => {
    const { resolveClientSettings } = await import('./client-settings.ts');
    const resolved = await resolveClientSettings(settings, ctx);
    const { createClient } = await import('../client/oauth-client.ts');
    return createClient(resolved, ctx);
  };
  try {
    return await task(() => {
      client ??= open();
      return client;
    });
  } finally {
    const opened = await client;
    for (const step of opened?.afterAnswer ?? []) await step();
    await opened?.transport.close();
  }
}
