import { isAbsolute, join } from 'node:path';
import { absolutePath } from '../absolute-path.ts';
import type { CacheSettings } from '../client/oauth-client.ts';
import type { Context } from '../context.ts';
import type { OptionRow } from './option.ts';
import type { Settings } from './settings.ts';
import { toSeconds } from './settings.ts';

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

/** @throws UsageError usage */
export function resolveCache(settings: Settings, ctx: Context): CacheSettings {
  const isEnabled = !settings.flag('no-cache');
  const minimumLifetime = settings.text('min-ttl');
  return {
    directory: cacheDirectory(settings, ctx),
    isEnabled,
    mayRead: isEnabled && !settings.flag('fresh'),
    minimumLifetime: minimumLifetime === undefined ? 0 : toSeconds(minimumLifetime),
  };
}

/** `--cache-dir`, else `$XDG_CACHE_HOME/ccgrant`, else `~/.cache/ccgrant`; on Windows `%LOCALAPPDATA%\ccgrant\cache`. */
export function cacheDirectory(settings: Settings, { env, host }: Context): string {
  const chosen = settings.text('cache-dir');
  if (chosen !== undefined) return absolutePath(chosen.value, host);
  if (host.platform === 'win32' && env.LOCALAPPDATA) return join(env.LOCALAPPDATA, 'ccgrant', 'cache');
  // The XDG specification says that a relative path is invalid and to be ignored.
  const base = env.XDG_CACHE_HOME && isAbsolute(env.XDG_CACHE_HOME) ? env.XDG_CACHE_HOME : join(host.home, '.cache');
  return join(base, 'ccgrant');
}
