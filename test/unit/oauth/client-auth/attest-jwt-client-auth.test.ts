import { createPublicKey } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { HttpHeaders } from '../../../../src/http/headers.ts';
import { decodeJwt as decode } from '../../../../src/jwt/decode.ts';
import { parseSigningKey } from '../../../../src/jwt/signing-key.ts';
import { attestedClient } from '../../../../src/oauth/client-auth/attest-jwt-client-auth.ts';
import { chooseAuthentication } from '../../../../src/oauth/client-auth/choose-authentication.ts';
import type { ClientAuthentication, PossibleClient } from '../../../../src/oauth/client-auth/client-authentication.ts';
import { Secret } from '../../../../src/secret.ts';
import { makeKey } from '../../../support/authentication/keys.ts';
import { plainTerms } from '../../support/assertions.ts';
import { failureOf } from '../../support/failure.ts';
import { compact, encode } from '../../support/json-web-token.ts';

const instance = makeKey('ES256');
const key = await parseSigningKey(instance.pem, { name: 'key.pem', password: undefined });
const url = new URL('https://as.example/token');
const now = plainTerms.now();
const typ = 'oauth-client-attestation+jwt';

/** An attestation that says this; nobody here looks at its signature. */
function attest(claims: object = {}, header: object = {}): string {
  const said = { iss: 'https://attester.example', sub: 'ci-bot', cnf: { jwk: instance.publicJwk }, ...claims };
  return compact({ alg: 'ES256', typ, ...header }, said, 'c2ln');
}

function authenticate(
  change: Partial<PossibleClient> = {},
  attestations: string[] = [attest()],
  listed: string[] | undefined = undefined,
): Promise<ClientAuthentication> {
  const left = [...attestations];
  const read = async () => new Secret(left.length > 1 ? (left.shift() ?? '') : (left[0] ?? ''));
  const credential = { kind: 'attestation', key, clientId: 'ci-bot', read } as const;
  const client = { clientId: undefined, credential, basicEncoding: 'form', assertion: plainTerms, ...change } as const;
  return chooseAuthentication(undefined, client, listed);
}

async function send(authentication: ClientAuthentication) {
  const request = await authentication.complete({ url, headers: new HttpHeaders(), form: [['token', 'x']] });
  const proof = request.headers.get('oauth-client-attestation-pop') ?? '';
  return { ...request, attestation: request.headers.get('oauth-client-attestation'), proof, claims: decodeJwt(proof) };
}

function answer(error: string | undefined, challenge: string | undefined) {
  const fields: [string, string][] = challenge === undefined ? [] : [['OAuth-Client-Attestation-Challenge', challenge]];
  return [{ url, method: 'POST', status: 400, headers: new HttpHeaders(fields), text: '' }, error] as const;
}

describe('attest_jwt_client_auth (draft-ietf-oauth-attestation-based-client-auth)', () => {
  it('sends the attestation as it is, a proof by the key in it, and the client id', async () => {
    const { attestation, proof, form, headers } = await send(await authenticate({}, [`${attest()}\n`]));
    expect(attestation).toBe(attest());
    expect(form).toEqual([
      ['token', 'x'],
      ['client_id', 'ci-bot'],
    ]);
    expect([...headers]).toHaveLength(2);
    expect(decodeProtectedHeader(proof)).toEqual({ alg: 'ES256', typ: 'oauth-client-attestation-pop+jwt' });
    const { payload } = await jwtVerify(proof, createPublicKey(instance.pem), { currentDate: new Date(now) });
    expect(payload).toEqual({
      iss: 'ci-bot',
      aud: 'https://as.example',
      iat: now / 1000,
      jti: expect.stringMatching(/^[\w-]{36}$/),
    });
  });

  it('makes a proof for each try, and asks for the attestation of now', async () => {
    const authentication = await authenticate({}, [attest({ exp: 1 }), attest({ exp: 2 })]);
    const [first, second] = [await send(authentication), await send(authentication)];
    expect(second.claims.jti).not.toBe(first.claims.jti);
    expect([first, second].map(({ attestation }) => decodeJwt(attestation ?? '').exp)).toEqual([1, 2]);
  });

  it.each([undefined, 'ci-bot'])('says which client it sends, %s being given', async (clientId) => {
    expect(await authenticate({ clientId })).toMatchObject({ clientId: 'ci-bot', method: 'attest_jwt_client_auth' });
  });

  it('is used where the server lists it, and never where it lists others only', async () => {
    const listed = ['private_key_jwt', 'attest_jwt_client_auth'];
    expect((await authenticate({}, [], listed)).method).toBe('attest_jwt_client_auth');
    expect(await failureOf(() => authenticate({}, [], ['private_key_jwt']))).toMatchObject({
      code: 'missing_setting',
      message: 'this server takes no client attestation: it lists private_key_jwt',
    });
  });

  it.each<[string[] | undefined, string]>([
    [undefined, 'RS256'],
    [[], 'RS256'],
    [['ES256', 'PS384'], 'PS384'],
  ])('signs the proof by what is listed for proofs, not for assertions: %j', async (supportedProofAlgorithms, alg) => {
    const rsa = await parseSigningKey(makeKey('RS256').pem, { name: 'key.pem', password: undefined });
    const credential = {
      kind: 'attestation',
      key: rsa,
      clientId: 'x',
      read: async () => new Secret(attest()),
    } as const;
    const assertion = { ...plainTerms, supportedAlgorithms: ['RS512'] };
    const { proof } = await send(await authenticate({ credential, assertion, supportedProofAlgorithms }));
    expect(decodeProtectedHeader(proof).alg).toBe(alg);
  });

  it('refuses a key for which the server lists nothing', async () => {
    expect(await failureOf(() => authenticate({ supportedProofAlgorithms: ['EdDSA'] }))).toMatchObject({
      code: 'config_invalid',
      hint: expect.stringContaining('EdDSA'),
    });
  });
});

describe('the challenge of a server', () => {
  it('is answered in one more try, and by each that comes after', async () => {
    const authentication = await authenticate();
    expect((await send(authentication)).claims).not.toHaveProperty('challenge');
    expect(authentication.wantsAnotherTry?.(...answer('use_attestation_challenge', 'c1'))).toBe(true);
    expect((await send(authentication)).claims.challenge).toBe('c1');
    expect(authentication.wantsAnotherTry?.(...answer(undefined, 'c2'))).toBe(false);
    expect((await send(authentication)).claims.challenge).toBe('c2');
  });

  it.each([undefined, '', 'a, b', 'ü', 'x'.repeat(1001)])('is no reason to try again when it is %j', async (value) => {
    const authentication = await authenticate();
    expect(authentication.wantsAnotherTry?.(...answer('use_attestation_challenge', value))).toBe(false);
    expect((await send(authentication)).claims).not.toHaveProperty('challenge');
  });

  it('is no reason to try again where the server refuses for another', async () => {
    const authentication = await authenticate();
    expect(authentication.wantsAnotherTry?.(...answer('invalid_client', 'c1'))).toBe(false);
  });
});

describe('the advice after a refusal', () => {
  async function explain(error: string, date?: number, claims: object = {}): Promise<string> {
    const authentication = await authenticate({}, [attest(claims)]);
    await send(authentication);
    expect(authentication.refusals?.includes(error) || error === 'invalid_client').toBe(true);
    const stated = date === undefined ? undefined : new Date(date).toUTCString();
    return authentication.advise?.({ error, status: 401, date: stated, now }) ?? '';
  }

  it.each(['invalid_client', 'invalid_client_attestation'])(
    'names attester, client and audience: %s',
    async (error) => {
      expect(await explain(error)).toBe(
        'does the server trust https://attester.example, who signed the attestation, and is ci-bot registered for this method? the other usual reason is aud of the proof, which was https://as.example: try --assertion-audience token-endpoint',
      );
    },
  );

  it('names an attester only as far as it has a name of some length', async () => {
    expect(await explain('invalid_client', now, { iss: 7 })).toContain('does the server trust whoever signed');
    expect((await explain('invalid_client', now, { iss: 'x'.repeat(5000) })).length).toBeLessThan(500);
  });

  it.each([
    ['invalid_client', now + 60_000, "the clock of this machine is 60 s behind the server's"],
    ['use_attestation_challenge', now, 'a challenge that it does not give'],
    ['use_fresh_attestation', now, 'whoever gives it out has to replace it'],
  ])('is about what else there is: %s', async (error, date, words) => {
    expect(await explain(error, date)).toContain(words);
  });
});

describe('an attestation', () => {
  const { thumbprint } = key;
  const clientOf = (jwt: string, clientId?: string) =>
    attestedClient(decode(jwt), { clientId, thumbprint, keyPlace: 'k.pem (--private-key)' }, 'it');

  it.each([typ, 'application/oauth-client-attestation+jwt', 'OAuth-Client-Attestation+JWT'])(
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
      `${encode({ alg: 'dir', enc: 'A128GCM', typ })}..c2ln.c2ln.c2ln`,
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
