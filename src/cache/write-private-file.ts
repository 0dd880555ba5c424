import {
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { CacheTrouble } from './cache-trouble.ts';
import { requirePrivateDirectory } from './read-private-file.ts';

/**
 * Makes a directory that only this user can enter, or checks that the one which is there is fit for secrets.
 * @throws CacheTrouble
 */
export function preparePrivateDirectory(path: string, userId: number | undefined): void {
  // It is nearly always there, and an error costs ten times as much as a look.
  if (!existsSync(path)) makeDirectory(path);
  requirePrivateDirectory(path, userId);
}

/** Node 20's recursive mkdir never returns below /proc, so this climbs by itself. */
function makeDirectory(path: string, mayClimb = true): void {
  try {
    mkdirSync(path, 0o700);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || !mayClimb || dirname(path) === path)
      throw new CacheTrouble(`${path} cannot be made (${code})`);
    makeDirectory(dirname(path));
    makeDirectory(path, false);
  }
}

/**
 * Writes a file that only this user can read, whole or not at all: a new file under another name,
 * flushed to the disk and then renamed.
 * @param options.isLasting whether it matters after the power has failed
 * @throws CacheTrouble; the old file is then still there
 */
export function writePrivateFile(
  path: string,
  content: string | Uint8Array,
  { isLasting = true }: { readonly isLasting?: boolean } = {},
): void {
  withTemporaryFile(path, content, isLasting, (temporary) => renameSync(temporary, path));
}

/**
 * Makes a file that only this user can read, whole, unless there is one already.
 * @returns whether it was made
 * @throws CacheTrouble
 */
export function createPrivateFile(path: string, content: string | Uint8Array): boolean {
  return withTemporaryFile(path, content, false, (temporary) => {
    try {
      linkSync(temporary, path);
      return true;
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') return false;
      if (!withoutLinks.has(code)) throw error;
      return createInPlace(path, content);
    } finally {
      removeIfThere(temporary);
    }
  });
}

/** What file systems say that know no second names. */
const withoutLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** Makes a file that can be seen before it is whole. */
function createInPlace(path: string, content: string | Uint8Array): boolean {
  try {
    writeFileSync(path, content, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Writes a file beside the one that is meant, and removes it when that fails. */
function withTemporaryFile<T>(
  path: string,
  content: string | Uint8Array,
  isLasting: boolean,
  use: (temporary: string) => T,
): T {
  const temporary = join(dirname(path), `.tmp-${Math.random().toString(36).slice(2)}${Date.now().toString(36)}`);
  try {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
    const descriptor = openSync(temporary, flags, 0o600);
    try {
      // Unlike writeSync this goes on until everything is written, or fails.
      writeFileSync(descriptor, content);
      if (isLasting) fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    return use(temporary);
  } catch (error) {
    removeIfThere(temporary);
    throw new CacheTrouble(`${path} cannot be written (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** Removes a file; whether it was there. */
export function removeIfThere(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch {
    return false;
  }
}
