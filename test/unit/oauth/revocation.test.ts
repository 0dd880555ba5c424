import { describe, expect, it } from 'vitest';
import { revokeToken } from '../../../src/oauth/revocation.ts';
import { authenticationBy } from '../support/authenticate.ts';
import { failureOf } from '../support/failure.ts';
import { keycloakAnswer } from '../support/fixtures.ts';
import type { Answer } from '../support/scripted-http.ts';
import { scriptedHttp } from '../support/scripted-http.ts';

const endpoint = new URL('https://as.example/revoke');
const sent = { description: '', redact: (text: string) => text, hint: () => undefined };

async function revoke(answer: Answer, token: { value: string; typeHint?: string } = { value: 'token' }) {
  const http = scriptedHttp(() => answer);
  const options = { authentication: await authenticationBy('none'), transport: http.transport };
  return { run: () => revokeToken(endpoint, token, options, sent, () => 0), requests: http.requests };
}

describe('the revocation request (RFC 7009 section 2.1)', () => {
  it.each([undefined, 'access_token', 'refresh_token'])('is a POST of the token with the hint %s', async (typeHint) => {
    const { run, requests } = await revoke({}, { value: 'a+b', ...(typeHint === undefined ? {} : { typeHint }) });
    await run();
    expect(requests[0]).toMatchObject({ method: 'POST', url: endpoint });
    expect(Object.fromEntries(new URLSearchParams(String(requests[0]?.body)))).toEqual({
      token: 'a+b',
      client_id: 'ci-bot',
      ...(typeHint === undefined ? {} : { token_type_hint: typeHint }),
    });
  });
});

describe('the revocation response (RFC 7009 section 2.2)', () => {
  it.each<[string, Answer]>([
    ['the empty 200 of Keycloak', keycloakAnswer('revoke-ok')],
    ['an empty object', { body: {} }],
    ['an object', { body: { message: 'ok' } }],
    ['HTML', { headers: { 'content-type': 'text/html' }, body: '<html>ok</html>' }],
    ['text', { headers: { 'content-type': 'text/plain' }, body: 'OK' }],
    ['null', { body: 'null' }],
  ])('is good as %s', async (_, answer) => {
    expect(await (await revoke(answer)).run()).toEqual({ objection: undefined });
  });

  it('is good and has an objection when Keycloak does not know the token', async () => {
    expect(await (await revoke(keycloakAnswer('revoke-garbage'))).run()).toEqual({ objection: 'Invalid token' });
  });

  it('is good and has an objection without a description', async () => {
    expect(await (await revoke({ body: { error: 'invalid_token' } })).run()).toEqual({ objection: 'invalid_token' });
  });

  it.each<[string, Answer, string]>([
    ['another client of Keycloak', keycloakAnswer('revoke-by-other-client'), 'server_refused'],
    ['a wrong secret on Keycloak', keycloakAnswer('revoke-wrong-secret'), 'server_refused'],
    ['invalid_token with 400', { status: 400, body: { error: 'invalid_token' } }, 'server_refused'],
    [
      'a token that the server cannot revoke',
      { status: 401, body: { error: 'unsupported_token_type' } },
      'server_refused',
    ],
    ['the same with 200: the token is still good', { body: { error: 'unsupported_token_type' } }, 'server_refused'],
    ['a wrong client with 200', { body: { error: 'invalid_client' } }, 'server_refused'],
    ['an empty 401', { status: 401 }, 'invalid_response'],
    ['a missing page', { status: 404, body: '<html>' }, 'invalid_response'],
    ['a redirect', { status: 307, headers: { location: '/' } }, 'unexpected_redirect'],
  ])('is a failure for %s', async (_, answer, code) => {
    expect(await failureOf((await revoke(answer)).run)).toMatchObject({ code });
  });
});
