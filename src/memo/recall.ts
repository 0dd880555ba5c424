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
 *
 * Nothing is loaded for it that an empty script would not load.
 */
export async function recall(surroundings: Surroundings): Promise<string | undefined> {
  try {
    const { argv, env, platform, userId, now } = surroundings;
    const place = memoPlace(argv, env, platform);
    if (place === undefined) return undefined;
    const { cacheDirectory } = place;
    const tokens = `${cacheDirectory}/tokens`;
    requirePrivateDirectory(cacheDirectory, userId);
    requirePrivateDirectory(tokens, userId);
    const memo = read(memoFile(place), userId, memoLimit) as unknown as Memo | undefined;
    if (memo === undefined || !(await isUnchanged(memo, cacheDirectory, surroundings))) return undefined;
    const entry = read(`${tokens}/${memo.entry}.v${formatVersion}`, userId, entryLimit);
    if (entry === undefined || JSON.stringify(entry.key) !== memo.key || !isPlainFormat(memo.format)) return undefined;
    const token = entry as unknown as CachedToken;
    const isUsable = isGood(token, now / 1000, memo.minimumLifetime) && now / 1000 < token.refreshOn;
    return isUsable ? renderPlainToken(token, memo.format) : undefined;
  } catch {
    return undefined;
  }
}

function read(path: string, userId: number | undefined, limit: number): Readonly<Record<string, unknown>> | undefined {
  const content = readPrivateFile(path, userId, limit);
  return content && openRecord(content);
}

async function isUnchanged(memo: Memo, cacheDirectory: string, surroundings: Surroundings): Promise<boolean> {
  const { argv, env, workingDirectory } = surroundings;
  return (
    memo.argv.length === argv.length &&
    memo.argv.every((arg, index) => arg === argv[index]) &&
    Object.entries(memo.variables).every(([name, value]) => (env[name] ?? null) === value) &&
    (memo.workingDirectory === null || memo.workingDirectory === workingDirectory()) &&
    Object.entries(memo.files).every(([path, state]) => fileState(path) === state) &&
    (await areSame(memo.secrets, cacheDirectory, surroundings))
  );
}

async function areSame(
  secrets: Memo['secrets'],
  cacheDirectory: string,
  { env, userId }: Surroundings,
): Promise<boolean> {
  const hashes = Object.entries(secrets);
  if (hashes.length === 0) return true;
  const key = readPrivateFile(`${cacheDirectory}/key`, userId, 32, { maxLinks: 2 });
  if (key?.length !== 32) return false;
  const { keyedHash } = await import('../sha256.ts');
  return hashes.every(([name, hash]) => env[name] !== undefined && keyedHash(key, env[name]) === hash);
}
