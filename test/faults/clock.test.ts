import { expect, test } from 'vitest';
import { clockAt, day } from './support/fake-clock.ts';
import { openFaultScene } from './support/fault-scene.ts';
import { sharedToken } from './support/outcomes.ts';

const lifetime = 3600;

test('a clock that jumps a day never gets an expired token, nor a request in every run', async () => {
  await using scene = await openFaultScene({ members: { expires_in: lifetime } });
  const { endpoint } = scene;
  /** When each token ends on the clock that it was issued by, in seconds from now. */
  const ends = new Map<string, number>();
  const jumps = [0, -day, 0, day, 0, 2 * day, -day, -2 * day, 0];
  for (const jump of jumps) {
    const env = jump === 0 ? {} : clockAt(jump);
    const asked = endpoint.requests.length;
    for (let run = 0; run < 3; run += 1) {
      const token = sharedToken([await scene.run(['token'], { env })]);
      if (!ends.has(token)) ends.set(token, jump + lifetime);
      // Good until later than now, and not from a day that has not come.
      expect(ends.get(token), `at ${jump}`).toBe(jump + lifetime);
    }
    expect(endpoint.requests.length - asked, `at ${jump}`).toBe(1);
  }
  expect(await scene.entries()).toBe(1);
});

test('a crowd after a jump of the clock makes one request', async () => {
  await using scene = await openFaultScene({ delay: 300 });
  sharedToken([await scene.run(['token'])]);
  for (const jump of [-day, day]) {
    const asked = scene.endpoint.requests.length;
    sharedToken(await scene.runAtOnce(20, ['token'], { env: clockAt(jump) }));
    expect(scene.endpoint.requests.length - asked, `at ${jump}`).toBe(1);
    expect(scene.endpoint.overlaps).toBe(0);
  }
});

test('a token ends on the second that its skew says, and no crowd prints it after that', async () => {
  await using scene = await openFaultScene({ members: { expires_in: 100 } });
  const first = sharedToken([await scene.run(['token'])]);
  const second = sharedToken(await scene.runAtOnce(10, ['token'], { env: clockAt(90) }));
  expect(second).not.toBe(first);
  expect(scene.endpoint.issued).toEqual([first, second]);
});
