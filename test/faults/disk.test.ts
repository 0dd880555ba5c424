import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { FaultScene } from './support/fault-scene.ts';
import { openFaultScene } from './support/fault-scene.ts';
import { isLong } from './support/grid.ts';
import { sharedToken } from './support/outcomes.ts';
import type { Outcome } from './support/processes.ts';
import type { SystemCall } from './support/strace.ts';
import { changesSomething, failingAt, runWithFailure, traceCacheCalls } from './support/strace.ts';
import { mountDisk } from './support/tmpfs.ts';

/** The token of a run that may have said in one line that the cache is of no use. */
function tokenInSpite(
  { exitCode, stdout, stderr, hung }: Outcome,
  warnings: RegExp = /^(warning: [^\n]*\n)?$/,
  what = '',
): string {
  expect({ exitCode, hung }, `${what} ${stderr}`).toEqual({ exitCode: 0, hung: false });
  expect(stderr).toMatch(warnings);
  return stdout.trimEnd();
}

const oneWarning = /^warning: [^\n]*\n$/;

/** Returns the token that is in the cache: what is there is as it was, or as it was to be. */
async function wholeEntry(scene: FaultScene, old: string, fresh: string, what = ''): Promise<string> {
  const asked = scene.endpoint.requests.length;
  const [entries, hit] = await Promise.all([scene.entries(), scene.run(['token'])]);
  expect(entries, what).toBe(1);
  expect(scene.endpoint.requests, what).toHaveLength(asked);
  const token = sharedToken([hit]);
  expect([old, fresh], what).toContain(token);
  return token;
}

describe('a disk that is full', () => {
  // Three pages long, so that a page or two make a short write.
  const members = { filler: 'x'.repeat(9000) };

  test('from the start: a cache on 12 KB costs one warning', async () => {
    await using scene = await openFaultScene({ members });
    using disk = mountDisk(join(scene.workspace.directory, 'disk'), 12);
    const env = { CCGRANT_CACHE_DIR: disk.directory };
    const tokens = (await scene.runAtOnce(5, ['token'], { env })).map((outcome) => tokenInSpite(outcome));
    for (const token of tokens) expect(scene.endpoint.issued).toContain(token);
    const [again] = await scene.runAtOnce(1, ['token'], { env });
    expect(again?.exitCode).toBe(0);
    const list = await scene.run(['cache', 'list', '--format', 'json'], { env });
    expect(list).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test.for(isLong ? [0, 1, 2, 3, 4, 5, 6, 8] : [0, 1, 2, 4])(
    'but for %i pages: the token is printed and a whole entry stays',
    async (pages) => {
      await using scene = await openFaultScene({ members });
      using disk = mountDisk(scene.cacheDirectory, 64);
      const old = sharedToken([await scene.run(['token'])]);
      disk.fill(pages);
      const outcome = await scene.run(['token', '--fresh']);
      const fresh = tokenInSpite(outcome, pages < 3 ? oneWarning : undefined);
      expect(fresh).toBe(scene.endpoint.issued[1]);
      // On the full disk first: a hit must not need room.
      const kept = await wholeEntry(scene, old, fresh);
      if (pages < 3) expect(kept).toBe(old);
      disk.empty();
      expect(await wholeEntry(scene, old, fresh)).toBe(kept);
      expect(scene.files().filter((path) => path.includes('.tmp-'))).toEqual([]);

      // With room again everything is as ever.
      const next = sharedToken([await scene.run(['token', '--fresh'])]);
      expect(sharedToken([await scene.run(['token'])])).toBe(next);
    },
  );
});

describe('a disk that fails', () => {
  test('in any one call of a write costs one warning at most', async () => {
    await using scene = await openFaultScene();
    // A run finds what two before it have left: only then is each like the one before.
    for (let run = 0; run < 2; run += 1) sharedToken([await scene.run(['token', '--fresh'])]);
    const calls = await writingCalls(scene);
    const errors = ['EIO', 'EDQUOT', 'ENOSPC', 'EROFS'];
    for (const [index, call] of calls.entries()) {
      const chosen = isLong ? errors : [errors[index % errors.length] ?? ''];
      for (const error of chosen) {
        const old = sharedToken([await scene.run(['token', '--fresh'])]);
        const outcome = await runWithFailure(scene, ['token', '--fresh'], call, error);
        const what = `${error} from ${call.line}`;
        const fresh = tokenInSpite(outcome, undefined, what);
        expect(fresh, what).toBe(scene.endpoint.issued.at(-1));
        await wholeEntry(scene, old, fresh, what);
      }
    }
  });

  test.for(['fsync', 'rename,renameat,renameat2'])('in every %s keeps the old entry', async (names) => {
    await using scene = await openFaultScene();
    const old = sharedToken([await scene.run(['token'])]);
    const outcome = await scene.run(['token', '--fresh'], { under: failingAt(names, 'EIO') });
    expect(tokenInSpite(outcome, oneWarning)).toBe(scene.endpoint.issued[1]);
    expect(sharedToken([await scene.run(['token'])])).toBe(old);
    expect(scene.files().filter((path) => path.includes('.tmp-'))).toEqual([]);
  });

  test('that cannot link files still gives each of a crowd its token', async () => {
    await using scene = await openFaultScene({ delay: 300 });
    const outcomes = await scene.runAtOnce(5, ['token'], { under: failingAt('link,linkat', 'EPERM') });
    for (const outcome of outcomes) expect(scene.endpoint.issued).toContain(tokenInSpite(outcome));
  });
});

/** The calls of a run that asks and stores, by which something is changed. */
async function writingCalls(scene: FaultScene): Promise<SystemCall[]> {
  const calls = (await traceCacheCalls(scene, ['token', '--fresh'])).filter(changesSomething);
  // Else the trace has not seen the run.
  expect(calls.map(({ name }) => name)).toEqual(expect.arrayContaining(['openat', 'write', 'fsync', 'rename']));
  return calls;
}

test('a cache directory that cannot be made costs one warning and leaves nothing behind', async () => {
  await using scene = await openFaultScene();
  const outcomes = await scene.runAtOnce(3, ['token'], {
    env: { CCGRANT_CACHE_DIR: '/proc/ccgrant/cache' },
    limit: 10_000,
  });
  for (const outcome of outcomes) tokenInSpite(outcome, oneWarning);
  expect(existsSync(scene.cacheDirectory)).toBe(false);
});
