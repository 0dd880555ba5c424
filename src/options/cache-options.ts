import type { OptionRow } from './option.ts';

export const cacheDirectoryOption: OptionRow = {
  name: 'cache-dir',
  value: 'DIR',
  group: 'Cache',
  summary: 'keep tokens and metadata in this directory',
  variable: 'CCGRANT_CACHE_DIR',
  inProfile: true,
  isPath: true,
};

/** Whether answers of earlier runs may be used. */
export const cacheOptions: readonly OptionRow[] = [
  {
    name: 'no-cache',
    group: 'Cache',
    summary: 'neither read nor write the cache',
    variable: 'CCGRANT_NO_CACHE',
    inProfile: true,
  },
  { name: 'fresh', group: 'Cache', summary: 'ask anew, and keep the answer', inProfile: true },
  cacheDirectoryOption,
];

export const minimumLifetimeOption: OptionRow = {
  name: 'min-ttl',
  value: 'DURATION',
  group: 'Cache',
  summary: 'ask anew if the cached token is good for less than this (90s, 5m)',
  inProfile: true,
};
