import { beforeAll, describe, expect, test } from 'vitest';
import type { Answer } from '../support/http-server.ts';
import { json } from '../support/http-server.ts';
import type { FaultScene } from './support/fault-scene.ts';
import { openFaultScene } from './support/fault-scene.ts';
import { snapshot } from './support/file-tree.ts';
import { isLong } from './support/grid.ts';
import { sharedToken, tokensOf } from './support/outcomes.ts';
import type { Outcome } from './support/processes.ts';

/** How many processes, how slow the server (ms), and how often. */
const grid: [count: number, delay: number, rounds: number][] = isLong
  ? [2, 20, 100].flatMap((count) => [0, 300, 5000].map((delay): [number, number, number] => [count, delay, 10]))
  : [
      ...[2, 20, 100].flatMap((count) => [0, 300].map((delay): [number, number, number] => [count, delay, 1])),
      [20, 5000, 1],
    ];

describe('an empty cache', () => {
  test.for(grid)(
    'makes one request of %i processes before a server that takes %i ms',
    async ([count, delay, rounds]) => {
      for (let round = 1; round <= rounds; round += 1) {
        await using scene = await openFaultScene({ delay });
        const token = sharedToken(await scene.runAtOnce(count, ['token']));
        expect(scene.endpoint.issued).toEqual([token]);
        expect(await scene.entries()).toBe(1);
        expect(scene.files().filter((path) => path.includes('.tmp-'))).toEqual([]);

        expect(sharedToken(await scene.runAtOnce(count, ['token']))).toBe(token);
        expect(scene.endpoint.requests).toHaveLength(1);
      }
    },
  );

  test('makes one request of 20 processes that find the server by its metadata', async () => {
    await using scene = await openFaultScene({ delay: 300, byIssuer: true });
    const token = sharedToken(await scene.runAtOnce(20, ['token']));
    expect(scene.endpoint.issued).toEqual([token]);
  });

  test('makes one request for each key, and keys do not wait for each other', async () => {
    await using scene = await openFaultScene({ delay: 3000 });
    const scopes = ['a', 'b', 'c', 'd', 'e'];
    const crowds = await Promise.all(scopes.map((scope) => scene.startAtOnce(4, ['token', '--scope', scope])));
    const outcomes = await Promise.all(crowds.map((crowd) => Promise.all(crowd.map(({ outcome }) => outcome))));
    const tokens = outcomes.map(sharedToken);
    expect(new Set(tokens).size).toBe(scopes.length);
    expect(scene.endpoint.requests).toHaveLength(scopes.length);
    expect(scene.endpoint.overlaps).toBe(0);
    expect(scene.endpoint.span).toBeLessThan(scopes.length * 3000);
  });
});

describe('a token that may not be stored', () => {
  const delay = 1000;
  const rows: Record<string, Readonly<Record<string, unknown>>> = {
    'is opaque and has no expires_in': { expires_in: undefined },
    'ends before it could be used twice': { expires_in: 0 },
  };
  test.for(Object.keys(rows))('reaches 20 processes without a queue when it %s', async (what) => {
    await using scene = await openFaultScene({ delay, members: rows[what] ?? {} });
    const outcomes = await scene.runAtOnce(20, ['token']);
    for (const { exitCode, stdout } of outcomes) {
      expect(exitCode).toBe(0);
      expect(scene.endpoint.issued).toContain(stdout.trimEnd());
    }
    expect(scene.endpoint.span).toBeLessThan((20 * delay) / 3);
    expect(await scene.entries()).toBe(0);
  });
});

describe('--fresh', () => {
  test('asks once for each of 100 processes, and their writes leave one whole entry', async () => {
    await using scene = await openFaultScene();
    const tokens = tokensOf(await scene.runAtOnce(100, ['token', '--fresh'], { limit: 60_000 }));
    expect(new Set(tokens)).toEqual(new Set(scene.endpoint.issued));
    expect(scene.endpoint.requests).toHaveLength(100);
    expect(await scene.entries()).toBe(1);
    expect(scene.files().filter((path) => path.includes('.tmp-'))).toEqual([]);
    expect(tokens).toContain(sharedToken([await scene.run(['token'])]));
  });
});

describe('a failure is shared with those who waited for it', () => {
  /** Milliseconds in which all of the crowd have certainly come to wait, on the machine as it is now. */
  let timeToGather = 0;
  beforeAll(async () => {
    await using scene = await openFaultScene();
    const outcomes = await scene.runAtOnce(50, ['token', '--no-cache']);
    timeToGather = Math.max(...outcomes.map(({ elapsed }) => elapsed));
  });

  /** Runs 50 processes against a server that refuses, and is slow with the first request only. */
  async function refusedCrowd({ endpoint, startAtOnce }: FaultScene, refusal: Answer): Promise<Outcome[]> {
    endpoint.instead = refusal;
    endpoint.delay = timeToGather;
    const running = await startAtOnce(50, ['token', '--max-time', '120'], { limit: 100_000 });
    await endpoint.arrived(1);
    endpoint.delay = 0;
    return Promise.all(running.map(({ outcome }) => outcome));
  }

  test('50 processes make at most 3 requests of a server that says 429 with Retry-After', async () => {
    await using scene = await openFaultScene();
    const busy = json({ error: 'temporarily_unavailable' }, 429, { 'retry-after': '2' });
    const outcomes = await refusedCrowd(scene, busy);
    expect(new Set(outcomes.map(({ exitCode }) => exitCode))).toEqual(new Set([4]));
    expect(scene.endpoint.requests.length).toBeLessThanOrEqual(3);
    expect(scene.endpoint.overlaps).toBe(0);
  });

  test('50 processes make at most 2 requests with a wrong secret', async () => {
    await using scene = await openFaultScene();
    const outcomes = await refusedCrowd(scene, json({ error: 'invalid_client' }, 401));
    expect(new Set(outcomes.map(({ exitCode }) => exitCode))).toEqual(new Set([3]));
    expect(scene.endpoint.requests.length).toBeLessThanOrEqual(2);
    for (const { stderr, stdout } of outcomes) {
      expect(stdout).toBe('');
      expect(stderr).toMatch(/^error\[invalid_client\]: /);
    }
  });

  test('and with nobody who comes later: a server that is well again is asked at once', async () => {
    await using scene = await openFaultScene();
    scene.endpoint.instead = json({ error: 'invalid_client' }, 401);
    expect(await scene.run(['token'])).toMatchObject({ exitCode: 3 });
    scene.endpoint.instead = undefined;
    const token = sharedToken([await scene.run(['token'])]);
    expect(scene.endpoint.issued).toEqual([token]);
  });
});

test('nothing is written by a run that --no-cache tells not to', async () => {
  await using scene = await openFaultScene();
  const before = snapshot(scene.workspace.cacheHome);
  tokensOf(await scene.runAtOnce(5, ['token', '--no-cache']));
  expect(scene.endpoint.requests).toHaveLength(5);
  expect(snapshot(scene.workspace.cacheHome)).toEqual(before);
});
