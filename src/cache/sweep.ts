import { lstatSync, lutimesSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { GenerationLock } from './generation-lock.ts';
import type { Observer } from './process-identity.ts';
import { readPrivateFile } from './read-private-file.ts';
import { formatVersion, openRecord } from './sealed-record.ts';
import { createPrivateFile, removeIfThere } from './write-private-file.ts';

/** Milliseconds between two sweeps. */
const interval = 3_600_000;
/** Milliseconds for one sweep: somebody may be waiting for our end. What is left is for the next one. */
const timeLimit = 200;
const day = 86_400_000;
/** Milliseconds for which the memo of a command line is kept that nobody has written anew. */
const memoAge = 30 * day;

export interface Sweep {
  readonly path: string;
  readonly userId: number | undefined;
  readonly self: Observer;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Removes what nobody needs any more: expired tokens and their keys, old metadata and memos, remains of interrupted writes,
 * locks that nobody has taken for a day. At most once an hour, and not for long.
 * @param elapsed milliseconds by a clock that nobody sets
 */
export function sweepNowAndThen(sweep: Sweep, elapsed: () => number): void {
  const mark = join(sweep.path, 'swept');
  const age = sweep.now - (lstatSync(mark, { throwIfNoEntry: false })?.mtimeMs ?? Number.NEGATIVE_INFINITY);
  if (age >= 0 && age < interval) return;
  createPrivateFile(mark, '');
  lutimesSync(mark, sweep.now / 1000, sweep.now / 1000);
  const end = elapsed() + timeLimit;
  const hasTime = (): boolean => elapsed() <= end;
  // By the clock of the file system, which another process may be writing in by: ours may have jumped.
  const aged = { ...sweep, now: Math.min(sweep.now, lstatSync(mark).ctimeMs) };
  sweepRecords(aged, 'tokens', hasTime, ({ expiresOn }) => Number(expiresOn) * 1000 <= sweep.now);
  sweepRecords(aged, 'keys', hasTime, ({ expiresOn }) => Number(expiresOn) * 1000 <= sweep.now);
  sweepRecords(aged, 'metadata', hasTime, ({ fetchedOn }) => Number(fetchedOn) * 1000 < sweep.now - day);
  sweepRecords(aged, 'memos', hasTime, (_, age) => age > memoAge);
  sweepRecords(aged, '.', hasTime, () => false);
  sweepLocks(aged, hasTime, day);
}

/** Removes all locks that nobody holds. */
export function removeIdleLocks(sweep: Sweep): void {
  sweepLocks(sweep, () => true, Number.NEGATIVE_INFINITY);
}

function sweepRecords(
  { path, userId, now }: Sweep,
  folder: string,
  hasTime: () => boolean,
  isOver: (record: Readonly<Record<string, unknown>>, age: number) => boolean,
): void {
  forEachName(join(path, folder), hasTime, (file, name) => {
    const stats = lstatSync(file);
    if (!stats.isFile()) return;
    const age = now - stats.mtimeMs;
    const version = Number(/\.v(\d+)$/.exec(name)?.[1]);
    // What is neither a record of ours nor the remains of one is not ours to judge, nor is a newer version.
    const isRemains = name.startsWith('.tmp-') || version < formatVersion;
    if (isRemains ? age <= day : version !== formatVersion) return;
    const content = isRemains ? undefined : readPrivateFile(file, userId, stats.size);
    const record = content && openRecord(content);
    if (record === undefined ? age <= day : !isOver(record, age)) return;
    // Somebody may have put a new one there meanwhile.
    if (lstatSync(file).ino === stats.ino) removeIfThere(file);
  });
}

/** Takes a lock, moves its directory out of the way while it is held, and only then removes it. */
function sweepLocks(sweep: Sweep, hasTime: () => boolean, minimumAge: number): void {
  const { path, userId, self, now } = sweep;
  forEachName(join(path, 'locks'), hasTime, (directory, name) => {
    const stats = lstatSync(directory);
    if (!stats.isDirectory()) return;
    if (now - stats.mtimeMs < minimumAge) {
      sweepRecords(sweep, join('locks', name), hasTime, () => false);
      return;
    }
    if (!name.startsWith('.tmp-')) {
      const turn = new GenerationLock(directory, self, userId, () => now).take(now + 1000);
      if (turn === undefined) return;
    }
    const aside = join(path, 'locks', `.tmp-${Math.random().toString(36).slice(2)}`);
    renameSync(directory, aside);
    rmSync(aside, { recursive: true });
  });
}

/**
 * Does something with each thing in a directory, beginning anywhere: what one sweep does not reach another
 * one does. What cannot be swept stays: others sweep too, and it is no matter.
 */
function forEachName(directory: string, hasTime: () => boolean, sweep: (path: string, name: string) => void): void {
  const names = quietly(() => readdirSync(directory)) ?? [];
  const start = Math.floor(Math.random() * names.length);
  for (const name of [...names.slice(start), ...names.slice(0, start)]) {
    if (!hasTime()) return;
    quietly(() => sweep(join(directory, name), name));
  }
}

function quietly<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
