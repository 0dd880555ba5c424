import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, it } from 'vitest';
import { GenerationLock } from '../../../src/cache/generation-lock.ts';
import { identifyProcess } from '../../../src/cache/process-identity.ts';
import { formatVersion, sealRecord } from '../../../src/cache/sealed-record.ts';
import { removeIdleLocks, sweepNowAndThen } from '../../../src/cache/sweep.ts';
import { preparePrivateDirectory, writePrivateFile } from '../../../src/cache/write-private-file.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const at = temporaryDirectory();
const userId = process.getuid?.();
const self = identifyProcess(process.pid, 'host', () => true);
const now = 1_700_000_000_000;
const hour = 3_600_000;
const day = 24 * hour;

function sweep(instant = now): void {
  sweepNowAndThen({ path: at(), userId, self, now: instant }, () => performance.now());
}

/** Puts a file into a folder of the cache that was last written so many milliseconds ago. */
function plant(folder: string, name: string, content: string | object, age = 0): string {
  preparePrivateDirectory(at(folder), userId);
  const path = at(folder, name);
  writePrivateFile(path, typeof content === 'string' ? content : (sealRecord(content) ?? ''));
  const time = (now - age) / 1000;
  utimesSync(path, time, time);
  return path;
}

/** A lock that was last touched so many milliseconds ago. */
function plantLock(name: string, age: number) {
  const directory = at('locks', name);
  const turn = new GenerationLock(directory, self, userId, () => now - age).take(undefined);
  const touch = (): void => utimesSync(directory, (now - age) / 1000, (now - age) / 1000);
  touch();
  const release = (): void => {
    turn?.release();
    touch();
  };
  return { directory, release };
}

const current = `.v${formatVersion}`;
const seconds = now / 1000;

describe('sweepNowAndThen', () => {
  it.each<[string, string, string, string | object, number, boolean]>([
    ['a token that has expired', 'tokens', `a${current}`, { expiresOn: seconds }, 0, false],
    ['a token that is good', 'tokens', `a${current}`, { expiresOn: seconds + 1 }, 90 * day, true],
    ['a key whose token has expired', 'keys', `a${current}`, { expiresOn: seconds }, 0, false],
    ['a key whose token is good', 'keys', `a${current}`, { expiresOn: seconds + 1 }, 90 * day, true],
    ['a damaged token of today', 'tokens', `a${current}`, 'damaged', day, true],
    ['a damaged token of yesterday', 'tokens', `a${current}`, 'damaged', day + 1, false],
    ['metadata of today', 'metadata', `a${current}`, { fetchedOn: (now - day) / 1000 }, 0, true],
    ['metadata of yesterday', 'metadata', `a${current}`, { fetchedOn: (now - day - 1) / 1000 }, 0, false],
    ['a memo of this month', 'memos', `a${current}`, {}, 30 * day, true],
    ['a memo that nobody has written for a month', 'memos', `a${current}`, {}, 30 * day + 1, false],
    ['remains of a write of today', 'tokens', '.tmp-a', 'half', day, true],
    ['remains of a write of yesterday', 'tokens', '.tmp-a', 'half', day + 1, false],
    ['a record of an older version of today', 'tokens', 'a.v0', {}, day, true],
    ['a record of an older version of yesterday', 'tokens', 'a.v0', {}, day + 1, false],
    ['a record of a newer version, however old', 'tokens', `a.v${formatVersion + 1}`, {}, 900 * day, true],
    ['what is not ours, however old', 'tokens', 'notes', 'mine', 900 * day, true],
  ])('%s', (_, folder, name, content, age, stays) => {
    const path = plant(folder, name, content, age);
    sweep();
    expect(existsSync(path)).toBe(stays);
  });

  it('touches nothing but files, and nothing that a link leads to', () => {
    const victim = plant('elsewhere', 'victim', { expiresOn: 0 }, 9 * day);
    preparePrivateDirectory(at('tokens'), userId);
    symlinkSync(victim, at('tokens', `a${current}`));
    mkdirSync(at('tokens', `b${current}`));
    execFileSync('mkfifo', ['-m', '600', at('tokens', `c${current}`)]);
    for (const name of readdirSync(at('tokens'))) lutimesSync(at('tokens', name), 0, 0);
    sweep();
    expect(readdirSync(at('tokens'))).toHaveLength(3);
    expect(existsSync(victim)).toBe(true);
  });

  it.each<[string, number, boolean]>([
    ['within the hour', hour - 1, true],
    ['after an hour', hour, false],
    ['after the clock was set back', -1, false],
  ])('looks again %s: %i ms', (_, later, stays) => {
    sweep();
    const path = plant('tokens', `a${current}`, { expiresOn: 0 });
    sweep(now + later);
    expect(existsSync(path)).toBe(stays);
  });

  it('notes when it was, not when a file was first made for that', () => {
    for (const instant of [now, now + hour, now + 2 * hour - 1]) sweep(instant);
    expect(statSync(at('swept')).mtimeMs).toBe(now + hour);
  });

  it('removes locks that nobody has taken for a day, and no other ones', () => {
    const [old, young, held] = [plantLock('old', day), plantLock('young', day - 1), plantLock('held', 9 * day)];
    old.release();
    young.release();
    sweep();
    expect(readdirSync(at('locks')).toSorted()).toEqual(['held', 'young']);
    held.release();
  });

  it('removes what an interrupted sweep has left of a lock', () => {
    preparePrivateDirectory(at('locks', '.tmp-left'), userId);
    writeFileSync(at('locks', '.tmp-left', '7'), '');
    utimesSync(at('locks', '.tmp-left'), 0, 0);
    sweep();
    expect(readdirSync(at('locks'))).toEqual([]);
  });

  it('follows no link among the locks', () => {
    preparePrivateDirectory(at('locks'), userId);
    preparePrivateDirectory(at('victim'), userId);
    symlinkSync(at('victim'), at('locks', 'link'));
    writeFileSync(at('locks', 'file'), 'mine');
    for (const name of ['link', 'file']) lutimesSync(at('locks', name), 0, 0);
    sweep();
    expect(readdirSync(at('victim'))).toEqual([]);
    expect(readFileSync(at('locks', 'file'), 'utf8')).toBe('mine');
  });
});

describe('removeIdleLocks', () => {
  const clear = (): void => removeIdleLocks({ path: at(), userId, self, now });

  it.each([
    ['a day ago', day],
    ['just now', 0],
    ['in the future, as the clock was set back', -day],
  ])('removes a lock that was released %s', (_, age) => {
    plantLock('name', age).release();
    clear();
    expect(readdirSync(at('locks'))).toEqual([]);
  });

  it('leaves a lock that is held', () => {
    const { directory } = plantLock('name', 0);
    clear();
    expect(existsSync(directory)).toBe(true);
  });

  it('has nothing to do where there are no locks', () => {
    clear();
    expect(readdirSync(at())).toEqual([]);
  });
});
