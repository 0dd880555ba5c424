import type { CacheDirectory } from '../cache/cache-directory.ts';
import type { CachedToken } from '../cache/token-cache.ts';
import { isGood, TokenCache } from '../cache/token-cache.ts';
import { openCacheDirectory } from '../client/oauth-client.ts';
import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import { cacheDirectory, cacheDirectoryOption } from '../options/cache-options.ts';
import { clientIdOption } from '../options/client-options.ts';
import { loadSettings } from '../options/load-settings.ts';
import type { OptionRow, TypedOptions } from '../options/option.ts';
import { outputFormat, outputOptions } from '../options/output-options.ts';
import { issuerOptions, tokenEndpointOption } from '../options/server-options.ts';
import type { Settings } from '../options/settings.ts';
import { belongsTo } from '../options/token-selection.ts';
import { renderCachedTokens, toCachedTokensJson } from '../render/cached-tokens.ts';
import { safeJson } from '../render/json.ts';
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
  summary: 'list what is cached, clear it, or print where it is',
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
  if (action === 'path') return io.print(cacheDirectory(settings, ctx));
  const directory = openCacheDirectory(cacheDirectory(settings, ctx), ctx);
  if (action === 'clear') {
    const count = clear(directory, selection(typed, settings));
    return io.note(text`${count} ${count === 1 ? 'token' : 'tokens'} removed`);
  }
  if (action !== 'list')
    throw new UsageError('usage', 'cache takes list, clear or path', { hint: 'ccgrant cache list' });
  const tokens = new TokenCache(directory).list().filter(selection(typed, settings) ?? (() => true));
  const isShown = settings.flag('show-tokens');
  if (outputFormat(typed) === 'json') return io.print(safeJson(toCachedTokensJson(tokens, isShown), 2).value);
  if (tokens.length === 0) return io.note(text`nothing is cached`);
  const now = ctx.now() / 1000;
  const listed = tokens.map((token) => ({ ...token, isUsable: isGood(token, now) }));
  return io.show(renderCachedTokens(listed, isShown, io.style, now));
}

function clear(directory: CacheDirectory, isChosen: ((token: CachedToken) => boolean) | undefined): number {
  const tokens = new TokenCache(directory);
  if (isChosen !== undefined) return tokens.removeAll(isChosen);
  for (const name of directory.names('metadata')) directory.remove('metadata', name);
  return tokens.clear();
}

/** Which tokens the options select; undefined for all. Variables say whom to ask, not what to forget. */
function selection(typed: TypedOptions, settings: Settings): ((token: CachedToken) => boolean) | undefined {
  if (!['issuer', 'token-endpoint', 'client-id', 'profile'].some((name) => typed.has(name))) return undefined;
  const chosen = (name: string): string | undefined => {
    const setting = settings.text(name);
    return setting?.origin.rank === 'option' || setting?.origin.rank === 'named profile' ? setting.value : undefined;
  };
  const owner = { issuer: chosen('issuer'), tokenEndpoint: chosen('token-endpoint'), clientId: chosen('client-id') };
  const selectsNothing = Object.values(owner).every((value) => value === undefined);
  return (token) => !selectsNothing && belongsTo(token, owner);
}
