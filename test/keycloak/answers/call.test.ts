import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { ccgrant, checkIn, environmentOf, json } from '../../support/keycloak/answers.ts';
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
const scoped = ['--scope', 'test_api_access'];

describe('call', () => {
  const call = (route: string, ...options: string[]) => ({
    args: ({ api }: Scene) => ['call', `${api.url}/api/${route}`, ...options],
  });
  const callIntrospecting = (route: string, ...options: string[]) => ({
    args: ({ introspectingApi }: Scene) => ['call', `${introspectingApi.url}/api/${route}`, ...options],
  });
  const sending = (token: keyof Scene['tokens']) => ({ tokenFile: ({ tokens }: Scene) => tokens[token] });
  const fromFile = ['--token-file', 'token.txt'];
  const message = (text: string) => ({
    exitCode: 0,
    answers: (stdout: string) => expect(stdout).toBe(`{"message":"${text}"}\n`),
  });
  const publicMessage = message('No need of Authorization to see this');
  const privateMessage = message('Authorization is required to see this');
  const scopedMessage = message('Authorization with a scope named test_api_access is required to see this');
  const refused = (error: string, word = error) => ({
    exitCode: 22,
    word,
    answers: json((response) => expect(response).toMatchObject({ error })),
  });

  check([
    { behaviour: 'exits 0 on the public route', ...call('public'), ...publicMessage },
    { behaviour: 'exits 0 on the private route without the scope', ...call('private'), ...privateMessage },
    { behaviour: 'exits 0 on the private route with the scope', ...call('private', ...scoped), ...privateMessage },
    { behaviour: 'exits 0 on the scoped route with the scope', ...call('private-scoped', ...scoped), ...scopedMessage },
    {
      behaviour: 'exits 22 on the scoped route without the scope, a 403 without a challenge',
      ...call('private-scoped'),
      exitCode: 22,
      says: /403/,
      answers: json((response) => expect(response).toMatchObject({ error: 'insufficient_scope' })),
    },
    {
      behaviour: 'exits 0 on the scoped route without the scope with --no-fail',
      ...call('private-scoped', '--no-fail'),
      exitCode: 0,
      answers: json((response) => expect(response).toMatchObject({ error: 'insufficient_scope' })),
    },
    ...(['tampered', 'forged', 'unsigned', 'garbage', 'expired', 'ofOtherRealm', 'ofOtherHost'] as const).flatMap(
      (token) => [
        {
          behaviour: `exits 22 when the API verifies the token itself and it is ${token}`,
          ...sending(token),
          ...call('private-scoped', ...fromFile),
          ...refused('invalid_token'),
        },
        {
          behaviour: `exits 22 when the API introspects the token and it is ${token}`,
          ...sending(token),
          ...callIntrospecting('private-scoped', ...fromFile),
          ...refused('invalid_token'),
        },
      ],
    ),
    {
      behaviour: 'exits 0 with a revoked token when the API verifies it itself',
      ...sending('revoked'),
      ...call('private-scoped', ...fromFile),
      ...scopedMessage,
    },
    {
      behaviour: 'exits 22 with a revoked token when the API introspects it',
      ...sending('revoked'),
      ...callIntrospecting('private-scoped', ...fromFile),
      ...refused('invalid_token'),
    },
    {
      behaviour: 'exits 0 on the scoped route of an API that introspects',
      ...callIntrospecting('private-scoped', ...scoped),
      ...scopedMessage,
    },
    {
      behaviour: 'exits 22 without the scope when the API introspects, because it is not in aud',
      ...callIntrospecting('private'),
      ...refused('invalid_token'),
    },
  ]);

  test('asks for a new token when the API refuses the cached one, which was revoked elsewhere', async () => {
    const workspace = await createWorkspace(environmentOf(scene));
    try {
      const { stdout } = await workspace.run(['token', ...scoped]);
      const revocation = await ccgrant(scene, { args: ['revoke', stdout.trim()] });
      expect(revocation.exitCode, revocation.stderr).toBe(0);

      const result = await workspace.run(['call', `${scene.introspectingApi.url}/api/private-scoped`, ...scoped]);

      expect(result.exitCode, result.stderr).toBe(0);
      expect(JSON.parse(result.stdout)).toHaveProperty('message');
    } finally {
      await workspace.remove();
    }
  });
});
