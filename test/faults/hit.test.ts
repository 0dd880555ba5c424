import { expect, test } from 'vitest';
import { openFaultScene } from './support/fault-scene.ts';
import { snapshot } from './support/file-tree.ts';
import { sharedToken } from './support/outcomes.ts';
import { traceCalls } from './support/strace.ts';

test('a hit changes no file, and asks nobody', async () => {
  await using scene = await openFaultScene({ byIssuer: true });
  const token = sharedToken([await scene.run(['token'])]);
  const before = snapshot(scene.workspace.home.replace(/home$/, ''));
  await scene.server[Symbol.asyncDispose]();
  expect(sharedToken(await scene.runAtOnce(10, ['token']))).toBe(token);
  expect(snapshot(scene.workspace.home.replace(/home$/, ''))).toEqual(before);
});

test('a hit opens nothing for writing, and no connection', async () => {
  await using scene = await openFaultScene({ byIssuer: true });
  sharedToken([await scene.run(['token'])]);
  const changes = ['mkdir', 'link', 'rename', 'unlink', 'rmdir', 'symlink', 'ftruncate', 'fsync', 'chmod', 'utimensat'];
  const calls = await traceCalls(scene, ['token'], ['%network', 'openat', 'open', 'creat', ...changes]);
  // Node itself pairs sockets and looks at its standard streams; it connects to nobody.
  const asks = calls.filter(({ name }) => ['connect', 'sendto', 'sendmsg', 'bind'].includes(name));
  const writes = calls.filter(({ line }) => /O_WRONLY|O_RDWR|O_CREAT/.test(line) && !line.includes('"/dev/'));
  const changed = calls.filter(({ name, line }) => changes.includes(name) && !line.includes('= -1'));
  expect([...asks, ...writes, ...changed].map(({ line }) => line)).toEqual([]);
  // Else the trace has not seen the run.
  expect(calls.some(({ line }) => line.includes(scene.cacheDirectory))).toBe(true);
});
