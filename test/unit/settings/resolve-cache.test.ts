import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cacheOptions, minimumLifetimeOption } from '../../../src/options/cache-options.ts';
import { cacheDirectory, resolveCache } from '../../../src/settings/resolve-cache.ts';
import { Settings } from '../../../src/settings/settings.ts';
import { failureOf } from '../support/failure.ts';
import type { ContextOptions } from '../support/test-context.ts';
import { createContext } from '../support/test-context.ts';

async function resolve(typed: Record<string, string[] | boolean> = {}, options: ContextOptions = {}) {
  const { ctx } = await createContext({
    ...options,
    host: { home: '/home/me', workingDirectory: '/there', ...options.host },
  });
  const settings = new Settings(
    [...cacheOptions, minimumLifetimeOption],
    new Map(Object.entries(typed)),
    ctx.env,
    undefined,
  );
  return { ...resolveCache(settings, ctx), directory: cacheDirectory(settings, ctx) };
}

describe('where the cache is', () => {
  it.each<[string, Record<string, string[]>, ContextOptions, string]>([
    ['~/.cache/ccgrant', {}, {}, '/home/me/.cache/ccgrant'],
    ['the same on macOS', {}, { host: { platform: 'darwin' } }, '/home/me/.cache/ccgrant'],
    ['$XDG_CACHE_HOME/ccgrant', {}, { env: { XDG_CACHE_HOME: '/xdg' } }, '/xdg/ccgrant'],
    ['not below a relative XDG_CACHE_HOME', {}, { env: { XDG_CACHE_HOME: 'xdg' } }, '/home/me/.cache/ccgrant'],
    ['not below an empty XDG_CACHE_HOME', {}, { env: { XDG_CACHE_HOME: '' } }, '/home/me/.cache/ccgrant'],
    ['CCGRANT_CACHE_DIR', {}, { env: { CCGRANT_CACHE_DIR: '/env', XDG_CACHE_HOME: '/xdg' } }, '/env'],
    ['--cache-dir', { 'cache-dir': ['/opt'] }, { env: { CCGRANT_CACHE_DIR: '/env' } }, '/opt'],
    ['--cache-dir from the working directory', { 'cache-dir': ['here'] }, {}, '/there/here'],
  ])('%s', async (_, typed, options, directory) => {
    expect((await resolve(typed, options)).directory).toBe(directory);
  });

  it('%LOCALAPPDATA%\\ccgrant\\cache on Windows', async () => {
    const { directory } = await resolve({}, { env: { LOCALAPPDATA: '/local' }, host: { platform: 'win32' } });
    expect(directory).toBe(join('/local', 'ccgrant', 'cache'));
  });
});

describe('what may be used of it', () => {
  it.each<[string, Record<string, boolean>, Record<string, string>, boolean, boolean]>([
    ['all', {}, {}, true, true],
    ['nothing with --no-cache', { 'no-cache': true }, {}, false, false],
    ['nothing with CCGRANT_NO_CACHE=1', {}, { CCGRANT_NO_CACHE: '1' }, false, false],
    ['it is written with --fresh', { fresh: true }, {}, true, false],
    ['nothing with both', { fresh: true, 'no-cache': true }, {}, false, false],
  ])('%s', async (_, typed, env, isEnabled, mayRead) => {
    expect(await resolve(typed, { env })).toMatchObject({ isEnabled, mayRead });
  });

  it.each([
    [undefined, 0],
    ['90s', 90],
    ['5m', 300],
  ])('tokens that are good for --min-ttl %s', async (value, seconds) => {
    expect((await resolve(value === undefined ? {} : { 'min-ttl': [value] })).minimumLifetime).toBe(seconds);
  });

  it('none for a --min-ttl that is no duration', async () => {
    expect(await failureOf(() => resolve({ 'min-ttl': ['-5m'] }))).toMatchObject({ code: 'usage' });
  });
});
