import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { openClientWorkspace } from '../support/client-workspace.ts';
import { endless, json, startSilentServer } from '../support/http-server.ts';
import { openScene, patience, tokenResponse } from '../support/http-server-scene.ts';

const { access_token: token } = tokenResponse;
const done = { exitCode: 0, signal: null, stdout: `${token}\n`, stderr: '' };

describe.concurrent('a time limit', () => {
  test('of --connect-timeout ends a TLS handshake that does not go on', async () => {
    await using silent = await startSilentServer();
    await using workspace = await openClientWorkspace(`https://127.0.0.1:${silent.port}`);
    const start = performance.now();
    const { exitCode, stdout, stderr } = await workspace.run(['token', '--connect-timeout', '0.3']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
    expect(stderr).toMatch(/^error\[timeout\]: .*127\.0\.0\.1[\s\S]*hint: .*--connect-timeout/);
    expect(performance.now() - start).toBeLessThan(patience);
  });

  test('of --connect-timeout does not end a slow answer', async () => {
    await using scene = await openScene({
      '/token': async () => {
        await sleep(700);
        return json(tokenResponse);
      },
    });
    expect(await scene.run(['token', '--connect-timeout', '0.3'])).toEqual(done);
  });

  for (const args of [
    ['--max-time', '.4'],
    ['-m', '0.4', '--connect-timeout', '0'],
  ]) {
    test(`of ${args.join(' ')} ends a TLS handshake too`, async () => {
      await using silent = await startSilentServer();
      await using workspace = await openClientWorkspace(`https://127.0.0.1:${silent.port}`);
      const start = performance.now();
      const { exitCode, stderr } = await workspace.run(['token', ...args]);
      expect(exitCode).toBe(4);
      expect(stderr).toMatch(/^error\[timeout\]: [\s\S]*hint: .*--max-time/);
      expect(performance.now() - start).toBeLessThan(patience);
    });
  }

  test('of a call holds until the body has come', async () => {
    await using scene = await openScene({
      '/api': (_request, response) => {
        response.writeHead(200).write('begun');
      },
    });
    const { exitCode, stdout, stderr } = await scene.run(['call', `${scene.server.origin}/api`, '-m', '2']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: 'begun' });
    expect(stderr).toMatch(/^error\[timeout\]: /);
  });

  test('of a call ends an answer that never ends, however fast it comes', async () => {
    await using scene = await openScene({ '/api': endless });
    const args = ['call', `${scene.server.origin}/api`, '-m', '2', '-o', '/dev/null'];
    const { exitCode, stdout, stderr } = await scene.run(args, { timeout: 10_000 });
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
    expect(stderr).toMatch(/^error\[timeout\]: /);
  });

  test('may be none', async () => {
    await using scene = await openScene();
    expect(await scene.run(['token', '-m', '0', '--connect-timeout', '0'])).toEqual(done);
  });
});
