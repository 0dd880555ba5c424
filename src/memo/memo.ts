import { checksum } from '../cache/checksum.ts';
import { formatVersion } from '../cache/sealed-record.ts';
import type { Environment } from '../context.ts';
import type { PlainFormat } from '../render/plain-token.ts';

/**
 * What a run of `ccgrant token` has found out: which entry of the cache answers this command line, and
 * on what that depends. While all of it is unchanged, the same command line has the same answer.
 */
export interface Memo {
  readonly argv: readonly string[];
  /** The variables that were looked at, null where there was none. */
  readonly variables: Readonly<Record<string, string | null>>;
  /** Keyed hashes of those whose values are secrets. */
  readonly secrets: Readonly<Record<string, string>>;
  /** The directory that relative paths began at, null where there were none. */
  readonly workingDirectory: string | null;
  /** The files that were looked at, as they were; null where there was none. */
  readonly files: Readonly<Record<string, string | null>>;
  /** Name of the entry, and its key as JSON. */
  readonly entry: string;
  readonly key: string;
  readonly format: PlainFormat;
  /** Seconds that the token must be good for. */
  readonly minimumLifetime: number;
}

/** Where the memo of a command line lies, and the cache directory that it is in. */
export interface MemoPlace {
  readonly cacheDirectory: string;
  readonly name: string;
}

/**
 * Where the memo of a command line is to be looked for, without understanding it: a wrong guess finds none.
 * Undefined for command lines that have none, and on Windows.
 */
export function memoPlace(argv: readonly string[], env: Environment, platform: NodeJS.Platform): MemoPlace | undefined {
  if (argv[0] !== 'token' || platform === 'win32') return undefined;
  const cacheDirectory = guessCacheDirectory(argv, env);
  return cacheDirectory?.startsWith('/') ? { cacheDirectory, name: memoName(argv, env) } : undefined;
}

// Paths are put together by hand here: the first use of node's path module costs as much as a stat.

export function memoFile({ cacheDirectory, name }: MemoPlace): string {
  return `${cacheDirectory}/memos/${name}.v${formatVersion}`;
}

function guessCacheDirectory(argv: readonly string[], env: Environment): string | undefined {
  const typed = argv.findLastIndex((arg) => arg.startsWith('--cache-dir'));
  if (typed !== -1) return argv[typed] === '--cache-dir' ? argv[typed + 1] : argv[typed]?.slice('--cache-dir='.length);
  if (env.CCGRANT_CACHE_DIR) return env.CCGRANT_CACHE_DIR;
  if (env.XDG_CACHE_HOME?.startsWith('/')) return `${env.XDG_CACHE_HOME}/ccgrant`;
  return env.HOME && `${env.HOME}/.cache/ccgrant`;
}

/** Command lines and settings of different names do not share a memo; two of the same name replace each other's. */
function memoName(argv: readonly string[], env: Environment): string {
  const settings = Object.keys(env).filter((name) => name.startsWith('CCGRANT_') && !isSecret(name));
  return checksum(Buffer.from([...argv, ...settings.sort().map((name) => `${name}=${env[name]}`)].join('\0')));
}

/** Whether a variable holds a secret and not the place of one. */
export function isSecret(name: string): boolean {
  return (
    ['SECRET', 'PASS', 'TOKEN', 'KEY'].some((word) => name.includes(word)) &&
    !['_FILE', '_ENDPOINT', '_METHOD', 'CCGRANT_KEY', 'CCGRANT_PRIVATE_KEY'].some((end) => name.endsWith(end))
  );
}
