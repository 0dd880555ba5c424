import { compactVerify, importJWK } from 'jose';
import * as oauth from 'oauth4webapi';
import { describe, expect, it } from 'vitest';
import { HttpHeaders } from '../../../src/http/headers.ts';
import { signingAlgorithms } from '../../../src/jwt/algorithms.ts';
import { chooseAuthentication } from '../../../src/oauth/client-auth/choose-authentication.ts';
import { requestToken } from '../../../src/oauth/client-credentials.ts';
import { dpopAuthorization, dpopConstraint } from '../../../src/oauth/dpop.ts';
import { Secret } from '../../../src/secret.ts';
import { plainTerms } from '../support/assertions.ts';
import { proofKeyBy, readProof } from '../support/proof-keys.ts';
import type { Answer } from '../support/scripted-http.ts';
import { scriptedHttp } from '../support/scripted-http.ts';
import { oracleVerdict, server, toResponse } from './oauth4webapi.ts';

const sent = { description: '', redact: (text: string) => text, hint: () => undefined };
const clientId = 'ci-bot';
const token: Answer = { body: { access_token: 'abc', token_type: 'DPoP', expires_in: 300 } };
const wantsNonce: Answer = {
  status: 400,
  headers: { 'content-type': 'application/json', 'dpop-nonce': 'nonce-1' },
  body: { error: 'use_dpop_nonce' },
};
/** A proof is no proof by a secret: RFC 9449 section 4.2. */
const algorithms = signingAlgorithms.filter((alg) => !alg.startsWith('HS'));

/** A proof without what is random or time, and by the name of RFC 9864 what RFC 8037 calls EdDSA, as oauth4webapi does. */
function stable(proof: string | null | undefined): object {
  const { header, payload } = readProof(proof ?? undefined);
  const { jti: _, iat: __, nbf: ___, exp: ____, ...members } = payload;
  return { header: { ...header, alg: header.alg === 'EdDSA' ? 'Ed25519' : header.alg }, members };
}

/** Both programs with the same key. */
async function openBoth(alg: string) {
  const key = await proofKeyBy(alg);
  const publicKey = (await importJWK(key.publicKey, alg, { extractable: true })) as never;
  const handle = oauth.DPoP({}, { publicKey, privateKey: key.privateKey as never });
  const verify = (proof: string | null | undefined) => compactVerify(proof ?? '', publicKey, { algorithms: [alg] });
  return { handle, verify, prover: { key, nonces: new Map<string, string>(), now: Date.now } };
}

describe.each(algorithms)('proofs by %s are those of oauth4webapi', (alg) => {
  it('for an access token request, before and after a nonce', async () => {
    const { handle, verify, prover } = await openBoth(alg);
    const theirs: (string | null)[] = [];
    const ask = async (answer: Answer) => {
      const client = { client_id: clientId };
      const response = await oauth.clientCredentialsGrantRequest(
        server,
        client,
        oauth.ClientSecretPost('S3cr3t'),
        {},
        {
          DPoP: handle,
          [oauth.customFetch]: async (_, { headers }) => {
            theirs.push(new Headers(headers).get('dpop'));
            return toResponse(answer);
          },
        },
      );
      return oracleVerdict(() => oauth.processClientCredentialsResponse(server, client, response));
    };
    expect([await ask(wantsNonce), await ask(token)]).toEqual(['refused: use_dpop_nonce', 'accepted']);

    const http = scriptedHttp((_, number) => (number === 1 ? wantsNonce : token));
    const credential = { kind: 'secret', secret: new Secret('S3cr3t') } as const;
    const authentication = await chooseAuthentication(
      'client_secret_post',
      { clientId, credential, basicEncoding: 'form', assertion: plainTerms },
      undefined,
    );
    await requestToken(
      new URL(server.token_endpoint),
      { scope: [], audience: [], resource: [], parameters: [] },
      { authentication, transport: http.transport, constraint: dpopConstraint(prover, false) },
      sent,
      Date.now,
    );
    expect(http.requests.map(({ headers }) => stable(headers.get('dpop')))).toEqual(theirs.map(stable));
    for (const { headers } of http.requests) await verify(headers.get('dpop'));
  });

  it('for a protected resource request', async () => {
    const { handle, verify, prover } = await openBoth(alg);
    const url = new URL('https://api.example/orders?page=2');
    let theirs = new Headers();
    await oauth.protectedResourceRequest('abc', 'PUT', url, new Headers(), null, {
      DPoP: handle,
      [oauth.customFetch]: async (_, { headers }) => {
        theirs = new Headers(headers);
        return new Response();
      },
    });
    const ours = await dpopAuthorization('abc', prover).complete({ method: 'PUT', url, headers: new HttpHeaders() });
    expect(ours.headers.get('authorization')).toBe(theirs.get('authorization'));
    expect(stable(ours.headers.get('dpop'))).toEqual(stable(theirs.get('dpop')));
    await verify(ours.headers.get('dpop'));
  });
});
