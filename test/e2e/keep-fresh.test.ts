import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { Answer } from '../support/http-server.ts';
import { json } from '../support/http-server.ts';
import { clientId, openScene, type Scene } from '../support/http-server-scene.ts';

const secret = 'S3cr3t-from-input';
const patience = { timeout: 10_000 };

/** Tokens that end after two seconds, each another one. */
function shortTokens(): Answer {
  let count = 0;
  return () => {
    count += 1;
    return json({ access_token: `token-${count}`, token_type: 'Bearer', expires_in: 2 });
  };
}

/** Starts what keeps a file fresh, the secret coming from standard input. */
function keepFresh(scene: Scene, ...args: readonly string[]): { child: ChildProcess; stderr: () => string } {
  const child = scene.start(['token', '--client-secret-file', '-', '--out', 'token.txt', '--keep-fresh', ...args], {
    env: { CCGRANT_CLIENT_SECRET: '' },
  });
  const chunks: string[] = [];
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
  child.stdin?.end(secret);
  return { child, stderr: () => chunks.join('') };
}

function fileOf({ workspace }: Scene): string {
  return join(workspace.directory, 'token.txt');
}

describe.concurrent('token --out FILE --keep-fresh', () => {
  test('writes another token before each expiry, with the secret that standard input gave once, until a signal ends it', async () => {
    await using scene = await openScene({ '/token': shortTokens() });
    const { child, stderr } = keepFresh(scene);
    await vi.waitFor(async () => expect(await readFile(fileOf(scene), 'utf8')).toMatch(/^token-[3-9]\n$/), patience);
    expect((await stat(fileOf(scene))).mode & 0o777).toBe(0o600);
    // Between two tokens nothing is held open.
    await vi.waitFor(() => expect(scene.server.openConnections).toBe(0), { timeout: 800, interval: 20 });

    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([143, null]);
    const basic = `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`;
    const proofs = scene.server.requests('/token').map(({ headers }) => headers.authorization);
    expect(proofs.length).toBeGreaterThanOrEqual(3);
    expect(new Set(proofs)).toEqual(new Set([basic]));
    expect(await readFile(fileOf(scene), 'utf8')).toMatch(/^token-\d\n$/);
    expect(stderr()).not.toContain(secret);
  });

  test('keeps the last token while the server gives none, says so, and goes on when there is one again', async () => {
    const give = shortTokens();
    let isAway = false;
    await using scene = await openScene({
      '/token': () => (isAway ? json({ error: 'temporarily_unavailable' }, 400) : give),
    });
    const { stderr } = keepFresh(scene);
    await vi.waitFor(async () => expect(await readFile(fileOf(scene), 'utf8')).toBe('token-1\n'), patience);
    isAway = true;
    await vi.waitFor(() => expect(stderr()).toMatch(/warning: no new token: .*; the last one/), patience);
    expect(await readFile(fileOf(scene), 'utf8')).toMatch(/^token-\d\n$/);
    isAway = false;
    const last = await readFile(fileOf(scene), 'utf8');
    await vi.waitFor(async () => expect(await readFile(fileOf(scene), 'utf8')).not.toBe(last), patience);
  });

  test.for<[mistake: string, args: string[], message: string]>([
    ['without a file', ['--keep-fresh'], '--keep-fresh needs a file to write to'],
    [
      'with a key that would be lost',
      ['--keep-fresh', '--out', 'token.txt', '--dpop', '--no-cache'],
      'without the cache the key that the token is bound to would be lost',
    ],
  ])('is exit 2 %s, before anything is sent', async ([, args, message]) => {
    await using scene = await openScene();
    const { exitCode, stderr } = await scene.run(['token', ...args]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining(message) });
    expect(scene.server.requests('/token')).toEqual([]);
  });
});
