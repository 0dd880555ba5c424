import { importPKCS8, SignJWT } from 'jose';
import { expect, test } from 'vitest';
import { makeKey } from '../support/authentication/keys.ts';
import { json, type ReceivedRequest } from '../support/http-server.ts';
import { clientId, openScene } from '../support/http-server-scene.ts';

const key = makeKey('ES256');
const noSecret = { CCGRANT_CLIENT_SECRET: '', CCGRANT_PRIVATE_KEY: 'key.pem' };

/** A server that takes a proof apart, and says which signature it could not take. */
function quoting(proofOf: (request: ReceivedRequest) => string): (request: ReceivedRequest) => ReturnType<typeof json> {
  return (request) => {
    const signature = proofOf(request).split('.').at(-1);
    return json({ error: 'invalid_client', error_description: `bad signature ${signature}` }, 401);
  };
}

test('the signature of an assertion is not shown, however the server quotes it', async () => {
  await using scene = await openScene({ '/token': quoting(({ form }) => form.get('client_assertion') ?? '') });
  await scene.workspace.writeFile('key.pem', key.pem);
  const { exitCode, stderr } = await scene.run(['token', '-v'], { env: noSecret });
  expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: expect.stringContaining('bad signature [assertion]') });
});

test.each([
  ['an attestation', 'oauth-client-attestation'],
  ['its proof', 'oauth-client-attestation-pop'],
])('nor is that of %s', async (_, field) => {
  await using scene = await openScene({ '/token': quoting(({ headers }) => String(headers[field])) });
  const attestation = await new SignJWT({ cnf: { jwk: key.publicJwk } })
    .setProtectedHeader({ alg: 'ES256', typ: 'oauth-client-attestation+jwt' })
    .setSubject(clientId)
    .sign(await importPKCS8(makeKey('ES256').pem, 'ES256'));
  await scene.workspace.writeFile('key.pem', key.pem);
  await scene.workspace.writeFile('attestation.jwt', attestation);
  const env = { ...noSecret, CCGRANT_CLIENT_ATTESTATION_FILE: 'attestation.jwt' };
  const { exitCode, stderr } = await scene.run(['token', '-v'], { env });
  expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: expect.stringContaining('bad signature [proof]') });
});

test('nor is that of a DPoP proof', async () => {
  await using scene = await openScene({ '/token': quoting(({ headers }) => String(headers.dpop)) });
  const { exitCode, stderr } = await scene.run(['token', '-v', '--dpop']);
  expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: expect.stringContaining('bad signature [proof]') });
});
