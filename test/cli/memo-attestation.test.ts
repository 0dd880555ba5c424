import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeKey } from '../support/authentication/keys.ts';
import { temporaryDirectory } from '../unit/support/temporary-directory.ts';
import { Desk } from './support/desk.ts';
import { unsignedToken } from './support/signing.ts';

const at = temporaryDirectory();

test('a memo answers a client that is attested until its key is another one, whatever attests it', async () => {
  const [one, other] = [makeKey('ES256'), makeKey('ES256')];
  const attest = (claims: object): string =>
    unsignedToken({ sub: 'ci-bot', ...claims }, { alg: 'ES256', typ: 'oauth-client-attestation+jwt' });
  const desk = new Desk(at('desk'));
  desk.env.CCGRANT_PRIVATE_KEY = join(desk.home, 'key.pem');
  desk.env.CCGRANT_CLIENT_ATTESTATION_FILE = join(desk.home, 'attestation.jwt');
  desk.argv = ['token', '--assertion-audience', 'https://as.example'];
  desk.write('key.pem', one.pem);
  desk.write('attestation.jwt', attest({ cnf: { jwk: one.publicJwk } }));

  const { stdout, stderr } = await desk.answered();
  expect(stderr).toBe('');
  expect(await desk.recalled()).toBe(stdout.trimEnd());
  desk.write('attestation.jwt', attest({ cnf: { jwk: other.publicJwk } }));
  expect(await desk.recalled()).toBe(stdout.trimEnd());
  desk.write('key.pem', other.pem);
  expect(await desk.recalled()).toBeUndefined();
  expect((await desk.answered()).stdout).not.toBe(stdout);
});

test('no memo is left where the attested key comes from standard input, which may bring another one', async () => {
  const { pem, publicJwk } = makeKey('ES256');
  const desk = new Desk(at('other-desk'));
  desk.env.CCGRANT_CLIENT_ATTESTATION_FILE = join(desk.home, 'attestation.jwt');
  desk.argv = ['token', '--assertion-audience', 'https://as.example', '--private-key', '-'];
  desk.stdin = pem;
  const header = { alg: 'ES256', typ: 'oauth-client-attestation+jwt' };
  desk.write('attestation.jwt', unsignedToken({ sub: 'ci-bot', cnf: { jwk: publicJwk } }, header));
  expect(await desk.answered()).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await desk.recalled()).toBeUndefined();
});
