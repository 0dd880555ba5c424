import { describe, expect, test } from 'vitest';
import type { Answer } from '../../support/http-server.ts';
import { closedPort, empty, json, raw, text } from '../../support/http-server.ts';
import { openScene, tokenResponse } from '../../support/http-server-scene.ts';

describe.concurrent('an API', () => {
  const invalidToken = json({ error: 'invalid_token' }, 401, { 'www-authenticate': 'Bearer error="invalid_token"' });
  const first: Answer = json({ ...tokenResponse, access_token: 'first' });
  const second: Answer = json({ ...tokenResponse, access_token: 'second' });

  test('that refuses a cached token as invalid is asked once more with a fresh one', async () => {
    await using scene = await openScene({ '/token': [first, second], '/api': [invalidToken, json({ ok: true })] });
    await scene.run(['token']);
    const result = await scene.run(['call', `${scene.server.origin}/api`, '-d', 'a=b']);
    expect(result).toMatchObject({ exitCode: 0, stdout: '{"ok":true}' });
    expect(scene.server.requests('/api').map(({ headers, body }) => [headers.authorization, body.toString()])).toEqual([
      ['Bearer first', 'a=b'],
      ['Bearer second', 'a=b'],
    ]);
    expect(await scene.run(['token'])).toMatchObject({ stdout: 'second\n' });
  });

  test('that refuses a fresh token as invalid is not asked again', async () => {
    await using scene = await openScene({ '/token': [first, second], '/api': invalidToken });
    const { exitCode, stderr } = await scene.run(['call', `${scene.server.origin}/api`]);
    expect(exitCode).toBe(22);
    expect(stderr).toMatch(/invalid_token/);
    expect(scene.server.requests('/api')).toHaveLength(1);
    expect(scene.server.requests('/token')).toHaveLength(1);
  });

  test('that refuses a cached token without saying invalid_token is not asked again', async () => {
    await using scene = await openScene({ '/api': empty(401, { 'www-authenticate': 'Bearer realm="api"' }) });
    await scene.run(['token']);
    expect(await scene.run(['call', `${scene.server.origin}/api`])).toMatchObject({ exitCode: 22 });
    expect(scene.server.requests('/api')).toHaveLength(1);
  });

  test('that fails is not asked again unless --retry says so', async () => {
    await using scene = await openScene({ '/api': [empty(503, { 'retry-after': '0' }), empty(503), text('fine')] });
    const url = `${scene.server.origin}/api`;
    expect(await scene.run(['call', url])).toMatchObject({ exitCode: 22 });
    expect(scene.server.requests('/api')).toHaveLength(1);
    expect(await scene.run(['call', url, '--retry', '1'])).toMatchObject({ exitCode: 0, stdout: 'fine' });
    expect(scene.server.requests('/api')).toHaveLength(3);
  });

  test('that breaks off in the middle of its body is exit 4', async () => {
    await using scene = await openScene({ '/api': raw('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf') });
    const { exitCode, stdout, stderr } = await scene.run(['call', `${scene.server.origin}/api`]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: 'half' });
    expect(stderr).toMatch(/^error\[connection_lost\]: /);
  });

  test('that is not there is exit 4', async () => {
    await using scene = await openScene();
    const url = `http://127.0.0.1:${await closedPort()}/api`;
    expect(await scene.run(['call', url])).toMatchObject({ exitCode: 4, stdout: '' });
  });
});
