import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { FaultScene } from './support/fault-scene.ts';
import { openFaultScene } from './support/fault-scene.ts';
import { isLong } from './support/grid.ts';
import { sharedToken } from './support/outcomes.ts';
import type { Outcome } from './support/processes.ts';

const warnings = { none: /^$/, atMostOne: /^(warning: [^\n]*\n)?$/, one: /^warning: [^\n]*\n$/ };

function goodToken(
  scene: FaultScene,
  { exitCode, stdout, stderr, hung }: Outcome,
  expected: RegExp,
  what: string,
): string {
  expect({ exitCode, hung }, what).toEqual({ exitCode: 0, hung: false });
  expect(stderr, what).toMatch(expected);
  expect(scene.endpoint.issued, what).toContain(stdout.trimEnd());
  return stdout.trimEnd();
}

/** The file that holds a token. */
function entryOf(scene: FaultScene, token: string): string {
  const entry = scene.files().find((path) => readFileSync(path, 'utf8').includes(token));
  if (entry === undefined) throw new Error('no file holds the token');
  return entry;
}

describe('a byte that has changed', () => {
  test('in an entry makes it a miss, and the next good one takes its place', async () => {
    await using scene = await openFaultScene();
    const token = sharedToken([await scene.run(['token'])]);
    const whole = readFileSync(entryOf(scene, token));
    const place = relative(scene.cacheDirectory, entryOf(scene, token));
    const step = isLong ? 1 : Math.ceil(whole.length / 24);
    const positions = Array.from({ length: Math.ceil(whole.length / step) }, (_, index) => index * step);
    await inTurns(4, positions, async (position) => {
      const directory = copyOfCache(scene, position);
      const env = { CCGRANT_CACHE_DIR: directory };
      const flipped = Buffer.from(whole);
      flipped.writeUInt8(whole.readUInt8(position) ^ (1 << (position % 8)), position);
      writeFileSync(join(directory, place), flipped);
      const next = goodToken(scene, await scene.run(['token'], { env }), warnings.atMostOne, `byte ${position}`);
      expect(next, `byte ${position}`).not.toBe(token);
      const again = goodToken(scene, await scene.run(['token'], { env }), warnings.none, `byte ${position}`);
      expect(again, `byte ${position}`).toBe(next);
    });
    expect(scene.endpoint.requests).toHaveLength(1 + positions.length);
  });

  test('or an end that is missing, likewise', async () => {
    await using scene = await openFaultScene();
    const token = sharedToken([await scene.run(['token'])]);
    const entry = entryOf(scene, token);
    for (const length of [0, 1, 64, readFileSync(entry).length - 1]) {
      const whole = readFileSync(entry);
      writeFileSync(entry, whole.subarray(0, length));
      const asked = scene.endpoint.requests.length;
      const next = goodToken(scene, await scene.run(['token']), warnings.atMostOne, `${length} bytes`);
      expect(scene.endpoint.requests).toHaveLength(asked + 1);
      expect(sharedToken([await scene.run(['token'])])).toBe(next);
    }
  });

  test('in any other file of the cache costs a request at most', async () => {
    await using scene = await openFaultScene();
    const token = sharedToken([await scene.run(['token'])]);
    const entry = entryOf(scene, token);
    const others = scene.files().filter((path) => path !== entry && lstatSync(path).size > 0);
    const flips = others.flatMap((path) => {
      const { size } = lstatSync(path);
      const step = Math.ceil(size / (isLong ? 100 : 4));
      return Array.from({ length: Math.ceil(size / step) }, (_, index) => ({ path, position: index * step }));
    });
    await inTurns(4, [...flips.entries()], async ([index, { path, position }]) => {
      const directory = copyOfCache(scene, index);
      const env = { CCGRANT_CACHE_DIR: directory };
      const copy = join(directory, relative(scene.cacheDirectory, path));
      const content = readFileSync(copy);
      content.writeUInt8(content.readUInt8(position) ^ (1 << (position % 8)), position);
      writeFileSync(copy, content);
      const what = `${relative(scene.cacheDirectory, path)}, byte ${position}`;
      goodToken(scene, await scene.run(['token'], { env }), warnings.atMostOne, what);
      // A miss takes what a hit does not look at.
      rmSync(join(directory, relative(scene.cacheDirectory, entry)));
      goodToken(scene, await scene.run(['token'], { env }), warnings.atMostOne, what);
      const asked = scene.endpoint.issued.length;
      const again = goodToken(scene, await scene.run(['token'], { env }), warnings.none, what);
      expect(scene.endpoint.issued.slice(0, asked), what).toContain(again);
    });
  });
});

describe('something else in the place of a file', () => {
  const kinds: Record<string, (place: string, victim: string) => void> = {
    'a symbolic link': (place, victim) => symlinkSync(victim, place),
    'a hard link': (place, victim) => linkSync(victim, place),
    'a FIFO': (place) => execFileSync('mkfifo', ['-m', '600', place]),
    'a directory': (place) => mkdirSync(place, { mode: 0o700 }),
  };
  test.for(Object.keys(kinds))('leaves the victim alone and prints the token: %s', async (kind) => {
    await using scene = await openFaultScene();
    const token = sharedToken([await scene.run(['token'])]);
    const entry = entryOf(scene, token);
    for (const [index, path] of scene.files().entries()) {
      const directory = copyOfCache(scene, index);
      const env = { CCGRANT_CACHE_DIR: directory };
      const place = join(directory, relative(scene.cacheDirectory, path));
      // What would be good in its own place, so that nothing but the place tells against it.
      const content = readFileSync(path);
      const victim = await scene.workspace.writeFile(`victim-${index}`, content);
      if (path !== entry) rmSync(join(directory, relative(scene.cacheDirectory, entry)));
      rmSync(place);
      kinds[kind]?.(place, victim);
      const before = lstatSync(victim);
      const what = relative(scene.cacheDirectory, path);
      const expected = path === entry ? warnings.one : warnings.atMostOne;
      const next = goodToken(scene, await scene.run(['token'], { env, limit: 30_000 }), expected, what);
      expect(next, what).not.toBe(token);
      expect(readFileSync(victim), what).toEqual(content);
      expect(lstatSync(victim), what).toMatchObject({ ino: before.ino, mode: before.mode, mtimeMs: before.mtimeMs });
    }
  });
});

describe('a cache directory that is not fit for secrets', () => {
  const kinds: Record<string, (directory: string) => void> = {
    'belongs to another user': (directory) => chownSync(directory, 65534, 65534),
    'can be written by the group': (directory) => chmodSync(directory, 0o770),
    'can be written by everybody': (directory) => chmodSync(directory, 0o707),
    'is a symbolic link': (directory) => {
      cpSync(directory, `${directory}-elsewhere`, { recursive: true });
      rmSync(directory, { recursive: true });
      symlinkSync(`${directory}-elsewhere`, directory);
    },
  };
  test.for(Object.keys(kinds))('is not used, with one warning, when it %s', async (kind) => {
    await using scene = await openFaultScene();
    // The credential is a file: the tokens are found without anything else of the cache.
    const env = {
      CCGRANT_CLIENT_SECRET: '',
      CCGRANT_CLIENT_SECRET_FILE: await scene.workspace.writeFile('secret', 'x'),
    };
    const token = sharedToken([await scene.run(['token'], { env })]);
    const subdirectory = join(entryOf(scene, token), '..');
    for (const directory of [subdirectory, scene.cacheDirectory]) {
      kinds[kind]?.(directory);
      const files = scene.files();
      expect(goodToken(scene, await scene.run(['token'], { env }), warnings.one, kind)).not.toBe(token);
      expect(scene.files()).toEqual(files);
      rmSync(scene.cacheDirectory, { recursive: true });
      sharedToken([await scene.run(['token'], { env })]);
    }
  });
});

/** The whole cache under another name, with owners and modes. */
function copyOfCache(scene: FaultScene, number: number): string {
  const copy = join(scene.workspace.directory, `cache-${number}`);
  execFileSync('cp', ['-a', scene.cacheDirectory, copy]);
  return copy;
}

/** Does something for each value, for so many at a time. */
async function inTurns<T>(width: number, values: readonly T[], action: (value: T) => Promise<void>): Promise<void> {
  const rest = values.values();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const value of rest) await action(value);
    }),
  );
}
