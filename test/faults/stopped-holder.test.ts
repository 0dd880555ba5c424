import { expect, test } from 'vitest';
import { openFaultScene } from './support/fault-scene.ts';
import { timeOfOneRun } from './support/one-run.ts';
import { sharedToken } from './support/outcomes.ts';

test('a stopped holder costs a waiter half of its --max-time, and then it asks without the cache', async () => {
  const oneRun = await timeOfOneRun();
  await using scene = await openFaultScene({ delay: 300 });
  const { endpoint } = scene;
  const holder = scene.start(['token', '--max-time', '60']);
  await endpoint.arrived(1);
  holder.send('SIGSTOP');
  const waiters = await scene.runAtOnce(3, ['token', '--max-time', '4']);
  for (const { stdout, elapsed } of waiters) {
    expect(endpoint.issued).toContain(stdout.trimEnd());
    expect(elapsed).toBeGreaterThan(1500);
    expect(elapsed).toBeLessThan(2300 + 5 * oneRun);
  }
  expect(waiters.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
  expect(endpoint.requests).toHaveLength(4);
  expect(await scene.entries()).toBe(0);

  holder.send('SIGCONT');
  const token = sharedToken([await holder.outcome]);
  expect(token).toBe(endpoint.issued[0]);
  expect(sharedToken([await scene.run(['token'])])).toBe(token);
});

test('a stopped holder is nothing to those who find a good token', async () => {
  await using scene = await openFaultScene();
  const { endpoint } = scene;
  const token = sharedToken([await scene.run(['token'])]);
  endpoint.delay = 300;
  const holder = scene.start(['token', '--fresh', '--max-time', '60']);
  await endpoint.arrived(2);
  holder.send('SIGSTOP');
  expect(sharedToken(await scene.runAtOnce(5, ['token', '--max-time', '60'], { limit: 10_000 }))).toBe(token);
  expect(endpoint.requests).toHaveLength(2);
});
