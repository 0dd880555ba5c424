import type { CacheDirectory } from '../cache/cache-directory.ts';
import { CacheTrouble } from '../cache/cache-trouble.ts';
import type { CachedToken, TokenCache } from '../cache/token-cache.ts';
import type { Context } from '../context.ts';
import { ConfigError, UsageError } from '../errors.ts';
import { isGood } from '../expiry.ts';
import { cacheDirectoryOption } from '../options/cache-options.ts';
import { clientIdOption } from '../options/client-options.ts';
import type { OptionRow, TypedOptions } from '../options/option.ts';
import { outputFormat, outputOptions } from '../options/output-options.ts';
import { issuerOptions, tokenEndpointOption } from '../options/server-options.ts';
import { renderCachedTokens, toCachedTokensJson } from '../render/cached-tokens.ts';
import { safeJson } from '../render/json.ts';
import { loadSettings } from '../settings/load-settings.ts';
import { cacheDirectory } from '../settings/resolve-cache.ts';
import type { Settings } from '../settings/settings.ts';
import { belongsTo, resolveOwner } from '../settings/token-selection.ts';
import { text } from '../text.ts';
import type { CommandDefinition, Invocation } from './command.ts';

const options: readonly OptionRow[] = [
  { name: 'show-tokens', group: 'Output', summary: 'list the tokens themselves too' },
  ...issuerOptions,
  tokenEndpointOption,
  clientIdOption,
  cacheDirectoryOption,
  ...outputOptions('text', 'json'),
];

export const cacheCommand: CommandDefinition = {
  name: 'cache',
  operands: ['list|clear|path'],
  options,
  examples: [
    { purpose: 'what is there, and for how long', line: 'ccgrant cache list' },
    { purpose: 'forget the tokens of one client', line: 'ccgrant cache clear --client-id ci-bot' },
    { purpose: 'where it is', line: 'ccgrant cache path' },
  ],
  run,
};

async function run({ operands, options: typed }: Invocation, ctx: Context): Promise<void> {
  const { io } = ctx;
  const settings = await loadSettings(options, typed, ctx);
  const [action] = operands;
  const isJson = outputFormat(typed) === 'json';
  const path = cacheDirectory(settings, ctx);
  if (action === 'path') return io.print(isJson ? safeJson({ path }).value : path);
  const { openCacheDirectory } = await import('../client/oauth-client.ts');
  const { TokenCache } = await import('../cache/token-cache.ts');
  const directory = openCacheDirectory(path, ctx);
  if (action === 'clear') {
    const count = await clear(directory, new TokenCache(directory), selection(typed, settings));
    if (isJson) return io.print(JSON.stringify({ removed: count }));
    return io.note(text`${count} ${count === 1 ? 'token' : 'tokens'} removed`);
  }
  if (action !== 'list')
    throw new UsageError('usage', 'cache takes list, clear or path', { hint: 'ccgrant cache list' });
  const tokens = new TokenCache(directory).list().filter(selection(typed, settings) ?? (() => true));
  const isShown = settings.flag('show-tokens');
  if (isJson) return io.print(safeJson(toCachedTokensJson(tokens, isShown), 2).value);
  if (tokens.length === 0)
    return io.note(text`nothing is cached${selection(typed, settings) === undefined ? '' : ' for these options'}`);
  const now = ctx.now() / 1000;
  const listed = tokens.map((token) => ({ ...token, isUsable: isGood(token, now) }));
  return io.show(renderCachedTokens(listed, isShown, io.style, now));
}

/** @throws ConfigError file_unusable: what cannot be removed must not be taken for removed */
async function clear(
  directory: CacheDirectory,
  tokens: TokenCache,
  isChosen: ((token: CachedToken) => boolean) | undefined,
): Promise<number> {
  try {
    if (isChosen !== undefined) return tokens.removeAll(isChosen);
    directory.clear('metadata');
    directory.clear('memos');
    await directory.clearLocks();
    return tokens.clear();
  } catch (error) {
    if (error instanceof CacheTrouble) throw new ConfigError('file_unusable', error.message);
    throw error;
  }
}

/** Which tokens the options select; undefined for all. Variables say whom to ask, not what to forget. */
function selection(typed: TypedOptions, settings: Settings): ((token: CachedToken) => boolean) | undefined {
  if (!['issuer', 'token-endpoint', 'client-id', 'profile'].some((name) => typed.has(name))) return undefined;
  const owner = resolveOwner(settings, ['option', 'named profile']);
  const selectsNothing = Object.values(owner).every((value) => value === undefined);
  return (token) => !selectsNothing && belongsTo(token, owner);
}
