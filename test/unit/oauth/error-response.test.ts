import { describe, expect, it } from 'vitest';
import { HttpHeaders } from '../../../src/http/headers.ts';
import type { HttpDocument } from '../../../src/http/transport.ts';
import { requireJsonObject, requireSuccess } from '../../../src/oauth/error-response.ts';
import { failureOf, wordsOf } from '../support/failure.ts';
import { keycloakAnswer } from '../support/fixtures.ts';

const sent = {
  description: 'client_secret_basic, client_id=ci-bot, secret from CCGRANT_CLIENT_SECRET_FILE',
  redact: (text: string) => text,
  hint: ({ error, status }: { error: string | undefined; status: number }) => `hint for ${error} ${status}`,
};

function document(
  status: number,
  body: string | object,
  headers: Record<string, string> = { 'content-type': 'application/json' },
): HttpDocument {
  return {
    url: new URL('https://as.example/token?tenant=a'),
    method: 'POST',
    status,
    headers: new HttpHeaders(Object.entries(headers)),
    text: typeof body === 'string' ? body : JSON.stringify(body),
  };
}

function stored(name: string): HttpDocument {
  const { status, headers, body } = keycloakAnswer(name);
  return document(status, body, headers);
}

function judge(answer: HttpDocument, now = 0) {
  return failureOf(() => requireSuccess(answer, sent, now));
}

describe('the OAuth error in an answer (RFC 6749 section 5.2)', () => {
  const description = { error_description: undefined, error_uri: undefined };

  it.each<[string, HttpDocument, object]>([
    ['an error alone', document(400, { error: 'invalid_client' }), { error: 'invalid_client', ...description }],
    [
      'all members',
      document(400, { error: 'invalid_scope', error_description: 'd', error_uri: 'https://as.example/e', state: 'x' }),
      { error: 'invalid_scope', error_description: 'd', error_uri: 'https://as.example/e' },
    ],
    ['an unregistered code', document(400, { error: 'scope_invalid' }), { error: 'scope_invalid', ...description }],
    [
      'text/plain',
      document(401, '{"error":"invalid_client"}', { 'content-type': 'text/plain' }),
      { error: 'invalid_client', ...description },
    ],
    ['no content type', document(401, '{"error":"invalid_client"}', {}), { error: 'invalid_client', ...description }],
    ['the status 200', document(200, { error: 'invalid_token' }), { error: 'invalid_token', ...description }],
    [
      'the members of Okta',
      document(403, { errorCode: 'E0000006', errorSummary: 'not you', errorId: 'oae1' }),
      { error: 'E0000006', error_description: 'not you', error_uri: undefined },
    ],
    [
      'a description that is no string',
      document(400, { error: 'invalid_client', error_description: ['x'], error_uri: 1 }),
      { error: 'invalid_client', ...description },
    ],
  ])('is read from %s', async (_, answer, response) => {
    expect((await judge(answer)).response).toEqual(response);
  });

  it.each<[string, HttpDocument]>([
    ['HTML', document(401, '<html>invalid_client</html>')],
    ['nothing', document(401, '')],
    ['no error member', document(400, { message: 'no' })],
    ['an error that is prose', document(404, { error: 'HTTP 404 Not Found' })],
    ['the prose of Keycloak for an unknown realm', stored('discovery-unknown-realm')],
    ['an empty error', document(400, { error: '' })],
    ['an error that is an object', document(400, { error: { code: 400, message: 'no' } })],
    ['an error that is a number', document(400, { error: 400 })],
    ['null', document(400, 'null')],
    ['an array', document(400, '[{"error":"invalid_client"}]')],
    ['a code with a newline', document(400, { error: 'invalid\n::set-env' })],
    ['a code with a quote', document(400, { error: 'invalid"client' })],
  ])('is not there in %s', async (_, answer) => {
    const { code, response } = await judge(answer);
    expect(code).toBe('invalid_response');
    expect(response).toBeUndefined();
  });

  it.each<[object, string[]]>([
    [
      { error: 'invalid_client', error_codes: [7000215], correlation_id: 'c-1', trace_id: 't-1' },
      ['7000215', 'c-1', 't-1'],
    ],
    [{ errorCode: 'E0000006', errorSummary: 'not you', errorId: 'oae-1' }, ['oae-1']],
    [{ error: 'invalid_client', request_id: 'r-1' }, ['r-1']],
  ])('comes with the references by which the support of a provider finds it: %j', async (body, references) => {
    const { server } = await judge(document(401, body));
    for (const reference of references) expect(server).toContain(reference);
  });

  it.each(['error_description', 'error_uri', 'error_codes', 'correlation_id', 'trace_id', 'errorId', 'request_id'])(
    'never shows the beginning of a secret because %s is cut in the middle of it',
    async (name) => {
      const secret = 'S3cr3t-that-the-server-was-sent';
      const redact = (words: string) => words.replaceAll(secret, '[secret]');
      for (const start of [85, 95, 485, 495]) {
        const answer = document(401, { error: 'invalid_client', [name]: `${'x'.repeat(start)}${secret}` });
        const { server } = await failureOf(() => requireSuccess(answer, { ...sent, redact }, 0));
        expect(server).not.toContain('S3cr3t');
      }
    },
  );

  it('is cut where its description is 10 MB long', async () => {
    const failure = await judge(
      document(400, { error: 'invalid_client', error_description: 'word '.repeat(2_000_000) }),
    );
    expect(wordsOf(failure).length).toBeLessThan(2000);
  });
});

describe('requireSuccess', () => {
  it('lets a 200 without an error pass', () => {
    expect(requireSuccess(document(200, {}), sent, 0)).toBeUndefined();
    expect(requireSuccess(document(200, ''), sent, 0)).toBeUndefined();
  });

  it('reports what was sent, what came back, and what to do', async () => {
    const body = {
      error: 'invalid_client',
      error_description: 'Client authentication failed',
      error_uri: 'https://as.example/e',
    };
    expect(await judge(document(401, body))).toEqual({
      code: 'server_refused',
      message: 'the authorization server refused the client credentials',
      status: 401,
      server: '401 from POST https://as.example/token: "Client authentication failed" (https://as.example/e)',
      sent: sent.description,
      hint: 'hint for invalid_client 401',
      response: body,
    });
  });

  it.each<[string, number, string]>([
    ['token-error-wrong-secret', 401, 'the authorization server refused this client'],
    ['token-error-unknown-client', 401, 'the authorization server refused the client credentials'],
    ['token-error-unencoded-basic', 400, 'the authorization server refused this client'],
    ['token-error-unknown-scope', 400, 'the authorization server refused the scope'],
    ['token-error-unsupported-grant', 400, 'the authorization server does not offer the client credentials grant'],
    ['token-error-service-accounts-off', 401, 'the authorization server refused this client'],
    ['token-error-public-client', 401, 'the authorization server refused this client'],
    ['introspect-wrong-secret', 401, 'the authorization server refused the client credentials'],
    ['introspect-no-token', 400, 'the authorization server refused the request'],
    ['revoke-by-other-client', 400, 'the authorization server refused the request'],
    ['revoke-wrong-secret', 401, 'the authorization server refused this client'],
    ['revoke-no-token', 400, 'the authorization server refused the request'],
  ])('refuses the literal answer of Keycloak in %s', async (name, status, message) => {
    expect(await judge(stored(name))).toMatchObject({ code: 'server_refused', status, message });
  });

  it('takes the 500 unknown_error of Keycloak for a server that cannot answer now', async () => {
    expect(await judge(stored('token-error-server-500'))).toMatchObject({
      code: 'server_unavailable',
      status: 500,
      response: { error: 'unknown_error' },
    });
  });

  it.each<[string, number, string | object, string]>([
    ['a registered error, whatever the status', 500, { error: 'invalid_client' }, 'server_refused'],
    ['a registered error at 503', 503, { error: 'invalid_scope' }, 'server_refused'],
    ['a registered error at 403', 403, { error: 'access_denied' }, 'server_refused'],
    ['unsupported_token_type at 401', 401, { error: 'unsupported_token_type' }, 'server_refused'],
    ['temporarily_unavailable at 400', 400, { error: 'temporarily_unavailable' }, 'server_refused'],
    ['server_error at 400', 400, { error: 'server_error' }, 'server_refused'],
    ['an error at 200', 200, { error: 'invalid_grant' }, 'server_refused'],
    ['an unregistered error', 400, { error: 'scope_invalid' }, 'server_refused'],
    ['408', 408, '', 'server_unavailable'],
    ['429', 429, { error: 'slow_down' }, 'server_unavailable'],
    ['500 with HTML', 500, '<html>', 'server_unavailable'],
    ['502', 502, '', 'server_unavailable'],
    ['503', 503, { error: 'temporarily_unavailable' }, 'server_unavailable'],
    ['504', 504, '', 'server_unavailable'],
    ['301', 301, '', 'unexpected_redirect'],
    ['302', 302, '', 'unexpected_redirect'],
    ['303', 303, '', 'unexpected_redirect'],
    ['307', 307, '', 'unexpected_redirect'],
    ['308', 308, '', 'unexpected_redirect'],
    ['304', 304, '', 'invalid_response'],
    ['204', 204, '', 'invalid_response'],
    ['400 with nothing', 400, '', 'invalid_response'],
    ['401 with HTML', 401, '<html>', 'invalid_response'],
    ['403 with nothing', 403, '', 'invalid_response'],
    ['404 with prose', 404, { error: 'HTTP 404 Not Found' }, 'invalid_response'],
    ['405 with prose', 405, { error: 'HTTP 405 Method Not Allowed' }, 'invalid_response'],
  ])('judges %s by its JSON before its status', async (_, status, body, code) => {
    expect(await judge(document(status, body))).toMatchObject({ code, status });
  });

  it('shows the first words of a body that is no OAuth error, on one line', async () => {
    const html = `<html>\n<title>Sign in</title>\n::set-env name=PATH::/tmp\n${'x '.repeat(500)}`;
    const { server = '' } = await judge(document(401, html, { 'content-type': 'text/html' }));
    expect(server).toContain('text/html, "<html> <title>Sign in</title> ::set-env');
    expect(server).not.toContain('\n');
    expect(server.length).toBeLessThan(300);
  });

  it('says when the body is empty', async () => {
    expect((await judge(document(403, ' \n', {}))).server).toBe(
      '403 from POST https://as.example/token: empty body, no content type',
    );
  });

  it.each([404, 405])('asks at %i whether the endpoint is right', async (status) => {
    expect((await judge(document(status, ''))).hint).toContain('right endpoint');
  });

  it('hints at the credentials when a 403 says nothing', async () => {
    expect((await judge(document(403, ''))).hint).toBe('hint for undefined 403');
  });

  it.each<[string, string]>([
    ['120', 'it asks to wait 120 s'],
    ['Thu, 01 Jan 1970 00:02:00 GMT', 'it asks to wait 120 s'],
    ['0', 'try again later'],
    ['soon', 'try again later'],
  ])('says how long a server wants to be left alone: %s', async (field, hint) => {
    expect(await judge(document(429, '', { 'retry-after': field }))).toMatchObject({ hint });
  });

  it('never shows the query of an endpoint', async () => {
    for (const answer of [document(400, { error: 'x' }), document(500, ''), document(302, ''), document(400, '')]) {
      expect((await judge(answer)).server).not.toContain('tenant');
    }
  });

  it('does not show half of a long word, which may be an echoed secret', async () => {
    const secret = 'S3cr3t'.repeat(20);
    const failure = await judge(document(401, `${'a '.repeat(95)}${secret}`, { 'content-type': 'text/plain' }));
    expect(wordsOf(failure)).not.toContain('S3cr3t');
  });
});

describe('requireJsonObject', () => {
  it('gives the object', () => {
    expect(requireJsonObject(document(200, { a: 1 }), sent)).toEqual({ a: 1 });
  });

  it.each(['', 'null', '[]', '"x"', '1', '<html>', '{"a":1'])('refuses %j', async (text) => {
    expect(await failureOf(() => requireJsonObject(document(200, text), sent))).toMatchObject({
      code: 'invalid_response',
      status: 200,
    });
  });
});
