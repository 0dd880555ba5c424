import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { FaultScene } from './support/fault-scene.ts';
import { openFaultScene } from './support/fault-scene.ts';
import type { SystemCall } from './support/strace.ts';
import { changesSomething, killedAt, traceCacheCalls } from './support/strace.ts';

const bound = { members: { token_type: 'DPoP' } };

/** The names of the keys that the tokens in the cache are bound to, and of those that are there. */
async function keysOf(scene: FaultScene): Promise<{ needed: string[]; there: string[] }> {
  const { stdout } = await scene.run(['cache', 'list', '--json']);
  const tokens: { cnf: { jkt: string } }[] = JSON.parse(stdout);
  const directory = join(scene.cacheDirectory, 'keys');
  return {
    needed: tokens.map(({ cnf }) => `${Buffer.from(cnf.jkt, 'base64url').toString('hex')}.v1`),
    there: existsSync(directory) ? readdirSync(directory).filter((name) => !name.startsWith('.tmp-')) : [],
  };
}

/** A scene in which a bound token is there already, or not. */
async function openBoundScene(isWarm: boolean): Promise<FaultScene> {
  const scene = await openFaultScene(bound);
  if (isWarm) await scene.run(['token', '--dpop']);
  return scene;
}

test.each([
  { name: 'makes the first one', isWarm: false },
  { name: 'replaces one', isWarm: true },
])(
  'whoever is killed at any change of the cache while it $name leaves no token without its key',
  async ({ isWarm }) => {
    const args = ['token', '--dpop', ...(isWarm ? ['--fresh'] : [])];
    await using traced = await openBoundScene(isWarm);
    const points = (await traceCacheCalls(traced, args)).filter(
      (call: SystemCall) => changesSomething(call) && /\/(keys|tokens)\//.test(call.line),
    );
    expect(points.map(({ name }) => name)).toEqual(expect.arrayContaining(['openat', 'write', 'fsync', 'rename']));
    let died = 0;
    for (const point of points) {
      await using scene = await openBoundScene(isWarm);
      const { signal } = await scene.start(args, { under: killedAt(point) }).outcome;
      if (signal !== 'SIGKILL') continue;
      died += 1;
      const left = await keysOf(scene);
      expect(left.there, point.line).toEqual(expect.arrayContaining(left.needed));

      const { exitCode, stdout, stderr } = await scene.run(['token', '--dpop']);
      expect({ exitCode, stderr }, point.line).toEqual({ exitCode: 0, stderr: '' });
      expect(scene.endpoint.issued, point.line).toContain(stdout.trim());
      const after = await keysOf(scene);
      expect(after.needed, point.line).toHaveLength(1);
      expect(after.there, point.line).toEqual(expect.arrayContaining(after.needed));
    }
    expect(died).toBeGreaterThan(points.length / 2);
  },
);
