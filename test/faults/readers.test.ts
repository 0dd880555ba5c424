import { performance } from 'node:perf_hooks';
import { expect, test } from 'vitest';
import type { FaultScene } from './support/fault-scene.ts';
import { openFaultScene } from './support/fault-scene.ts';
import { isLong } from './support/grid.ts';
import { sharedToken } from './support/outcomes.ts';

async function readOver(scene: FaultScene, args: readonly string[], end: number): Promise<number> {
  let runs = 0;
  for (; performance.now() < end; runs += 1) {
    const token = sharedToken([await scene.run(args)]);
    expect(scene.endpoint.issued).toContain(token);
  }
  return runs;
}

test('readers see whole entries only, while writers replace a large one all the time', async () => {
  // As long as an entry may be, so that a write takes its time.
  await using scene = await openFaultScene({ members: { filler: 'x'.repeat(100_000) } });
  sharedToken([await scene.run(['token'])]);
  const end = performance.now() + (isLong ? 60_000 : 6000);
  const crowd = isLong ? 20 : 4;
  const writers = Array.from({ length: crowd }, () => readOver(scene, ['token', '--fresh'], end));
  const readers = Array.from({ length: crowd }, () => readOver(scene, ['token'], end));
  const [written, read] = await Promise.all([Promise.all(writers), Promise.all(readers)]);
  expect(Math.min(...written, ...read)).toBeGreaterThan(0);
  // Readers that find what they look for make no requests of their own.
  expect(scene.endpoint.requests).toHaveLength(1 + written.reduce((sum, runs) => sum + runs, 0));
  expect(await scene.entries()).toBe(1);
});
