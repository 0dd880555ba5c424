import { proofKeyName } from '../cache/proof-key-cache.ts';
import { readPrivateFile, requirePrivateDirectory } from '../cache/read-private-file.ts';
import { formatVersion, openRecord } from '../cache/sealed-record.ts';
import type { CachedToken } from '../cache/token-cache.ts';
import type { Environment } from '../context.ts';
import { isGood } from '../expiry.ts';
import { isPlainFormat, renderPlainToken } from '../render/plain-token.ts';
import { fileState } from './file-state.ts';
import type { Memo } from './memo.ts';
import { memoFile, memoPlace } from './memo.ts';

/** The part of the outside world that decides which token answers a command line. */
export interface Surroundings {
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  readonly workingDirectory: () => string;
  readonly userId: number | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const memoLimit = 64 * 1024;
const entryLimit = 256 * 1024;

/**
 * The answer to a command line that an earlier run has left a memo for, without a final newline: a token from the cache that is
 * still good. Undefined in any other case, for which the whole program is there; so this may be as simple as it is.
 * A promise only where it takes a hash, for a secret in a variable.
 *
 * Nothing is loaded for it that an empty script would not load.
 */
export function recall(surroundings: Surroundings): string | undefined | Promise<string | undefined> {
  try {
    const { argv, env, platform, userId } = surroundings;
    const place = memoPlace(argv, env, platform);
    if (place === undefined) return undefined;
    requirePrivateDirectory(place.cacheDirectory, userId);
    requirePrivateDirectory(`${place.cacheDirectory}/tokens`, userId);
    const memo = read(memoFile(place), userId, memoLimit) as unknown as Memo | undefined;
    if (memo === undefined || !isUnchanged(memo, surroundings)) return undefined;
    const answer = answerOf(memo, place.cacheDirectory, surroundings);
    if (answer === undefined || Object.keys(memo.secrets).length === 0) return answer;
    return areSame(memo.secrets, place.cacheDirectory, surroundings).then(
      (same) => (same ? answer : undefined),
      () => undefined,
    );
  } catch {
    return undefined;
  }
}

function answerOf(memo: Memo, cacheDirectory: string, { userId, now }: Surroundings): string | undefined {
  const entry = read(`${cacheDirectory}/tokens/${memo.entry}.v${formatVersion}`, userId, entryLimit);
  if (entry === undefined || JSON.stringify(entry.key) !== memo.key || !isPlainFormat(memo.format)) return undefined;
  const token = entry as unknown as CachedToken;
  const isUsable = isGood(token, now / 1000, memo.minimumLifetime) && now / 1000 < token.refreshOn;
  if (!isUsable || !hasItsKey(token, cacheDirectory, userId)) return undefined;
  return renderPlainToken(token, memo.format);
}

/** Whether the key that was made for a token is there: without it the token is good for nothing (RFC 9449). */
function hasItsKey({ boundTo }: CachedToken, cacheDirectory: string, userId: number | undefined): boolean {
  if (boundTo?.isOwn !== true) return true;
  requirePrivateDirectory(`${cacheDirectory}/keys`, userId);
  const file = `${cacheDirectory}/keys/${proofKeyName(boundTo.thumbprint)}.v${formatVersion}`;
  return read(file, userId, entryLimit)?.thumbprint === boundTo.thumbprint;
}

function read(path: string, userId: number | undefined, limit: number): Readonly<Record<string, unknown>> | undefined {
  const content = readPrivateFile(path, userId, limit);
  return content && openRecord(content);
}

function isUnchanged(memo: Memo, { argv, env, workingDirectory }: Surroundings): boolean {
  if (memo.argv.length !== argv.length) return false;
  for (let index = 0; index < argv.length; index += 1) if (memo.argv[index] !== argv[index]) return false;
  for (const name in memo.variables) if (memo.variables[name] !== (env[name] ?? null)) return false;
  for (const path in memo.files) if (memo.files[path] !== fileState(path)) return false;
  return memo.workingDirectory === null || memo.workingDirectory === workingDirectory();
}

async function areSame(
  secrets: Memo['secrets'],
  cacheDirectory: string,
  { env, userId }: Surroundings,
): Promise<boolean> {
  const key = readPrivateFile(`${cacheDirectory}/key`, userId, 32, { maxLinks: 2 });
  if (key?.length !== 32) return false;
  const { keyedHash } = await import('../sha256.ts');
  return Object.entries(secrets).every(([name, hash]) => env[name] !== undefined && keyedHash(key, env[name]) === hash);
}
