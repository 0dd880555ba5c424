import { describe, expect, it } from 'vitest';
import { HttpHeaders } from '../../../src/http/headers.ts';
import type { Confirmation } from '../../../src/oauth/require-confirmation.ts';
import { requireConfirmation } from '../../../src/oauth/require-confirmation.ts';
import { failureOf } from '../support/failure.ts';
import { compact } from '../support/json-web-token.ts';

const document = {
  status: 200,
  url: new URL('https://as.example/token'),
  method: 'POST',
  headers: new HttpHeaders(),
  text: '',
};
const key: Confirmation = {
  method: 'jkt',
  thumbprint: 'ours',
  isRequired: true,
  noun: 'key',
  shown: 'a DPoP proof',
  hint: 'look at the key',
};
const certificate: Confirmation = {
  method: 'x5t#S256',
  thumbprint: 'ours',
  isRequired: false,
  noun: 'certificate',
  shown: 'the certificate from --cert',
  hint: 'look at the certificate',
};

const refusal = (claims: object, confirmation: Confirmation) =>
  failureOf(async () => requireConfirmation(compact({ alg: 'none' }, claims), confirmation, document));

describe('a token that was issued', () => {
  it.each<[string, string, Confirmation]>([
    ['is bound to the key of the proof', compact({}, { cnf: { jkt: 'ours' } }), key],
    ['is bound to the certificate', compact({}, { cnf: { 'x5t#S256': 'ours', jkt: 'x' } }), certificate],
    ['is bound to no certificate, as the server decides that', compact({}, { cnf: { jkt: 'x' } }), certificate],
    ['is opaque', 'opaque', key],
  ])('is taken when it %s', (_, token, confirmation) => {
    expect(() => requireConfirmation(token, confirmation, document)).not.toThrow();
  });

  it.each<[object, Confirmation, string]>([
    [{}, key, 'the token is bound to no key: it has no cnf.jkt'],
    [{ cnf: null }, key, 'the token is bound to no key: it has no cnf.jkt'],
    [{ cnf: 'ours' }, key, 'the token is bound to no key: it has no cnf.jkt'],
    [{ cnf: { 'x5t#S256': 'ours' } }, key, 'the token is bound to no key: it has no cnf.jkt'],
    [{ cnf: { jkt: 'theirs' } }, key, 'the token is bound to another key than ours'],
    [{ cnf: { jkt: null } }, key, 'the token is bound to another key than ours'],
    [{ cnf: { jkt: ['ours'] } }, key, 'the token is bound to another key than ours'],
    [{ cnf: { 'x5t#S256': null } }, certificate, 'the token is bound to another certificate than ours'],
    [{ cnf: { 'x5t#S256': 'theirs' } }, certificate, 'the token is bound to another certificate than ours'],
  ])('is refused with the claims %j', async (claims, confirmation, message) => {
    expect(await refusal(claims, confirmation)).toMatchObject({
      code: 'invalid_response',
      message,
      status: 200,
      sent: `${confirmation.shown}, ${confirmation.method} ours`,
      hint: confirmation.hint,
    });
  });

  it.each([
    ['theirs', 'theirs'],
    [['x'], '["x"]'],
    ['y'.repeat(1000), 'y'.repeat(100)],
  ])('says in short what the server has bound it to', async (jkt, said) => {
    const { server } = await refusal({ cnf: { jkt } }, key);
    expect(server?.split(': jkt ')[1]).toBe(said);
  });
});
