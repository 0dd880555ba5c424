import { describe, expect, it } from 'vitest';
import { introspectToken } from '../../../src/oauth/introspection.ts';
import { authenticationBy } from '../support/authenticate.ts';
import { failureOf } from '../support/failure.ts';
import { keycloakAnswer } from '../support/fixtures.ts';
import type { Answer } from '../support/scripted-http.ts';
import { scriptedHttp } from '../support/scripted-http.ts';

const endpoint = new URL('https://as.example/introspect');
const sent = { description: '', redact: (text: string) => text, hint: () => undefined };

async function introspect(answer: Answer, token: { value: string; typeHint?: string } = { value: 'to+k/en=' }) {
  const http = scriptedHttp(() => answer);
  const options = {
    authentication: await authenticationBy('client_secret_post', 'api', 'p&w'),
    transport: http.transport,
  };
  return { run: () => introspectToken(endpoint, token, options, sent, () => 0), requests: http.requests };
}

describe('the introspection request (RFC 7662 section 2.1)', () => {
  it('is a POST of the token in a form', async () => {
    const { run, requests } = await introspect({ body: { active: true } });
    await run();
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ method: 'POST', url: endpoint });
    expect([...new URLSearchParams(String(requests[0]?.body))]).toEqual([
      ['token', 'to+k/en='],
      ['client_id', 'api'],
      ['client_secret', 'p&w'],
    ]);
  });

  it('has a hint only where one was given: a wrong one hides a good token on Keycloak', async () => {
    const { run, requests } = await introspect({ body: { active: true } }, { value: 't', typeHint: 'access_token' });
    await run();
    expect(new URLSearchParams(String(requests[0]?.body)).get('token_type_hint')).toBe('access_token');
  });
});

describe('the introspection response (RFC 7662 section 2.2)', () => {
  it.each(['introspect-active', 'introspect-inactive', 'introspect-lightweight'])(
    'of Keycloak in %s is given as it is',
    async (name) => {
      const answer = keycloakAnswer(name);
      expect(await (await introspect(answer)).run()).toEqual(answer.body);
    },
  );

  it.each<[string, object]>([
    ['active alone', { active: true }],
    ['inactive alone', { active: false }],
    ['inactive with other members', { active: false, sub: 'x', exp: 0 }],
    ['unknown members', { active: true, 'urn:x': { y: [1] } }],
  ])('may have %s', async (_, body) => {
    expect(await (await introspect({ body })).run()).toEqual(body);
  });

  it.each<[string, Answer]>([
    ['no active', { body: {} }],
    ['active as a string', { body: { active: 'true' } }],
    ['active as a number', { body: { active: 1 } }],
    ['active null', { body: { active: null } }],
    ['an array', { body: [{ active: true }] }],
    ['HTML', { headers: { 'content-type': 'text/html' }, body: '<html>' }],
    ['nothing', { body: '' }],
    ['the status 201', { status: 201, body: { active: true } }],
  ])('is refused with %s', async (_, answer) => {
    const { run } = await introspect(answer);
    expect(await failureOf(run)).toMatchObject({ code: 'invalid_response' });
  });

  it.each<[string, Answer, string]>([
    ['a wrong secret on Keycloak', keycloakAnswer('introspect-wrong-secret'), 'server_refused'],
    [
      'a server that keeps no state of JWTs',
      { status: 400, body: { error: 'unsupported_token_type' } },
      'server_refused',
    ],
    ['an error beside active', { body: { active: true, error: 'invalid_client' } }, 'server_refused'],
    ['401 in text/plain', { status: 401, headers: { 'content-type': 'text/plain' }, body: 'no' }, 'invalid_response'],
    [
      'a challenge with an error in the body',
      {
        status: 401,
        headers: { 'www-authenticate': 'Bearer error="invalid_client"' },
        body: { error: 'invalid_client' },
      },
      'server_refused',
    ],
    ['a redirect', { status: 302, headers: { location: 'https://evil.example' } }, 'unexpected_redirect'],
  ])('is no answer: %s', async (_, answer, code) => {
    const { run } = await introspect(answer);
    expect(await failureOf(run)).toMatchObject({ code });
  });
});
