import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { silence } from '../support/http-server.ts';
import { clockAt } from './support/fake-clock.ts';
import type { FaultScene } from './support/fault-scene.ts';
import { openFaultScene } from './support/fault-scene.ts';
import { timeOfOneRun } from './support/one-run.ts';
import { sharedToken, tokensOf } from './support/outcomes.ts';

const lifetime = 1000;
const skew = 60;

/** Gets a token, and returns it with the seconds from now until its refresh is due. */
async function firstToken(scene: FaultScene): Promise<{ token: string; refreshIn: number }> {
  const token = sharedToken([await scene.run(['token'])]);
  const entry = scene
    .files()
    .map((path) => readFileSync(path, 'utf8'))
    .find((content) => content.includes(token));
  const [, refreshOn] = /"refresh_?on":\s*(\d+)/i.exec(entry ?? '') ?? [];
  expect(refreshOn, 'the entry says when it is to be refreshed').toBeDefined();
  return { token, refreshIn: Number(refreshOn) - Date.now() / 1000 };
}

describe('a token whose refresh is due', () => {
  test('is refreshed by one of 20 processes, and the others do not wait for it', async () => {
    await using scene = await openFaultScene({ members: { expires_in: lifetime } });
    const { endpoint } = scene;
    const { token, refreshIn } = await firstToken(scene);
    const before = { env: clockAt(Math.floor(refreshIn) - 30) };
    expect(sharedToken(await scene.runAtOnce(5, ['token'], before))).toBe(token);
    expect(endpoint.requests).toHaveLength(1);

    endpoint.delay = 1500;
    const due = { env: clockAt(Math.ceil(refreshIn) + 1) };
    const tokens = tokensOf(await scene.runAtOnce(20, ['token'], due));
    expect(endpoint.requests).toHaveLength(2);
    for (const each of tokens) expect([token, endpoint.issued[1]]).toContain(each);
    // The one that has asked prints what it got.
    expect(tokens).toContain(endpoint.issued[1]);
    expect(tokens.filter((each) => each === token).length).toBeGreaterThan(10);

    expect(sharedToken(await scene.runAtOnce(5, ['token'], due))).toBe(endpoint.issued[1]);
    expect(endpoint.requests).toHaveLength(2);
  });

  test('is still printed while the server is down', async () => {
    const oneRun = await timeOfOneRun();
    await using scene = await openFaultScene({ members: { expires_in: lifetime } });
    const { token, refreshIn } = await firstToken(scene);
    await scene.server[Symbol.asyncDispose]();
    const due = { env: clockAt(Math.ceil(refreshIn) + 1) };
    const outcomes = await scene.runAtOnce(20, ['token'], due);
    expect(sharedToken(outcomes)).toBe(token);
    expect(Math.max(...outcomes.map(({ elapsed }) => elapsed))).toBeLessThan(2500 + 10 * oneRun);
  });

  test('is still printed when the server says nothing for 2 s', async () => {
    const oneRun = await timeOfOneRun();
    await using scene = await openFaultScene({ members: { expires_in: lifetime } });
    const { token, refreshIn } = await firstToken(scene);
    scene.endpoint.instead = silence;
    const due = { env: clockAt(Math.ceil(refreshIn) + 1) };
    const outcomes = await scene.runAtOnce(20, ['token'], due);
    expect(sharedToken(outcomes)).toBe(token);
    expect(Math.max(...outcomes.map(({ elapsed }) => elapsed))).toBeLessThan(2500 + 10 * oneRun);
  });

  test('is still printed when the server refuses, whatever it says', async () => {
    await using scene = await openFaultScene({ members: { expires_in: lifetime } });
    const { token, refreshIn } = await firstToken(scene);
    const due = { env: clockAt(Math.ceil(refreshIn) + 1) };
    for (const status of [400, 401, 429, 500]) {
      scene.endpoint.instead = (_request, response) => response.writeHead(status).end('no');
      expect(sharedToken([await scene.run(['token'], due)])).toBe(token);
    }
  });

  test('is due before its last minute, and not for all tokens at the same time', async () => {
    await using scene = await openFaultScene({ members: { expires_in: lifetime } });
    const dues: number[] = [];
    for (const scope of ['a', 'b', 'c', 'd', 'e', 'f']) {
      const token = sharedToken([await scene.run(['token', '--scope', scope])]);
      const entry =
        scene
          .files()
          .map((path) => readFileSync(path, 'utf8'))
          .find((text) => text.includes(token)) ?? '';
      const [refreshOn, expiresOn] = ['refresh_?on', 'expires_?on'].map((name) =>
        Number(new RegExp(`"${name}":\\s*(\\d+)`, 'i').exec(entry)?.[1]),
      );
      dues.push(Number(expiresOn) - Number(refreshOn));
    }
    expect(Math.min(...dues)).toBeGreaterThanOrEqual(skew);
    expect(Math.max(...dues)).toBeLessThan(lifetime);
    expect(new Set(dues).size).toBeGreaterThan(2);
  });
});
