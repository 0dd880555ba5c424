import type { OAuthClient } from '../client/oauth-client.ts';
import { loadProfile } from '../config/profile.ts';
import type { Context } from '../context.ts';
import { cacheOptions, minimumLifetimeOption, resolveCache } from './cache-options.ts';
import { clientOptions, resolveClient, secretCommandKey } from './client-options.ts';
import { connectionOptions, resolveConnection } from './connection-options.ts';
import type { OptionRow, TypedOptions } from './option.ts';
import { profileKey } from './option.ts';
import { requestOptions } from './request-options.ts';
import { endpointOptions, issuerOptions, resolveServer } from './server-options.ts';
import { Settings } from './settings.ts';

/** The options that every command has which talks to the authorization server as a client. */
export const serverCommandOptions: readonly OptionRow[] = [
  ...issuerOptions,
  ...endpointOptions,
  ...clientOptions,
  ...cacheOptions,
  ...connectionOptions,
];

const profileRows = [...serverCommandOptions, ...requestOptions, minimumLifetimeOption].filter((row) => row.inProfile);

/** The settings of a command from options, profile and environment. */
export async function loadSettings(rows: readonly OptionRow[], typed: TypedOptions, ctx: Context): Promise<Settings> {
  const withoutProfile = new Settings(rows, typed, ctx.env, undefined);
  const named = withoutProfile.text('profile');
  const profile = await loadProfile(
    {
      configFile: withoutProfile.text('config')?.value,
      named: named?.origin.rank === 'option' ? named.value : undefined,
      fallback: named?.origin.rank === 'environment' ? named.value : undefined,
    },
    {
      all: new Set([...profileRows.map(profileKey), secretCommandKey]),
      paths: new Set([...profileRows.filter((row) => row.isPath).map(profileKey), secretCommandKey]),
    },
    ctx,
  );
  return new Settings(rows, typed, ctx.env, profile);
}

/**
 * Opens the client that the settings describe, runs the task, and closes its connections.
 * @throws UsageError, ConfigError, and what the task throws
 */
export async function withClient<T>(
  settings: Settings,
  ctx: Context,
  task: (client: OAuthClient) => Promise<T>,
): Promise<T> {
  const { createClient } = await import('../client/oauth-client.ts');
  const client = createClient(
    {
      server: resolveServer(settings),
      client: resolveClient(settings, ctx),
      cache: resolveCache(settings, ctx),
      connection: await resolveConnection(settings, ctx),
    },
    ctx,
  );
  try {
    return await task(client);
  } finally {
    for (const step of client.afterAnswer) await step();
    await client.transport.close();
  }
}
