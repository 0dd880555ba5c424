import { statSync } from 'node:fs';
import type { CacheDirectory } from '../cache/cache-directory.ts';
import type { Context } from '../context.ts';
import type { PlainFormat } from '../render/plain-token.ts';
import { fileState } from './file-state.ts';
import type { Memo } from './memo.ts';
import { isSecret, memoPlace } from './memo.ts';

/** The answer that a later run may give at once. */
export interface Answer {
  /** Name of the entry that holds the token, and its key as JSON. */
  readonly entry: string;
  readonly key: string;
  readonly format: PlainFormat;
  /** Seconds. */
  readonly minimumLifetime: number;
}

/**
 * Writes down what answers this command line, where `recall` will look for it; nothing where it would not, or
 * where a change of what it depends on could go unseen.
 */
export function remember(answer: Answer, directory: CacheDirectory, { argv, env, host, witness, now }: Context): void {
  const { evidence } = witness;
  const place = memoPlace(argv, env, host.platform);
  if (evidence === undefined || place?.cacheDirectory !== directory.path) return;
  // What the command line shows while it runs, as a proxy's password, is not to lie on the disk.
  if (argv.some((arg) => /:.*@/.test(arg))) return;
  const isUnchanged = [...evidence.files].every(([path, state]) => fileState(path) === state && isSettled(path, now()));
  if (!isUnchanged) return;
  const variables = [...evidence.variables];
  const secrets = variables.filter(([name, value]) => isSecret(name) && value);
  const hashes = secrets.map(([name, value]) => [name, directory.keyedHash(value ?? '')] as const);
  if (hashes.some(([, hash]) => hash === undefined)) return;
  const memo: Memo = {
    argv,
    variables: Object.fromEntries(
      variables
        .filter(([name]) => !hashes.some(([secret]) => secret === name))
        .map(([name, value]) => [name, value ?? null]),
    ),
    secrets: Object.fromEntries(hashes) as Record<string, string>,
    workingDirectory: evidence.workingDirectory ?? null,
    files: Object.fromEntries(evidence.files),
    ...answer,
  };
  directory.write('memos', place.name, memo);
}

/** Milliseconds in which file systems may not tell two writes apart: a tick of the kernel, or of a coarse clock. */
const tick = 20;
const coarseTick = 2_500;

/**
 * Whether a write from now on will be seen in the state of the file: not when its last one was only just now.
 * @param now milliseconds since the epoch, of the same clock as the file system's
 */
function isSettled(path: string, now: number): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return true;
  return [stats.mtimeMs, stats.ctimeMs].every((last) => now - last > (Number.isInteger(last) ? coarseTick : tick));
}
