import { readdirSync, rmSync, symlinkSync } from 'node:fs';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { CacheLocation } from '../../../src/cache/cache-directory.ts';
import { CacheDirectory } from '../../../src/cache/cache-directory.ts';
import type { Turn } from '../../../src/cache/generation-lock.ts';
import { identifyProcess } from '../../../src/cache/process-identity.ts';
import type { Patience } from '../../../src/cache/turns.ts';
import { Turns } from '../../../src/cache/turns.ts';
import { cacheLocation } from '../../support/cache-location.ts';
import { IdleProcess } from '../support/idle-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const at = temporaryDirectory();
const never = new AbortController().signal;
/** More milliseconds than a test may last. */
const long = 600_000;
const patient: Patience = { since: 0, limit: long, until: undefined };
const warnings: string[] = [];
afterEach(() => {
  expect(warnings.splice(0)).toEqual([]);
});

function open(location: Partial<CacheLocation> = {}): CacheDirectory {
  return new CacheDirectory({ ...cacheLocation(at('cache'), (reason) => warnings.push(reason)), ...location });
}

function turns(location: Partial<CacheLocation> = {}): Turns {
  return new Turns(open(location));
}

/** Turns as another process of this machine takes them. */
function turnsOf(idle: IdleProcess): Turns {
  const self = identifyProcess(process.pid, 'host', () => true);
  return turns({ self: async () => ({ ...self, pid: idle.pid, startTime: idle.startTime }) });
}

function startProcess(): IdleProcess {
  const idle = new IdleProcess();
  onTestFinished(() => idle.kill());
  return idle;
}

async function taken(name = 'name', by = turns()): Promise<Turn> {
  const turn = await by.take(name, undefined);
  if (turn === undefined) throw new Error('somebody has the turn');
  return turn;
}

async function awaited(turn: Turn): Promise<void> {
  await vi.waitFor(() => expect(turn.isAwaited()).toBe(true), { interval: 5 });
}

describe('take', () => {
  it('gives one turn at a time for a name, and others for other names', async () => {
    const turn = await taken();
    expect(await turns().take('name', undefined)).toBeUndefined();
    await taken('other');
    turn.release();
    await taken();
  });

  it('gives none, and one warning, where the cache cannot be used', async () => {
    const directory = new Turns(open({ path: '/proc/ccgrant' }));
    expect(await directory.take('name', undefined)).toBeUndefined();
    expect(await directory.take('name', undefined)).toBeUndefined();
    expect(warnings.splice(0)).toEqual([expect.stringContaining('/proc/ccgrant')]);
  });
});

describe('wait', () => {
  it('gives a turn at once when nobody has it', async () => {
    expect(await turns().wait('name', patient, never)).toHaveProperty('release');
  });

  it('gives the ending of the turn that was waited for, to all who waited', async () => {
    const turn = await taken();
    const waiting = [1, 2, 3].map(() => turns().wait('name', patient, never));
    await awaited(turn);
    turn.release({ kind: 'stored' });
    for (const wait of waiting) expect(await wait).toMatchObject({ outcome: { kind: 'stored' } });
  });

  it('gives no ending from before somebody came', async () => {
    (await taken()).release({ kind: 'stored' });
    expect(await turns().wait('name', { ...patient, since: Date.now() }, never)).toHaveProperty('release');
  });

  it('gives no ending from the future, after the clock was set back', async () => {
    (await taken()).release({ kind: 'stored' });
    const earlier = turns({ now: () => Date.now() - 86_400_000 });
    expect(await earlier.wait('name', patient, never)).toHaveProperty('release');
  });

  it('tells the holder that somebody waits, and not before', async () => {
    const turn = await taken();
    expect(turn.isAwaited()).toBe(false);
    const waiting = turns().wait('name', patient, never);
    await awaited(turn);
    turn.release({});
    await waiting;
  });

  it('gives the turn when its owner dies, within a second', async () => {
    const owner = startProcess();
    await taken('name', turnsOf(owner));
    const waiting = turns().wait('name', patient, never);
    await owner.kill();
    const start = performance.now();
    expect(await waiting).toHaveProperty('release');
    expect(performance.now() - start).toBeLessThan(1_000);
  });

  it('gives nothing when its time is over, as behind an owner that is stopped', async () => {
    const owner = startProcess();
    await taken('name', turnsOf(owner));
    await owner.stop();
    expect(await turns().wait('name', { ...patient, limit: 50 }, never)).toBeUndefined();
  });

  it('gives the turn of a stopped owner once that should have given up', async () => {
    const owner = startProcess();
    await turnsOf(owner).take('name', Date.now() + 50);
    await owner.stop();
    expect(await turns().wait('name', patient, never)).toHaveProperty('release');
  });

  it('ends with the reason of the signal, and watches nothing any more', async () => {
    const turn = await taken();
    const controller = new AbortController();
    const waiting = turns().wait('name', patient, controller.signal);
    await awaited(turn);
    controller.abort(new Error('the end'));
    await expect(waiting).rejects.toThrow('the end');
  });

  it('gives the turn when the locks were cleared between its end and the next look', async () => {
    const turn = await taken();
    const waiting = turns().wait('name', { ...patient, since: long + Date.now() }, never);
    await awaited(turn);
    turn.release({ kind: 'stored' });
    await open().clearLocks();
    expect(await waiting).toHaveProperty('release');
  });

  it('goes on when the directory is removed by hand while the turn is held', async () => {
    const turn = await taken();
    const waiting = turns().wait('name', patient, never);
    await awaited(turn);
    rmSync(at('cache', 'locks'), { recursive: true });
    expect(await waiting).toHaveProperty('release');
    expect(turn.isMine()).toBe(false);
    turn.release({ kind: 'stored' });
    expect(readdirSync(at('cache', 'locks', 'name'))).toEqual(['1']);
  });

  it('tells each holder that somebody waits, the one after the first too', async () => {
    const turn = await taken();
    const waiting = turns().wait('name', { ...patient, since: long + Date.now() }, never);
    await awaited(turn);
    turn.release();
    const next = await taken();
    await awaited(next);
    next.release();
    expect(await waiting).toHaveProperty('release');
  });

  it('says when the one who has waited gives up', async () => {
    const owner = startProcess();
    await turnsOf(owner).wait('name', { ...patient, until: Date.now() + 50 }, never);
    await owner.stop();
    expect(await turns().wait('name', { ...patient, limit: 5_000 }, never)).toHaveProperty('release');
  });

  it('is over when the cache turns out to be unfit', async () => {
    const turn = await taken();
    rmSync(at('cache', 'locks', 'name', '1'));
    symlinkSync(at(), at('cache', 'locks', 'name', '1'));
    expect(turn.isMine()).toBe(false);
    expect(warnings.splice(0)).toEqual([expect.stringContaining('symbolic link')]);
  });
});
