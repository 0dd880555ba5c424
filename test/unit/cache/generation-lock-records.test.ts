import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { GenerationLock } from '../../../src/cache/generation-lock.ts';
import type { Observer } from '../../../src/cache/process-identity.ts';
import { sealRecord } from '../../../src/cache/sealed-record.ts';
import { thisProcess } from '../../support/cache-location.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const at = temporaryDirectory();
const minute = 60_000;
const now = 1_700_000_000_000;
const self: Observer = {
  pid: process.pid,
  startTime: '1',
  bootId: 'this boot',
  pidNamespace: 'pid:[1]',
  machine: 'this machine',
  hasProcess: thisProcess.hasProcess,
};
const unseen = { ...self, pidNamespace: 'pid:[2]' };

beforeEach(() => mkdirSync(at('lock'), { mode: 0o700 }));

/** A lock whose fifth turn is written down like this. */
function lockWith(record: object): GenerationLock {
  writeFileSync(at('lock', '5'), sealRecord(record) ?? '', { mode: 0o600 });
  return new GenerationLock(at('lock'), self, thisProcess.userId, () => now);
}

describe('the record of a turn', () => {
  it.for([
    [{}],
    [[]],
    [{ owner: null, since: now, until: null }],
    [{ owner: 'x', since: now, until: null }],
    [{ owner: unseen, since: 'x', until: null }],
    [{ owner: unseen, since: now, until: 'never' }],
    [{ owner: unseen, since: now }],
  ])("is nobody's when it is none of ours: %j", ([record]) => {
    const lock = lockWith(record as object);
    expect(lock.look().isHeld).toBe(false);
    expect(lock.take(undefined)?.isMine()).toBe(true);
  });

  it.for([null, now + 1e15])('of an owner that cannot be seen does not hold for ever: until %s', (until) => {
    expect(lockWith({ owner: unseen, since: now - 9 * minute, until }).look().isHeld).toBe(true);
    expect(lockWith({ owner: unseen, since: now - 11 * minute, until }).look().isHeld).toBe(false);
  });

  it('says that somebody waits without following a link', () => {
    const lock = lockWith({ owner: unseen, since: now, until: null });
    symlinkSync(at('elsewhere'), at('lock', '5.waiting'));
    lock.announceWaiting(5);
    expect(existsSync(at('elsewhere'))).toBe(false);
  });
});
