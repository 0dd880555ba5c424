import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, type Stats } from 'node:fs';
import { CacheTrouble } from './cache-trouble.ts';

/**
 * Checks that a directory is fit for secrets: no link, this user's own, and nobody else may put files into it.
 * On Windows, where modes and owners mean nothing, the directory below the user's profile is protected by
 * its access list.
 * @throws CacheTrouble
 */
export function requirePrivateDirectory(path: string, userId: number | undefined): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw new CacheTrouble(`${path} is not there`);
  if (stats.isSymbolicLink()) throw new CacheTrouble(`${path} is a symbolic link`);
  if (!stats.isDirectory()) throw new CacheTrouble(`${path} is not a directory`);
  if (userId === undefined) return;
  if (stats.uid !== userId) throw new CacheTrouble(`${path} belongs to another user`);
  if (stats.mode & 0o022) throw new CacheTrouble(`other users may write to ${path}: chmod 700 ${path}`);
}

/**
 * Reads a file that `writePrivateFile` wrote.
 * @param options.maxLinks names that it may have: two where `createPrivateFile` makes it, which a crash may leave
 * @returns undefined when there is none that is whole and private
 * @throws CacheTrouble when something else is in its place
 */
export function readPrivateFile(
  path: string,
  userId: number | undefined,
  sizeLimit: number,
  { maxLinks = 1 }: { readonly maxLinks?: number } = {},
): Uint8Array | undefined {
  let descriptor: number;
  try {
    // Without O_NONBLOCK a FIFO in the file's place would hold us for ever.
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new CacheTrouble(code === 'ELOOP' ? `${path} is a symbolic link` : `${path} cannot be read (${code})`);
  }
  try {
    const stats = fstatSync(descriptor);
    requireOwnFile(path, stats, userId, maxLinks);
    const isPrivate = userId === undefined || (stats.mode & 0o077) === 0;
    return isPrivate && stats.size <= sizeLimit ? readBytes(descriptor, stats.size) : undefined;
  } finally {
    closeSync(descriptor);
  }
}

function readBytes(descriptor: number, size: number): Uint8Array {
  // The first Buffer of a process makes the pool for all others, which a cached token does not need.
  const bytes = new Uint8Array(size);
  let length = 0;
  for (let count = -1; count !== 0 && length < size; length += count) {
    count = readSync(descriptor, bytes, length, size - length, null);
  }
  return bytes.subarray(0, length);
}

function requireOwnFile(path: string, stats: Stats, userId: number | undefined, maxLinks: number): void {
  if (!stats.isFile()) throw new CacheTrouble(`${path} is not a file`);
  if (userId === undefined) return;
  if (stats.uid !== userId) throw new CacheTrouble(`${path} belongs to another user`);
  if (stats.nlink > maxLinks) throw new CacheTrouble(`${path} has a second name (hard link)`);
}
