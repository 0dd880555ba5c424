import { existsSync, lutimesSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { describe, expect, test } from 'vitest';
import { CacheDirectory } from '../../src/cache/cache-directory.ts';
import { TokenCache } from '../../src/cache/token-cache.ts';
import { cacheKey } from '../support/cache-key.ts';
import { cacheLocation } from '../support/cache-location.ts';
import { clockAt, day } from './support/fake-clock.ts';
import type { FaultScene } from './support/fault-scene.ts';
import { openFaultScene } from './support/fault-scene.ts';
import { filesBelow } from './support/file-tree.ts';
import { sharedToken } from './support/outcomes.ts';
import { traceCalls } from './support/strace.ts';
import { mountDisk } from './support/tmpfs.ts';

const hour = 3600;

/** Puts so many entries of other keys into a cache; they expire this many seconds from now. */
function plantEntries(directory: string, count: number, expiresIn: number): void {
  const warn = (reason: string): void => {
    throw new Error(reason);
  };
  const tokens = new TokenCache(new CacheDirectory(cacheLocation(directory, warn)));
  const now = Math.floor(Date.now() / 1000);
  for (let index = 0; index < count; index += 1) {
    const key = cacheKey({ issuer: 'https://as.example.com', client_id: `client-${index}` });
    const accessToken = `planted-${index}`;
    tokens.write({
      key,
      accessToken,
      tokenType: 'Bearer',
      issuedOn: now + expiresIn - hour,
      expiresOn: now + expiresIn,
      refreshOn: now + expiresIn,
      response: { access_token: accessToken, token_type: 'Bearer' },
    });
  }
}

/** Makes everything below a directory look as if nobody had touched it for so many seconds. */
function age(directory: string, seconds: number): void {
  const time = Date.now() / 1000 - seconds;
  for (const name of readdirSync(directory, { recursive: true }))
    lutimesSync(join(directory, String(name)), time, time);
}

/** Files that processes leave behind which are killed while they ask. */
async function leaveLocks(scene: FaultScene, count: number): Promise<string[]> {
  const { endpoint } = scene;
  const before = scene.files();
  const { delay } = endpoint;
  endpoint.delay = 60_000;
  for (let index = 0; index < count; index += 1) {
    const holder = scene.start(['token', '--scope', `left-${index}`]);
    await endpoint.arrived(endpoint.requests.length + 1);
    holder.send('SIGKILL');
    await holder.outcome;
  }
  endpoint.delay = delay;
  const lasting = ['key', 'CACHEDIR.TAG'];
  return scene.files().filter((path) => !before.includes(path) && !lasting.includes(basename(path)));
}

describe('what nobody will use again', () => {
  test('is gone after runs that write anyway, a bounded part at a time and after the answer', async () => {
    await using scene = await openFaultScene();
    // A disk of memory, or the planting would take minutes of fsync.
    using disk = mountDisk(scene.cacheDirectory, 256 * 1024);
    const locks = await leaveLocks(scene, 5);
    expect(locks.length, 'a holder leaves its lock').toBeGreaterThanOrEqual(5);
    plantEntries(disk.directory, 10_000, -2 * day);
    const entries = dirname(scene.files().find((path) => readFileSync(path, 'utf8').includes('planted-1"')) ?? '');
    for (let index = 0; index < 100; index += 1)
      writeFileSync(join(entries, `.tmp-left${index}`), 'half', { mode: 0o600 });
    const remains = scene.files().filter((path) => path.startsWith(`${entries}/`));
    expect(remains).toHaveLength(10_100);
    age(disk.directory, 2 * day);
    const newer = join(entries, `${'a'.repeat(64)}.v999`);
    writeFileSync(newer, 'of a newer version', { mode: 0o600 });

    let last: string | undefined;
    for (let run = 0; run < 24 && [...remains, ...locks].some((path) => existsSync(path)); run += 1) {
      const { token, afterwards } = await writingRun(scene, clockAt(run * (hour + 60)));
      expect(afterwards).toBeLessThan(3000);
      last = token;
    }
    expect([...remains, ...locks].filter((path) => existsSync(path)).length).toBe(0);
    expect(readFileSync(newer, 'utf8')).toBe('of a newer version');
    expect(scene.endpoint.issued.at(-1)).toBe(last);
  });

  test('is not looked for again within the hour, nor by a run that finds its token', async () => {
    await using scene = await openFaultScene({ members: { expires_in: day } });
    sharedToken([await scene.run(['token'])]);
    const [entry = ''] = scene
      .files()
      .filter((path) => readFileSync(path, 'utf8').includes(scene.endpoint.issued[0] ?? ''));
    const left = join(dirname(entry), '.tmp-left');
    writeFileSync(left, 'half', { mode: 0o600 });
    const time = Date.now() / 1000 - 2 * day;
    lutimesSync(left, time, time);
    sharedToken([await scene.run(['token', '--fresh'])]);
    sharedToken([await scene.run(['token'], { env: clockAt(hour + 60) })]);
    expect(existsSync(left)).toBe(true);
    sharedToken([await scene.run(['token', '--fresh'], { env: clockAt(hour + 60) })]);
    expect(existsSync(left)).toBe(false);
  });

  test('is only that: young remains and good entries stay', async () => {
    await using scene = await openFaultScene();
    mkdirSync(scene.cacheDirectory, { mode: 0o700 });
    plantEntries(scene.cacheDirectory, 20, hour);
    const planted = scene.files();
    const entries = dirname(planted.find((path) => readFileSync(path, 'utf8').includes('planted-1"')) ?? '');
    const young = join(entries, '.tmp-young');
    writeFileSync(young, 'half', { mode: 0o600 });
    sharedToken([await scene.run(['token'])]);
    expect(scene.files()).toEqual(expect.arrayContaining([...planted, young]));
    expect(await scene.entries()).toBe(21);
  });
});

test('a hit makes the same system calls with 10,000 entries as with one', async () => {
  await using scene = await openFaultScene();
  using disk = mountDisk(scene.cacheDirectory, 256 * 1024);
  sharedToken([await scene.run(['token'])]);
  const looks = ['%file', 'getdents64', 'read', 'pread64', 'fstat'];
  const callsOfHit = async (): Promise<string[]> => {
    const calls = await traceCalls(scene, ['token'], looks);
    const ours = calls.filter(({ name, line }) => name === 'getdents64' || line.includes(disk.directory));
    return ours.map(({ name, line }) => `${name} ${line.match(/[^"<]*\/ccgrant\b[^">]*/)?.[0]}`);
  };
  const alone = await callsOfHit();
  expect(alone.length).toBeGreaterThan(0);
  plantEntries(disk.directory, 10_000, -2 * day);
  expect(filesBelow(disk.directory).length).toBeGreaterThan(10_000);
  expect(await callsOfHit()).toEqual(alone);
});

/** A run that asks and stores, and the milliseconds that it goes on after its answer. */
async function writingRun(scene: FaultScene, env: Readonly<Record<string, string>>) {
  const running = scene.start(['token', '--fresh'], { env });
  const answeredAt = running.answered.then(() => performance.now());
  const outcome = await running.outcome;
  return { token: sharedToken([outcome]), afterwards: outcome.endedAt - (await answeredAt) };
}
