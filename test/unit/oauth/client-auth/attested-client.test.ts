import { describe, expect, it } from 'vitest';
import { decodeJwt } from '../../../../src/jwt/decode.ts';
import { parseSigningKey } from '../../../../src/jwt/signing-key.ts';
import { attestedClient } from '../../../../src/oauth/client-auth/attested-client.ts';
import { makeKey } from '../../../support/authentication/keys.ts';
import { attest, attestationType, instance } from '../../support/attestations.ts';
import { failureOf } from '../../support/failure.ts';
import { encode } from '../../support/json-web-token.ts';

const { thumbprint } = await parseSigningKey(instance.pem, { name: 'key.pem', password: undefined });

describe('an attestation', () => {
  const clientOf = (jwt: string, clientId?: string) =>
    attestedClient(decodeJwt(jwt), { clientId, thumbprint, keyPlace: 'k.pem (--private-key)' }, 'it');

  it.each([attestationType, 'application/oauth-client-attestation+jwt', 'OAuth-Client-Attestation+JWT'])(
    'of the type %s says which client it is about',
    async (type) => {
      expect(await clientOf(attest({}, { typ: type }))).toBe('ci-bot');
      expect(await clientOf(attest({}, { typ: type }), 'ci-bot')).toBe('ci-bot');
    },
  );

  it('may describe the key by more than is needed, as the same key', async () => {
    expect(
      await clientOf(attest({ cnf: { jwk: { ...instance.publicJwk, kid: 'k', alg: 'ES256', use: 'sig' } } })),
    ).toBe('ci-bot');
  });

  const stranger = { cnf: { jwk: makeKey('ES256').publicJwk } };
  it.each<[what: string, jwt: string, message: string]>([
    ['another type', attest({}, { typ: 'JWT' }), 'it is no client attestation: its typ is JWT'],
    ['the type of the proof', attest({}, { typ: 'oauth-client-attestation-pop+jwt' }), 'it is no client attestation'],
    ['no type', attest({}, { typ: undefined }), 'it is no client attestation: its header has no typ'],
    [
      'encrypted content',
      `${encode({ alg: 'dir', enc: 'A128GCM', typ: attestationType })}..c2ln.c2ln.c2ln`,
      'it is no client attestation: its content is encrypted',
    ],
    ['no client', attest({ sub: undefined }), 'it does not say which client it is about'],
    ['an empty client', attest({ sub: '' }), 'it has a sub that is no client id'],
    ['a client that is no text', attest({ sub: ['ci-bot'] }), 'it has a sub that is no client id'],
    ['a client that fills a screen', attest({ sub: 'x'.repeat(1001) }), 'it has a sub that is no client id'],
    ['half a character in the client', attest({ sub: 'ci-bot\ud800' }), 'it has a sub that is no client id'],
    ['another client', attest({ sub: 'cd-bot' }), 'it is about the client cd-bot, not ci-bot'],
    ['another key', attest(stranger), 'it is about another key than that in k.pem \\(--private-key\\)'],
    ['no key', attest({ cnf: undefined }), 'it names no key in cnf.jwk'],
    ['a key that is none', attest({ cnf: { jwk: { kty: 'EC', crv: 'P-256' } } }), 'it names no key in cnf.jwk'],
    ['a key that is no object', attest({ cnf: { jwk: 'x' } }), 'it names no key in cnf.jwk'],
    [
      'a private key',
      attest({ cnf: { jwk: { ...instance.publicJwk, d: 'AQAB' } } }),
      'it has a private key in cnf.jwk',
    ],
    ['a thumbprint alone', attest({ cnf: { jkt: thumbprint } }), 'it names no key in cnf.jwk'],
  ])('with %s is not used', async (_, jwt, message) => {
    expect(await failureOf(() => clientOf(jwt, 'ci-bot'))).toMatchObject({
      code: 'secret_unusable',
      message: expect.stringMatching(new RegExp(`^${message}`)),
      hint: expect.any(String),
    });
  });
});
