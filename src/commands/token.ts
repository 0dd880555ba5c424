import { existsSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { absolutePath } from '../absolute-path.ts';
import type { AccessToken } from '../client/access-token.ts';
import type { OAuthClient, OAuthClientSettings } from '../client/oauth-client.ts';
import type { Context } from '../context.ts';
import { OutputError, UsageError } from '../errors.ts';
import type { AccessTokenRequest } from '../oauth/client-credentials.ts';
import { minimumLifetimeOption } from '../options/cache-options.ts';
import type { OptionRow } from '../options/option.ts';
import { outputFormat, outputOptions } from '../options/output-options.ts';
import { requestOptions } from '../options/request-options.ts';
import { serverCommandOptions } from '../options/server-command-options.ts';
import type { TokenFormat } from '../render/access-token.ts';
import { renderAccessToken, tokenFormats } from '../render/access-token.ts';
import { isPlainFormat } from '../render/plain-token.ts';
import { loadSettings } from '../settings/load-settings.ts';
import type { Settings } from '../settings/settings.ts';
import { claimStandardInput } from '../settings/standard-input.ts';
import { withClient } from '../settings/with-client.ts';
import { text } from '../text.ts';
import type { CommandDefinition, Invocation } from './command.ts';

const options: readonly OptionRow[] = [
  ...requestOptions,
  ...serverCommandOptions,
  minimumLifetimeOption,
  {
    name: 'out',
    value: 'FILE',
    group: 'Output',
    summary: 'write to this file, readable by this user only, and not to standard output',
  },
  {
    name: 'keep-fresh',
    group: 'Output',
    summary: 'stay, and write --out FILE anew before each expiry',
  },
  ...outputOptions(...tokenFormats),
];

export const tokenCommand: CommandDefinition = {
  name: 'token',
  operands: [],
  options,
  examples: [
    { purpose: 'a token for a script', line: 'TOKEN=$(ccgrant token --scope api:read)' },
    {
      purpose: 'without a token in the process list',
      line: 'ccgrant token --format header | curl -H @- https://api.example.com',
    },
    {
      purpose: 'good for five minutes more, with all that the server said',
      line: 'ccgrant token --min-ttl 5m --format json',
    },
  ],
  run,
};

async function run(invocation: Invocation, ctx: Context): Promise<void> {
  const settings = await loadSettings(options, invocation.options, ctx);
  claimStandardInput(settings);
  const { resolveRequest } = await import('../settings/resolve-request.ts');
  const request = resolveRequest(settings);
  const format = (outputFormat(invocation.options) ?? 'token') as TokenFormat;
  const out = settings.text('out')?.value;
  const file = out === undefined || out === '-' ? undefined : absolutePath(out, ctx.host);
  if (settings.flag('keep-fresh')) return keepFileFresh(request, format, file, settings, ctx);
  await withClient(settings, ctx, async (client) => {
    requireKeptKey(client.settings);
    const { obtainAccessToken } = await import('../client/access-token.ts');
    const isQuiet = !ctx.io.hasReported && !settings.flag('verbose');
    const token = await obtainAccessToken(request, client, ctx);
    noteProof(token, format, ctx);
    const answer = renderAccessToken(token, format, ctx.now() / 1000, ctx.env);
    if (file !== undefined) return writeAnswer(file, answer);
    if (isQuiet) client.afterAnswer.push(() => rememberAnswer(token, format, client, ctx));
    await ctx.io.print(answer);
  });
}

/** @throws UsageError usage for a token whose key would be gone before anybody could use it */
function requireKeptKey({ dpop, cache }: OAuthClientSettings): void {
  if (dpop === undefined || dpop.keyFile !== undefined || cache.isEnabled) return;
  throw new UsageError('usage', 'without the cache the key that the token is bound to would be lost', {
    hint: 'give a key of your own with --dpop-key FILE, or leave --no-cache out',
  });
}

/** A token that is bound to a key cannot be used by who has only the token: said where it looks otherwise. */
function noteProof({ boundTo, key }: AccessToken, format: TokenFormat, { io }: Context): void {
  if (boundTo === undefined) return;
  if (boundTo.isOwn && key === undefined)
    io.warn(text`the key that this token is bound to is not kept, so no API will take it: give a key with --dpop-key`);
  else if (format === 'header' || format === 'exec-credential')
    io.note(text`each request with this token needs a proof of its own: use ccgrant call`);
}

/** A client of its own for each token: the secret may be another one by then, and so may the endpoints. */
async function keepFileFresh(
  request: AccessTokenRequest,
  format: TokenFormat,
  file: string | undefined,
  settings: Settings,
  ctx: Context,
): Promise<void> {
  if (file === undefined) {
    throw new UsageError('usage', '--keep-fresh needs a file to write to', { hint: 'give --out FILE' });
  }
  const { resolveCache } = await import('../settings/resolve-cache.ts');
  const { keepFresh } = await import('../client/keep-fresh.ts');
  const { obtainAccessToken } = await import('../client/access-token.ts');
  await keepFresh(
    {
      obtain: (current) =>
        withClient(settings, ctx, (client) => {
          requireKeptKey(client.settings);
          return obtainAccessToken(request, client, ctx, current);
        }),
      publish: (token) => writeAnswer(file, renderAccessToken(token, format, ctx.now() / 1000, ctx.env)),
      minimumLifetime: resolveCache(settings, ctx).minimumLifetime,
    },
    ctx,
  );
}

/** So that the next run of the same command line need not find out again which token is meant. */
async function rememberAnswer(
  { key, boundTo, isShared }: AccessToken,
  format: TokenFormat,
  client: OAuthClient,
  ctx: Context,
): Promise<void> {
  const { cache } = client.settings;
  if (key === undefined || !isPlainFormat(format) || !cache.mayRead) return;
  // Of a hundred that wait one writes, and the processor is for those who have no token yet.
  if (isShared) return;
  // What has to be said beside it is said each time.
  if (boundTo !== undefined && format === 'header') return;
  const { remember } = await import('../memo/remember.ts');
  remember(
    { entry: client.tokens.nameOf(key), key: JSON.stringify(key), format, minimumLifetime: cache.minimumLifetime },
    client.cacheDirectory,
    ctx,
  );
}

/** Replaces a file, or the file that a link points to; never a device or a pipe. */
async function writeAnswer(path: string, answer: string): Promise<void> {
  const { writePrivateFile } = await import('../cache/write-private-file.ts');
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats !== undefined && !stats.isFile()) throw new OutputError(`${path} is not a file`);
    writePrivateFile(stats === undefined ? path : realpathSync(path), `${answer}\n`);
  } catch (error) {
    if (error instanceof OutputError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === undefined ? message : `${path} cannot be written (${code})`;
    throw new OutputError(`the token is not written: ${reason}`, {
      hint: existsSync(dirname(path)) ? undefined : 'its directory is not there',
      cause: error,
    });
  }
}
