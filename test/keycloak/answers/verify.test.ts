import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { ccgrant, checkIn, environmentOf } from '../../support/keycloak/answers.ts';
import { type Scene, setScene } from '../../support/keycloak/scene.ts';
import { createWorkspace } from '../../support/run-ccgrant.ts';

let scene: Scene;

beforeAll(async () => {
  scene = await setScene(inject('keycloak'));
});

afterAll(async () => {
  await scene?.remove();
});

const check = checkIn(() => scene);
const resource = ({ clients }: Scene) => clients.resource;
const scoped = ['--scope', 'test_api_access'];

describe('verify', () => {
  const verify = (token: keyof Scene['tokens'], ...options: string[]) => ({
    args: ({ tokens }: Scene) => ['verify', tokens[token], ...options],
  });
  const invalid = { exitCode: 5, word: 'token_not_valid' };
  /** Nobody has proved the claims: none may reach standard output. */
  const unproven = { ...invalid, answers: (stdout: string) => expect(stdout).not.toContain('test_api_client') };

  check([
    {
      behaviour: 'exits 0 for the required scope and audience',
      ...verify('scoped', ...scoped, '--audience', 'test_api_resource'),
      exitCode: 0,
    },
    {
      behaviour: 'exits 0 for the audience account, which every token has',
      ...verify('unscoped', '--audience', 'account'),
      exitCode: 0,
    },
    { behaviour: 'exits 5 for a required scope that is missing', ...verify('unscoped', ...scoped), ...invalid },
    {
      behaviour: 'exits 5 for a required audience that is missing',
      ...verify('unscoped', '--audience', 'test_api_resource'),
      ...invalid,
    },
    { behaviour: 'exits 5 for a tampered token', ...verify('tampered'), ...unproven },
    { behaviour: 'exits 5 for a token signed with a key of somebody else', ...verify('forged'), ...unproven },
    { behaviour: 'exits 5 for a token that is not signed', ...verify('unsigned'), ...unproven },
    { behaviour: 'exits 5 for garbage', ...verify('garbage'), ...invalid },
    { behaviour: 'exits 5 for an expired token', ...verify('expired', '--leeway', '0s'), ...invalid },
    { behaviour: 'exits 5 for a token of another realm', ...verify('ofOtherRealm'), ...unproven },
    {
      behaviour: 'exits 5 for a token of the same realm by another host name',
      ...verify('ofOtherHost'),
      ...invalid,
      says: /\biss\b/,
    },
    { behaviour: 'exits 0 for a revoked token, because it asks nobody', ...verify('revoked'), exitCode: 0 },
    {
      behaviour: 'exits 5 for a revoked token with --introspect',
      as: resource,
      ...verify('revoked', '--introspect'),
      exitCode: 5,
    },
    {
      behaviour: 'exits 0 for an active token with --introspect',
      as: resource,
      ...verify('scoped', '--introspect'),
      exitCode: 0,
    },
    { behaviour: 'exits 0 for a token signed with ES256', ...verify('es256'), exitCode: 0 },
    {
      behaviour: 'exits 5 for a token signed with ES256 when only RS256 is allowed',
      ...verify('es256', '--alg', 'RS256'),
      ...invalid,
    },
    { behaviour: 'exits 0 for a lightweight token', ...verify('lightweight'), exitCode: 0 },
    {
      behaviour: 'exits 5 for a lightweight token with a required audience, which it does not have',
      ...verify('lightweight', '--audience', 'test_api_resource'),
      ...invalid,
    },
    {
      behaviour: 'exits 0 with --at-jwt for a token whose header says at+jwt',
      ...verify('atJwt', '--at-jwt', '--audience', 'test_api_resource'),
      exitCode: 0,
    },
    {
      behaviour: 'exits 5 with --at-jwt for a token whose header says JWT',
      ...verify('scoped', '--at-jwt', '--audience', 'test_api_resource'),
      ...invalid,
    },
  ]);

  test('lists all that is wrong with a token', async () => {
    const result = await ccgrant(scene, {
      args: ['verify', scene.tokens.unscoped, '--format', 'json', ...scoped, '--audience', 'test_api_resource'],
    });

    expect(result.exitCode, result.stderr).toBe(5);
    const { valid, checks } = JSON.parse(result.stdout);
    expect(valid).toBe(false);
    for (const [check, ok] of [
      ['signature', true],
      ['iss', true],
      ['aud', false],
      ['scope', false],
    ]) {
      expect(checks).toContainEqual(expect.objectContaining({ check, ok }));
    }
  });
});

describe('after a key rotation', () => {
  let newToken: string;
  let oldToken: string;

  beforeAll(async () => {
    oldToken = await scene.requestToken(scene.clients.client);
  });

  test('verify finds the new key although the old keys are cached', async () => {
    const workspace = await createWorkspace(environmentOf(scene));
    try {
      const before = await workspace.run(['verify', oldToken]);
      await scene.myorg.realm.addSigningKey('rotated', 200);
      newToken = await scene.requestToken(scene.clients.client);

      const after = await workspace.run(['verify', newToken]);
      const afterForOld = await workspace.run(['verify', oldToken]);

      expect(before.exitCode, before.stderr).toBe(0);
      expect(after.exitCode, after.stderr).toBe(0);
      expect(afterForOld.exitCode, afterForOld.stderr).toBe(0);
    } finally {
      await workspace.remove();
    }
  });

  test('call exits 22 when the API has read its keys before, and 0 when it introspects', async () => {
    const args = (api: { readonly url: string }) => ['call', `${api.url}/api/private-scoped`, ...scoped];

    const refusal = await ccgrant(scene, { args: args(scene.api) });
    const acceptance = await ccgrant(scene, { args: args(scene.introspectingApi) });

    expect(refusal.exitCode, refusal.stderr).toBe(22);
    expect(refusal.stderr).toContain('invalid_token');
    expect(acceptance.exitCode, acceptance.stderr).toBe(0);
  });

  test('a token whose key is gone is neither valid nor active, and revoking it is a warning', async () => {
    await scene.myorg.realm.removeGeneratedSigningKeys();

    const verification = await ccgrant(scene, { args: ['verify', oldToken] });
    const introspection = await ccgrant(scene, { as: scene.clients.resource, args: ['introspect', oldToken] });
    const revocation = await ccgrant(scene, { args: ['revoke', oldToken] });

    expect(verification.exitCode, verification.stderr).toBe(5);
    expect(introspection.exitCode, introspection.stderr).toBe(5);
    expect(revocation.exitCode, revocation.stderr).toBe(0);
    expect(revocation.stderr).toMatch(/warning/);
  });
});
