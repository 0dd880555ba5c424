import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  type Stats,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { CacheTrouble } from './cache-trouble.ts';

/**
 * Makes a directory that only this user can enter, or checks that one is fit for secrets: no link, this
 * user's own, and nobody else may put files into it. On Windows, where modes and owners mean nothing,
 * the directory below the user's profile is protected by its access list.
 * @throws CacheTrouble
 */
export function preparePrivateDirectory(path: string, userId: number | undefined): void {
  makeDirectory(path);
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw new CacheTrouble(`${path} cannot be made`);
  if (stats.isSymbolicLink()) throw new CacheTrouble(`${path} is a symbolic link`);
  if (!stats.isDirectory()) throw new CacheTrouble(`${path} is not a directory`);
  if (userId === undefined) return;
  if (stats.uid !== userId) throw new CacheTrouble(`${path} belongs to another user`);
  if (stats.mode & 0o022) throw new CacheTrouble(`other users may write to ${path}: chmod 700 ${path}`);
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
 * Reads a file that this module wrote.
 * @returns undefined when there is none
 * @throws CacheTrouble when something else is in its place
 */
export function readPrivateFile(path: string, userId: number | undefined, sizeLimit: number): Uint8Array | undefined {
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
    requireOwnFile(path, stats, userId);
    if (stats.size > sizeLimit) throw new CacheTrouble(`${path} is too large`);
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function requireOwnFile(path: string, stats: Stats, userId: number | undefined): void {
  if (!stats.isFile()) throw new CacheTrouble(`${path} is not a file`);
  if (userId === undefined) return;
  if (stats.uid !== userId) throw new CacheTrouble(`${path} belongs to another user`);
  if (stats.nlink !== 1) throw new CacheTrouble(`${path} has a second name (hard link)`);
  if (stats.mode & 0o077) throw new CacheTrouble(`other users may open ${path}: remove it`);
}

/**
 * Writes a file that only this user can read, whole or not at all: a new file under another name,
 * flushed to the disk and then renamed.
 * @throws CacheTrouble; the old file is then still there
 */
export function writePrivateFile(path: string, content: string | Uint8Array): void {
  const temporary = join(dirname(path), `.tmp-${Math.random().toString(36).slice(2)}${Date.now().toString(36)}`);
  try {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
    const descriptor = openSync(temporary, flags, 0o600);
    try {
      // Unlike writeSync this goes on until everything is written, or fails.
      writeFileSync(descriptor, content);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, path);
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
