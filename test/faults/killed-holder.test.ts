import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { FaultScene } from './support/fault-scene.ts';
import { openFaultScene } from './support/fault-scene.ts';
import { isLong } from './support/grid.ts';
import { timeOfOneRun } from './support/one-run.ts';
import { sharedToken } from './support/outcomes.ts';
import type { RunningProcess } from './support/processes.ts';
import { socketOwner } from './support/socket-owner.ts';
import type { SystemCall } from './support/strace.ts';
import { changesSomething, killedAt, traceCacheCalls } from './support/strace.ts';

const delay = 300;
/** Milliseconds in which a waiter must notice that the holder is dead. */
const notice = 1000;

/** The process that has made the last request. */
function holderAmong(running: readonly RunningProcess[], { endpoint }: FaultScene): RunningProcess | undefined {
  const port = endpoint.requests.at(-1)?.port;
  const pids = running.map(({ pid }) => pid);
  const owner = port === undefined ? undefined : socketOwner(port, pids);
  return running.find(({ pid }) => pid === owner);
}

describe('a holder that is killed', () => {
  const rounds = isLong ? 200 : 30;
  const count = 20;
  // Spread over the whole flight, so that a few rounds meet each part of it.
  const moments = Array.from({ length: rounds }, (_, round) => ((round + Math.random()) / rounds) * (delay + 50));

  test(`at a random moment of ${rounds} flights leaves no overlap, no hang and no broken file`, async () => {
    const oneRun = await timeOfOneRun();
    let killed = 0;
    for (const moment of moments) {
      await using scene = await openFaultScene({ delay });
      const { endpoint } = scene;
      const running = await scene.startAtOnce(count, ['token']);
      await endpoint.arrived(1);
      const holder = holderAmong(running, scene);
      await pause(moment);
      holder?.send('SIGKILL');
      const death = performance.now();
      const outcomes = await Promise.all(running.map(({ outcome }) => outcome));
      const survivors = outcomes.filter(({ signal }) => signal === null);
      const token = sharedToken(survivors);

      const round = `killed ${Math.round(moment)} ms after its request`;
      expect(endpoint.overlaps, round).toBe(0);
      expect(survivors.length, round).toBeGreaterThanOrEqual(count - 1);
      expect(endpoint.issued, round).toContain(token);
      expect(endpoint.requests.length, round).toBeLessThanOrEqual(2);
      const takeover = endpoint.requests[1];
      if (takeover !== undefined) expect(takeover.arrivedAt - death, round).toBeLessThan(notice + oneRun);
      expect(await scene.entries(), round).toBe(1);
      expect(sharedToken([await scene.run(['token'])]), round).toBe(token);
      expect(endpoint.requests.length, round).toBeLessThanOrEqual(2);
      killed += count - survivors.length;
    }
    // Else the rounds have shown nothing.
    expect(killed).toBeGreaterThan(rounds / 2);
  });

  test('before it has asked holds nobody up', async () => {
    const oneRun = await timeOfOneRun();
    for (let round = 0; round < (isLong ? 100 : 6); round += 1) {
      await using scene = await openFaultScene({ delay });
      const first = scene.start(['token']);
      const others = await scene.startAtOnce(5, ['token']);
      await pause(Math.random() * oneRun);
      first.send('SIGKILL');
      const death = performance.now();
      const outcomes = await Promise.all(others.map(({ outcome }) => outcome));
      expect(scene.endpoint.issued).toContain(sharedToken(outcomes));
      expect(scene.endpoint.overlaps).toBe(0);
      const last = Math.max(...outcomes.map(({ endedAt }) => endedAt));
      expect(last - death).toBeLessThan(notice + delay + 5 * oneRun);
      expect(await scene.entries()).toBe(1);
    }
  });
});

describe('a holder that is killed as it enters a system call', () => {
  test('leaves the next ones a token in time, whichever call it was', async () => {
    const oneRun = await timeOfOneRun();
    const points = await crashPoints();
    const died: string[] = [];
    for (const point of points) {
      await using scene = await openFaultScene({ delay });
      const { endpoint } = scene;
      const holder = scene.start(['token'], { under: killedAt(point) });
      await Promise.race([endpoint.arrived(1), holder.outcome]);
      const waiters = await scene.startAtOnce(2, ['token']);
      const { signal, endedAt } = await holder.outcome;
      const outcomes = await Promise.all(waiters.map(({ outcome }) => outcome));
      // Not every run makes its calls in the same order, so some points are met by none.
      if (signal !== 'SIGKILL') continue;
      died.push(point.name);

      const token = sharedToken(outcomes);
      expect(endpoint.issued, point.line).toContain(token);
      expect(endpoint.overlaps, point.line).toBe(0);
      expect(endpoint.requests.length, point.line).toBeLessThanOrEqual(2);
      for (const outcome of outcomes) {
        const waited = outcome.endedAt - Math.max(endedAt, outcome.startedAt);
        expect(waited, point.line).toBeLessThan(notice + delay + 2 * oneRun);
      }
      const [entries, next] = await Promise.all([scene.entries(), scene.run(['token'])]);
      expect(entries, point.line).toBe(1);
      expect(sharedToken([next]), point.line).toBe(token);
    }
    expect(died.length).toBeGreaterThan(points.length / 2);
    expect(died).toEqual(expect.arrayContaining(['connect', 'openat', 'write', 'fsync', 'rename']));
  });
});

/** The calls of a run that finds no token and stores one, each once, in their order; without the long grid those that change something. */
async function crashPoints(): Promise<SystemCall[]> {
  await using scene = await openFaultScene();
  const calls = await traceCacheCalls(scene, ['token']);
  const points = calls.filter((call) => isLong || call.name === 'connect' || changesSomething(call));
  return [...new Map(points.map((call) => [`${call.name} ${call.ordinal}`, call])).values()];
}
