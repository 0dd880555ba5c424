import { describe, expect, it } from 'vitest';
import { HttpHeaders } from '../../../src/http/headers.ts';
import { dpopAuthorization, dpopConstraint } from '../../../src/oauth/dpop.ts';
import { postForm } from '../../../src/oauth/endpoint-request.ts';
import { authenticationBy } from '../support/authenticate.ts';
import { proofKeyBy, readProof } from '../support/proof-keys.ts';
import type { Answer } from '../support/scripted-http.ts';
import { scriptedHttp } from '../support/scripted-http.ts';

const now = 1_700_000_000_000;
const key = await proofKeyBy('ES256');
const endpoint = new URL('https://as.example/token?tenant=a');

const wantsNonce = (nonce: string, status = 400): Answer => ({
  status,
  headers: { 'dpop-nonce': nonce, 'content-type': 'application/json' },
  body: { error: 'use_dpop_nonce' },
});

/** Sends a form with proofs, and tells the proofs. */
async function proofsFor(answer: (number: number) => Answer, nonces = new Map<string, string>()) {
  const http = scriptedHttp((_, number) => answer(number));
  const constraint = dpopConstraint({ key, nonces, now: () => now }, false);
  const options = { authentication: await authenticationBy('none'), transport: http.transport, constraint };
  const document = await postForm(endpoint, [], options);
  const proofs = http.requests.map(({ headers }) => readProof(headers.get('dpop')).payload);
  return { status: document.status, proofs };
}

describe('an access token request with a proof (RFC 9449 sections 5 and 8)', () => {
  it('is sent again once with the nonce that the server wants, in a new proof', async () => {
    const nonces = new Map<string, string>();
    const { status, proofs } = await proofsFor((number) => (number === 1 ? wantsNonce('n1') : { body: {} }), nonces);
    expect(status).toBe(200);
    expect(proofs.map(({ nonce, htm, htu }) => ({ nonce, htm, htu }))).toEqual([
      { nonce: undefined, htm: 'POST', htu: 'https://as.example/token' },
      { nonce: 'n1', htm: 'POST', htu: 'https://as.example/token' },
    ]);
    expect(proofs[0]?.jti).not.toBe(proofs[1]?.jti);
    expect([...nonces]).toEqual([['https://as.example', 'n1']]);
  });

  it('leaves the nonce of the second answer for the next request', async () => {
    const nonces = new Map<string, string>();
    const taken: Answer = { headers: { 'dpop-nonce': 'n2', 'content-type': 'application/json' }, body: {} };
    await proofsFor((number) => (number === 1 ? wantsNonce('n1') : taken), nonces);
    expect([...nonces]).toEqual([['https://as.example', 'n2']]);
  });

  it('is not sent a third time to a server that wants another nonce each time', async () => {
    const { status, proofs } = await proofsFor((number) => wantsNonce(`n${number}`));
    expect(status).toBe(400);
    expect(proofs.map(({ nonce }) => nonce)).toEqual([undefined, 'n1']);
  });

  it('has the nonce of the last answer of this origin, and of no other', async () => {
    const nonces = new Map([
      ['https://as.example', 'known'],
      ['https://as.example:8443', 'other'],
    ]);
    const answer: Answer = { headers: { 'dpop-nonce': 'next', 'content-type': 'application/json' }, body: {} };
    expect((await proofsFor(() => answer, nonces)).proofs.map(({ nonce }) => nonce)).toEqual(['known']);
    expect(nonces.get('https://as.example')).toBe('next');
  });

  it.each<[string, Answer]>([
    ['wants a nonce and gives none', { status: 400, body: { error: 'use_dpop_nonce' } }],
    ['gives two nonces', wantsNonce('n1, n2')],
    ['gives a nonce that no proof can hold', wantsNonce('a"b')],
    ['gives an endless nonce', wantsNonce('n'.repeat(1001))],
    ['gives a nonce and refuses for another reason', { ...wantsNonce('n1'), body: { error: 'invalid_client' } }],
  ])('is not sent again to a server that %s', async (_, answer) => {
    expect((await proofsFor(() => answer)).proofs).toHaveLength(1);
  });

  it('is proved anew for each try after a failure of the server', async () => {
    const busy: Answer = { status: 503, headers: { 'retry-after': '0' } };
    const { proofs } = await proofsFor((number) => (number < 3 ? busy : { body: {} }));
    expect(new Set(proofs.map(({ jti }) => jti)).size).toBe(3);
  });
});

describe('a token that is shown with a proof (RFC 9449 sections 7 and 9)', () => {
  const url = new URL('https://api.example/orders?page=2');

  function open(nonces = new Map<string, string>()) {
    const authorization = dpopAuthorization('abc', { key, nonces, now: () => now });
    const answer = (status: number, fields: Record<string, string>) =>
      authorization.wantsAnotherTry({ status, headers: new HttpHeaders(Object.entries(fields)) }, url);
    const send = async () => (await authorization.complete({ method: 'PUT', url, headers: new HttpHeaders() })).headers;
    return { nonces, answer, send };
  }

  it('is in the Authorization field by the scheme DPoP, with a proof for this request and token', async () => {
    const headers = await open().send();
    expect(headers.get('authorization')).toBe('DPoP abc');
    expect(readProof(headers.get('dpop')).payload).toEqual({
      jti: expect.any(String),
      htm: 'PUT',
      htu: 'https://api.example/orders',
      iat: now / 1000,
      ath: 'ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0',
    });
  });

  const challenge = 'DPoP error="use_dpop_nonce", error_description="Resource server requires nonce in DPoP proof"';

  it('is worth another try with the nonce that the API wants', async () => {
    const { answer, send } = open();
    expect(answer(401, { 'www-authenticate': challenge, 'dpop-nonce': 'n1' })).toBe(true);
    expect(readProof((await send()).get('dpop')).payload.nonce).toBe('n1');
  });

  it('is so when the challenge stands beside one for bearer tokens', () => {
    const field = `Bearer error="invalid_token", ${challenge}`;
    expect(open().answer(401, { 'www-authenticate': field, 'dpop-nonce': 'n1' })).toBe(true);
  });

  it.each<[number, Record<string, string>]>([
    [401, { 'www-authenticate': challenge }],
    [401, { 'www-authenticate': 'DPoP error="invalid_token"', 'dpop-nonce': 'n1' }],
    [401, { 'www-authenticate': 'Bearer error="use_dpop_nonce"', 'dpop-nonce': 'n1' }],
    [403, { 'www-authenticate': challenge, 'dpop-nonce': 'n1' }],
    [200, { 'dpop-nonce': 'n1' }],
  ])('is not worth another try after %i with %j', (status, fields) => {
    expect(open().answer(status, fields)).toBe(false);
  });

  it('takes up the nonce of an answer without a fault too', () => {
    const { nonces, answer } = open();
    answer(200, { 'dpop-nonce': 'n2' });
    expect([...nonces]).toEqual([['https://api.example', 'n2']]);
  });
});
