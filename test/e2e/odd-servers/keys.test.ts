import type { JWK } from 'jose';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Answer } from '../../support/http-server.ts';
import { empty, json, text } from '../../support/http-server.ts';
import { openScene, startAuthorizationServer } from '../../support/http-server-scene.ts';

describe.concurrent('the keys of a server', () => {
  let keyPair: Awaited<ReturnType<typeof generateKeyPair>>;
  let publicJwk: JWK;

  beforeAll(async () => {
    keyPair = await generateKeyPair('ES256', { extractable: true });
    publicJwk = { ...(await exportJWK(keyPair.publicKey)), kid: 'new', alg: 'ES256', use: 'sig' };
  });

  const keyOf = (kid: string): JWK => ({ ...publicJwk, kid });

  function sign(issuer: string, header: object = {}, claims: object = {}): Promise<string> {
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'new', ...header })
      .setIssuer(issuer)
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(keyPair.privateKey);
  }

  const keySet =
    (...kids: readonly string[]): Answer =>
    () =>
      json({ keys: kids.map(keyOf) });

  test('are asked for once more when the cached ones lack the kid of the token', async () => {
    await using scene = await openScene({ '/jwks': [keySet('old'), keySet('old', 'new')] });
    const verify = async (kid: string) => scene.run(['verify', await sign(scene.server.origin, { kid })]);
    expect(await verify('old')).toMatchObject({ exitCode: 0 });
    expect(await verify('old')).toMatchObject({ exitCode: 0 });
    expect(scene.server.requests('/jwks')).toHaveLength(1);
    expect(await verify('new')).toMatchObject({ exitCode: 0 });
    expect(scene.server.requests('/jwks')).toHaveLength(2);
    expect(await verify('new')).toMatchObject({ exitCode: 0 });
    expect(scene.server.requests('/jwks'), 'the new ones are cached').toHaveLength(2);
  });

  test('are asked for no more than once more: a kid that stays unknown is exit 5', async () => {
    await using scene = await openScene({ '/jwks': keySet('old') });
    await scene.run(['verify', await sign(scene.server.origin, { kid: 'old' })]);
    const { exitCode, stderr } = await scene.run(['verify', await sign(scene.server.origin)]);
    expect(exitCode).toBe(5);
    expect(stderr).toMatch(/^error\[token_not_valid\]: .*kid/);
    expect(scene.server.requests('/jwks')).toHaveLength(2);
  });

  test('may be a hundred, and not a thousand', async () => {
    const others = (count: number): string[] => Array.from({ length: count }, (_, index) => `other-${index}`);
    await using scene = await openScene({ '/jwks': [keySet('new', ...others(99)), keySet('new', ...others(999))] });
    const signed = await sign(scene.server.origin);
    expect(await scene.run(['verify', signed])).toMatchObject({ exitCode: 0 });
    const { exitCode, stderr } = await scene.run(['verify', signed, '--fresh']);
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/too (many|large)|more than|1000/);
  });

  for (const [what, answer] of Object.entries({
    'cannot be had': empty(500),
    'are not there': empty(404),
  })) {
    test(`that ${what} are exit 4`, async () => {
      await using scene = await openScene({ '/jwks': answer });
      const { exitCode, stdout, stderr } = await scene.run(['verify', await sign(scene.server.origin)]);
      expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
      expect(stderr).toMatch(/^error\[jwks_unavailable\]: /);
    });
  }

  for (const [what, body] of Object.entries({ HTML: '<h1>keys</h1>', 'an object without keys': '{"kid":"new"}' })) {
    test(`that are ${what} are exit 3`, async () => {
      await using scene = await openScene({ '/jwks': text(body) });
      const { exitCode, stdout } = await scene.run(['verify', await sign(scene.server.origin)]);
      expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    });
  }

  test('are never looked for where the token says: jku, x5u, jwk and iss reach nobody', async () => {
    await using canary = await startAuthorizationServer({ '/jwks': keySet('new') });
    await using scene = await openScene({ '/jwks': keySet('old') });
    const header = { jku: `${canary.origin}/jwks`, x5u: `${canary.origin}/jwks`, jwk: publicJwk };
    const hostile = await sign(canary.origin, header, { jku: `${canary.origin}/jwks` });
    const commands = [
      ['verify', hostile],
      ['verify', hostile, '--jwks-uri', `${scene.server.origin}/jwks`],
      ['decode', hostile],
      ['introspect', hostile],
      ['revoke', hostile],
    ];
    for (const args of commands) await scene.run(args);
    expect(await scene.run(['verify', hostile])).toMatchObject({ exitCode: 5 });
    expect(await scene.run(['verify', hostile], { env: { CCGRANT_ISSUER: '' } })).toMatchObject({ exitCode: 2 });
    expect(canary.connections).toBe(0);
  });
});
