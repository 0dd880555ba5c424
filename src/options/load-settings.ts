import type { OAuthClient } from '../client/oauth-client.ts';
import { loadProfile } from '../config/profile.ts';
import type { Context } from '../context.ts';
import { assertionCommandKey } from './assertion-options.ts';
import { cacheOptions, minimumLifetimeOption, resolveCache } from './cache-options.ts';
import { clientOptions, resolveClient } from './client-options.ts';
import { connectionOptions, resolveConnection } from './connection-options.ts';
import { secretCommandKey } from './credential-options.ts';
import { resolveDpop } from './dpop-options.ts';
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

const commandKeys = [secretCommandKey, assertionCommandKey];

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
      all: new Set([...profileRows.map(profileKey), ...commandKeys]),
      paths: new Set([...profileRows.filter((row) => row.isPath).map(profileKey), ...commandKeys]),
    },
    ctx,
  );
  return new Settings(rows, typed, ctx.env, profile);
}

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
 * The same for a task that may do without: what the settings say is checked, and nothing is loaded until
 * the client is asked for.
 * @throws UsageError, ConfigError, and what the task throws
 */
export async function withClientOnDemand<T>(
  settings: Settings,
  ctx: Context,
  task: (open: OpenClient) => Promise<T>,
): Promise<T> {
  const resolved = {
    server: resolveServer(settings),
    client: resolveClient(settings, ctx),
    dpop: resolveDpop(settings, ctx),
    cache: resolveCache(settings, ctx),
    connection: await resolveConnection(settings, ctx),
  };
  let client: Promise<OAuthClient> | undefined;
  const open = async (): Promise<OAuthClient> => {
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
