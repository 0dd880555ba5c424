import { createPublicKey } from 'node:crypto';
import { jwtVerify } from 'jose';
import { expect, test } from 'vitest';
import { makeKey } from '../support/authentication/keys.ts';
import type { Answer } from '../support/http-server.ts';
import { empty, json, reset } from '../support/http-server.ts';
import { openScene, tokenResponse } from '../support/http-server-scene.ts';

const { pem } = makeKey('ES256');
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** An endpoint that takes every assertion once and of this minute only, whatever it answers else. */
function strict(answer: Answer, seen: Set<unknown>): Answer {
  return async (request, response) => {
    const assertion = request.form.get('client_assertion') ?? '';
    const { payload, protectedHeader } = await jwtVerify(assertion, createPublicKey(pem), {
      issuer: 'ci-bot',
      subject: 'ci-bot',
      audience: request.origin,
      requiredClaims: ['jti', 'iat', 'exp'],
      typ: 'client-authentication+jwt',
      maxTokenAge: 60,
      clockTolerance: 0,
    });
    const isFresh = !seen.has(payload.jti) && (payload.exp ?? 0) - (payload.iat ?? 0) <= 60;
    seen.add(payload.jti);
    if (!isFresh || protectedHeader.alg !== 'ES256' || request.form.get('client_assertion_type') !== assertionType) {
      return json({ error: 'invalid_client', error_description: 'replayed' }, 401);
    }
    return answer(request, response);
  };
}

test('each try has an assertion of its own: after 503, after a lost connection, at each endpoint', async () => {
  const seen = new Set<unknown>();
  const token = [empty(503), reset, json(tokenResponse)].map((answer) => strict(answer, seen));
  await using scene = await openScene(
    {
      '/token': token,
      '/introspect': strict(json({ active: true }), seen),
      '/revoke': strict(json({}), seen),
    },
    { CCGRANT_CLIENT_SECRET: '', CCGRANT_PRIVATE_KEY: 'key.pem' },
  );
  await scene.workspace.writeFile('key.pem', pem);

  expect(await scene.run(['token'])).toMatchObject({ exitCode: 0, stdout: `${tokenResponse.access_token}\n` });
  expect(scene.server.requests('/token')).toHaveLength(3);
  expect(await scene.run(['introspect', 'a-token'])).toMatchObject({ exitCode: 0 });
  expect(await scene.run(['revoke', 'a-token'])).toMatchObject({ exitCode: 0 });
  expect(seen.size).toBe(5);
});

test('the assertion of somebody else is read anew for each try', async () => {
  const assertions = ['one', 'two'].map((sub) => {
    const claims = Buffer.from(JSON.stringify({ sub, exp: Math.floor(Date.now() / 1000) + 60 })).toString('base64url');
    return `${Buffer.from('{"alg":"RS256"}').toString('base64url')}.${claims}.c2ln`;
  });
  let replace = async (): Promise<unknown> => undefined;
  const busy: Answer = async () => {
    await replace();
    return empty(503);
  };
  await using scene = await openScene(
    { '/token': [busy, json(tokenResponse)] },
    { CCGRANT_CLIENT_SECRET: '', CCGRANT_CLIENT_ID: '', CCGRANT_CLIENT_ASSERTION_FILE: 'assertion.jwt' },
  );
  const write = (assertion = '') => scene.workspace.writeFile('assertion.jwt', assertion);
  await write(assertions[0]);
  replace = () => write(assertions[1]);

  expect(await scene.run(['token'])).toMatchObject({ exitCode: 0 });
  expect(scene.server.requests('/token').map(({ form }) => form.get('client_assertion'))).toEqual(assertions);
});

test('a server that sends the assertion back does not get it shown, not even with -v', async () => {
  let sent = '';
  const echo: Answer = ({ form }) => {
    sent = form.get('client_assertion') ?? '';
    return json({ error: 'invalid_client', error_description: `bad: ${sent}` }, 401);
  };
  await using scene = await openScene(
    { '/token': echo },
    { CCGRANT_CLIENT_SECRET: '', CCGRANT_PRIVATE_KEY: 'key.pem' },
  );
  await scene.workspace.writeFile('key.pem', pem);

  const { exitCode, stdout, stderr } = await scene.run(['token', '-v']);
  expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
  expect(stderr).toContain('"bad: [assertion]"');
  expect(sent).not.toBe('');
  expect(stderr).not.toContain(sent.split('.')[1]);
});
