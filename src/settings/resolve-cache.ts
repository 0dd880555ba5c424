import { isAbsolute, join } from 'node:path';
import { absolutePath } from '../absolute-path.ts';
import type { CacheSettings } from '../client/oauth-client.ts';
import type { Context } from '../context.ts';
import type { Settings } from './settings.ts';
import { toSeconds } from './settings.ts';

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
