import { cacheOptions } from './cache-options.ts';
import { clientOptions } from './client-options.ts';
import { connectionOptions } from './connection-options.ts';
import type { OptionRow } from './option.ts';
import { endpointOptions, issuerOptions } from './server-options.ts';

/** The options that every command has which talks to the authorization server as a client. */
export const serverCommandOptions: readonly OptionRow[] = [
  ...issuerOptions,
  ...endpointOptions,
  ...clientOptions,
  ...cacheOptions,
  ...connectionOptions,
];
