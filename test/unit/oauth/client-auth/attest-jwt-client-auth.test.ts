import { createPublicKey } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { HttpHeaders } from '../../../../src/http/headers.ts';
import { parseSigningKey } from '../../../../src/jwt/signing-key.ts';
import { chooseAuthentication } from '../../../../src/oauth/client-auth/choose-authentication.ts';
import type { ClientAuthentication, PossibleClient } from '../../../../src/oauth/client-auth/client-authentication.ts';
import { Secret } from '../../../../src/secret.ts';
import { makeKey } from '../../../support/authentication/keys.ts';
import { plainTerms } from '../../support/assertions.ts';
import { attest, instance } from '../../support/attestations.ts';
import { failureOf } from '../../support/failure.ts';

const key = await parseSigningKey(instance.pem, { name: 'key.pem', password: undefined });
const url = new URL('https://as.example/token');
const now = plainTerms.now();

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
