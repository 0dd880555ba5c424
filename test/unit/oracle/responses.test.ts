import * as oauth from 'oauth4webapi';
import { describe, expect, it } from 'vitest';
import { CcgrantError } from '../../../src/errors.ts';
import { requestToken } from '../../../src/oauth/client-credentials.ts';
import { introspectToken } from '../../../src/oauth/introspection.ts';
import { revokeToken } from '../../../src/oauth/revocation.ts';
import { authenticationBy } from '../support/authenticate.ts';
import { keycloakAnswer } from '../support/fixtures.ts';
import type { Answer } from '../support/scripted-http.ts';
import { scriptedHttp } from '../support/scripted-http.ts';
import type { Verdict } from './oauth4webapi.ts';
import { oracleVerdict, server, toResponse } from './oauth4webapi.ts';

/** A response that both judge alike. */
type Agreement = readonly [name: string, answer: Answer, verdict: Verdict];

/** A response that they judge differently, and why ccgrant has to. */
type Difference = readonly [name: string, answer: Answer, ccgrant: Verdict, oauth4webapi: Verdict, reason: string];

const client: oauth.Client = { client_id: 'ci-bot' };
const sent = { description: '', redact: (text: string) => text, hint: () => undefined };

async function options(answer: Answer) {
  return { authentication: await authenticationBy('none'), transport: scriptedHttp(() => answer).transport };
}

/** ccgrant's verdict, in the words of the comparison. */
async function verdictOf(action: () => Promise<unknown>): Promise<Verdict> {
  try {
    await action();
    return 'accepted';
  } catch (error) {
    if (!(error instanceof CcgrantError)) throw error;
    const code = error.facts.response?.error;
    return code === undefined ? 'refused' : `refused: ${code}`;
  }
}

type Judge = (answer: Answer) => Promise<unknown>;

async function expectDifference(
  [, answer, ccgrant, oauth4webapi, reason]: Difference,
  ours: Judge,
  theirs: Judge,
): Promise<void> {
  expect(await verdictOf(() => ours(answer))).toBe(ccgrant);
  expect(await oracleVerdict(() => theirs(answer))).toBe(oauth4webapi);
  expect(ccgrant).not.toBe(oauth4webapi);
  expect(reason).not.toBe('');
}

const token = (members: object): Answer => ({ body: { access_token: 'opaque', token_type: 'Bearer', ...members } });
const json = (status: number, body: object, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: { 'content-type': 'application/json', 'retry-after': '0', ...headers },
  body,
});
const text = (status: number, body: string, type = 'text/plain'): Answer => ({
  status,
  headers: { 'content-type': type, 'retry-after': '0' },
  body,
});

const errorByContent =
  'an error is judged by its JSON before its content type and its status: real servers send both wrong';
const challenged =
  'many servers send a challenge beside the error body (RFC 6749 section 5.2 asks for it), and the body says more';

describe('an access token response', () => {
  const endpoint = new URL(server.token_endpoint);
  const nothing = { scope: [], audience: [], resource: [], parameters: [] };
  const ours = async (answer: Answer) => requestToken(endpoint, nothing, await options(answer), sent, () => 0);
  const theirs = (answer: Answer) => oauth.processClientCredentialsResponse(server, client, toResponse(answer));

  it.each<Agreement>([
    ['of the two required members', token({}), 'accepted'],
    ['of Keycloak', keycloakAnswer('token'), 'accepted'],
    ['with token_type bearer', token({ token_type: 'bearer' }), 'accepted'],
    ['with token_type BEARER', token({ token_type: 'BEARER' }), 'accepted'],
    ['with expires_in 300', token({ expires_in: 300 }), 'accepted'],
    ['with expires_in 0', token({ expires_in: 0 }), 'accepted'],
    ['with expires_in 299.5', token({ expires_in: 299.5 }), 'accepted'],
    ['with expires_in as a string', token({ expires_in: '3599' }), 'accepted'],
    ['with a scope', token({ scope: 'a b' }), 'accepted'],
    ['with an empty scope', token({ scope: '' }), 'accepted'],
    ['with a refresh token', token({ refresh_token: 'r' }), 'accepted'],
    ['with unknown members', token({ instance_url: 'https://x.example', nested: { a: [1] } }), 'accepted'],
    ['with a charset', { ...token({}), headers: { 'content-type': 'application/json;charset=UTF-8' } }, 'accepted'],
    ['as text/plain', text(200, '{"access_token":"x","token_type":"Bearer"}'), 'accepted'],
    ['without a content type', { ...token({}), headers: {} }, 'accepted'],
    ['with a byte order mark', { body: '\ufeff{"access_token":"opaque","token_type":"Bearer"}' }, 'accepted'],
    ['without an access token', { body: { token_type: 'Bearer' } }, 'refused'],
    ['with an empty access token', token({ access_token: '' }), 'refused'],
    ['with a number for an access token', token({ access_token: 1 }), 'refused'],
    ['with null for an access token', token({ access_token: null }), 'refused'],
    ['with token_type N_A', token({ token_type: 'N_A' }), 'refused'],
    ['with token_type mac', token({ token_type: 'mac' }), 'refused'],
    ['with a number for a token_type', token({ token_type: 1 }), 'refused'],
    ['with expires_in soon', token({ expires_in: 'soon' }), 'refused'],
    ['with expires_in true', token({ expires_in: true }), 'refused'],
    ['with expires_in 1e400', { body: '{"access_token":"x","token_type":"Bearer","expires_in":1e400}' }, 'refused'],
    ['with a number for a scope', token({ scope: 1 }), 'refused'],
    ['that is an array', { body: [] }, 'refused'],
    ['that is null', { body: 'null' }, 'refused'],
    ['that is empty', { body: '' }, 'refused'],
    ['that is HTML', text(200, '<html>', 'text/html'), 'refused'],
    ['that breaks off', { body: '{"access_token":"x"' }, 'refused'],
    ['that is a form', text(200, 'access_token=x&token_type=bearer', 'application/x-www-form-urlencoded'), 'refused'],
    ['of 201', { ...token({}), status: 201 }, 'refused'],
    ['of 302', { status: 302, headers: { location: 'https://evil.example' } }, 'refused'],
    [
      'of 400 with an error',
      json(400, { error: 'invalid_scope', error_description: 'nope' }),
      'refused: invalid_scope',
    ],
    ['of Keycloak for a wrong secret', keycloakAnswer('token-error-wrong-secret'), 'refused: unauthorized_client'],
    ['of Keycloak for an unknown client', keycloakAnswer('token-error-unknown-client'), 'refused: invalid_client'],
    ['of 403 with an unregistered error', json(403, { error: 'scope_invalid' }), 'refused: scope_invalid'],
    ['of 400 without an error', json(400, { message: 'no' }), 'refused'],
    ['of 403 without a body', json(403, {}), 'refused'],
    ['of 503 with HTML', text(503, '<html>', 'text/html'), 'refused'],
  ])('%s', async (_, answer, verdict) => {
    expect(await verdictOf(() => ours(answer))).toBe(verdict);
    expect(await oracleVerdict(() => theirs(answer))).toBe(verdict);
    if (verdict !== 'accepted') return;
    const [{ token: ourToken }, theirToken] = [await ours(answer), await theirs(answer)];
    expect(ourToken.accessToken).toBe(theirToken.access_token);
    expect(ourToken.tokenType.toLowerCase()).toBe(theirToken.token_type);
    const lifetime = theirToken.expires_in === undefined ? undefined : Math.floor(theirToken.expires_in);
    expect(ourToken.expiresOn).toBe(lifetime);
  });

  it.each<Difference>([
    [
      'without a token_type',
      { body: { access_token: 'x' } },
      'accepted',
      'refused',
      'some servers leave it out: taken as Bearer, with a warning',
    ],
    [
      'with token_type DPoP',
      token({ token_type: 'DPoP' }),
      'refused',
      'accepted',
      'a bound token that nobody asked for must not be sent as a bearer token',
    ],
    ['with expires_in null', token({ expires_in: null }), 'accepted', 'refused', 'null says as little as nothing'],
    [
      'with expires_in -1',
      token({ expires_in: -1 }),
      'accepted',
      'refused',
      'the token may be good: it is given out and never kept',
    ],
    [
      'with expires_in 3599abc',
      token({ expires_in: '3599abc' }),
      'refused',
      'accepted',
      'parseFloat reads what is no number',
    ],
    [
      'with expires_in 1e3 as a string',
      token({ expires_in: '1e3' }),
      'refused',
      'accepted',
      'parseFloat reads what no server means',
    ],
    ['with a scope that is an array', token({ scope: ['a'] }), 'accepted', 'refused', 'some servers send one'],
    ['with a scope that is null', token({ scope: null }), 'accepted', 'refused', 'null says as little as nothing'],
    [
      'with a refresh token that is null',
      token({ refresh_token: null }),
      'accepted',
      'refused',
      'this grant has none, and what is there is ignored',
    ],
    [
      'with an ID token that is none',
      token({ id_token: 'x' }),
      'accepted',
      'refused',
      'nobody asked for one, and what is there is ignored',
    ],
    [
      'with a newline in the access token',
      token({ access_token: 'a\nb' }),
      'refused',
      'accepted',
      'it would end the header field that carries it (RFC 6749 appendix A.12)',
    ],
    [
      'with ü in the access token',
      token({ access_token: 'ü' }),
      'refused',
      'accepted',
      'no header field can carry it (RFC 6749 appendix A.12)',
    ],
    [
      'of 200 with an error beside a token',
      token({ error: 'invalid_scope' }),
      'refused: invalid_scope',
      'accepted',
      'a 2xx whose JSON has an error is a failure',
    ],
    [
      'of 200 with an error',
      { body: { error: 'invalid_client' } },
      'refused: invalid_client',
      'refused',
      errorByContent,
    ],
    [
      'of 401 with a challenge',
      json(401, { error: 'invalid_client' }, { 'www-authenticate': 'Basic realm="as"' }),
      'refused: invalid_client',
      'refused',
      challenged,
    ],
    [
      'of 401 with a Bearer challenge',
      json(401, { error: 'invalid_client' }, { 'www-authenticate': 'Bearer error="invalid_client"' }),
      'refused: invalid_client',
      'refused',
      challenged,
    ],
    [
      'of 400 as text/plain',
      text(400, '{"error":"invalid_scope"}'),
      'refused: invalid_scope',
      'refused',
      errorByContent,
    ],
    [
      'of 500 with a registered error',
      json(500, { error: 'invalid_client' }),
      'refused: invalid_client',
      'refused',
      errorByContent,
    ],
    [
      'of 503 with an error',
      json(503, { error: 'temporarily_unavailable' }),
      'refused: temporarily_unavailable',
      'refused',
      errorByContent,
    ],
    [
      'of 302 with an error',
      json(302, { error: 'invalid_request' }),
      'refused: invalid_request',
      'refused',
      errorByContent,
    ],
    [
      'of Okta',
      json(403, { errorCode: 'E0000006', errorSummary: 'no' }),
      'refused: E0000006',
      'refused',
      'Okta has members of its own',
    ],
    [
      'of 400 with an error that is prose',
      json(404, { error: 'HTTP 404 Not Found' }),
      'refused',
      'refused: HTTP 404 Not Found',
      'prose of the HTTP server is no OAuth error code',
    ],
    [
      'of two megabytes',
      token({ padding: 'x'.repeat(2 * 1024 * 1024) }),
      'refused',
      'accepted',
      'what a server sends is limited before it is read',
    ],
  ])('%s', (...difference) => expectDifference(difference, ours, theirs));
});

describe('an introspection response', () => {
  const endpoint = new URL(server.introspection_endpoint);
  const ours = async (answer: Answer) =>
    introspectToken(endpoint, { value: 't' }, await options(answer), sent, () => 0);
  const theirs = (answer: Answer) => oauth.processIntrospectionResponse(server, client, toResponse(answer));

  it.each<Agreement>([
    ['of Keycloak, active', keycloakAnswer('introspect-active'), 'accepted'],
    ['of Keycloak, inactive', keycloakAnswer('introspect-inactive'), 'accepted'],
    ['as text/plain', text(200, '{"active":true}'), 'accepted'],
    ['inactive with other members', { body: { active: false, sub: 'x' } }, 'accepted'],
    ['without active', { body: {} }, 'refused'],
    ['with active as a string', { body: { active: 'true' } }, 'refused'],
    ['with active as a number', { body: { active: 1 } }, 'refused'],
    ['with active null', { body: { active: null } }, 'refused'],
    ['that is empty', { body: '' }, 'refused'],
    ['that is HTML', text(200, '<html>', 'text/html'), 'refused'],
    ['of 201', { status: 201, body: { active: true } }, 'refused'],
    ['of Keycloak for a wrong secret', keycloakAnswer('introspect-wrong-secret'), 'refused: invalid_client'],
    ['of Keycloak without a token', keycloakAnswer('introspect-no-token'), 'refused: invalid_request'],
    ['of 401 as text/plain', text(401, 'Unauthorized'), 'refused'],
  ])('%s', async (_, answer, verdict) => {
    expect(await verdictOf(() => ours(answer))).toBe(verdict);
    expect(await oracleVerdict(() => theirs(answer))).toBe(verdict);
    if (verdict === 'accepted') expect(await ours(answer)).toEqual(await theirs(answer));
  });

  it.each<Difference>([
    [
      'with an error beside active',
      { body: { active: true, error: 'invalid_client' } },
      'refused: invalid_client',
      'accepted',
      'a 2xx whose JSON has an error is a failure',
    ],
    [
      'of 401 with a challenge',
      json(401, { error: 'invalid_client' }, { 'www-authenticate': 'Basic' }),
      'refused: invalid_client',
      'refused',
      challenged,
    ],
    [
      'of 401 with an error as text/plain',
      text(401, '{"error":"invalid_client"}'),
      'refused: invalid_client',
      'refused',
      errorByContent,
    ],
  ])('%s', (...difference) => expectDifference(difference, ours, theirs));
});

describe('a revocation response', () => {
  const endpoint = new URL(server.revocation_endpoint);
  const ours = async (answer: Answer) => revokeToken(endpoint, { value: 't' }, await options(answer), sent, () => 0);
  const theirs = (answer: Answer) => oauth.processRevocationResponse(toResponse(answer));

  it.each<Agreement>([
    ['of Keycloak', keycloakAnswer('revoke-ok'), 'accepted'],
    ['that is an empty object', { body: {} }, 'accepted'],
    ['that is HTML', text(200, '<html>', 'text/html'), 'accepted'],
    ['of Keycloak for an unknown token', keycloakAnswer('revoke-garbage'), 'accepted'],
    [
      'of Keycloak for the token of another client',
      keycloakAnswer('revoke-by-other-client'),
      'refused: invalid_request',
    ],
    ['of Keycloak for a wrong secret', keycloakAnswer('revoke-wrong-secret'), 'refused: unauthorized_client'],
    [
      'of 400 with unsupported_token_type',
      json(400, { error: 'unsupported_token_type' }),
      'refused: unsupported_token_type',
    ],
    ['of 204', { status: 204, headers: {} }, 'refused'],
    ['of 401 without a body', { status: 401, headers: { 'content-type': 'application/json' } }, 'refused'],
    ['of 503', json(503, {}), 'refused'],
  ])('%s', async (_, answer, verdict) => {
    expect(await verdictOf(() => ours(answer))).toBe(verdict);
    expect(await oracleVerdict(() => theirs(answer))).toBe(verdict);
  });

  it.each<Difference>([
    [
      'of 200 with unsupported_token_type',
      { body: { error: 'unsupported_token_type' } },
      'refused: unsupported_token_type',
      'accepted',
      'the token is still good; only invalid_token means that the purpose is reached',
    ],
    [
      'of 401 with a challenge',
      json(401, { error: 'invalid_client' }, { 'www-authenticate': 'Basic' }),
      'refused: invalid_client',
      'refused',
      challenged,
    ],
    [
      'of 401 with unsupported_token_type as text/plain',
      text(401, '{"error":"unsupported_token_type"}'),
      'refused: unsupported_token_type',
      'refused',
      errorByContent,
    ],
  ])('%s', (...difference) => expectDifference(difference, ours, theirs));
});
