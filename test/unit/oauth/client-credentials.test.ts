import { describe, expect, it } from 'vitest';
import type { AccessTokenRequest } from '../../../src/oauth/client-credentials.ts';
import { requestToken } from '../../../src/oauth/client-credentials.ts';
import { authenticationBy } from '../support/authenticate.ts';
import { failureOf } from '../support/failure.ts';
import { keycloakAnswer } from '../support/fixtures.ts';
import { compact } from '../support/json-web-token.ts';
import type { Answer } from '../support/scripted-http.ts';
import { scriptedHttp } from '../support/scripted-http.ts';

const now = 1_700_000_000;
const endpoint = new URL('https://as.example/token');
const nothing: AccessTokenRequest = { scope: [], audience: [], resource: [], parameters: [] };
const sent = { description: 'none, client_id=ci-bot', redact: (text: string) => text, hint: () => undefined };
const jwt = (claims: object) => compact({ alg: 'none' }, claims);

/** Requests a token of a server that answers so. */
async function request(answer: Answer, asked: Partial<AccessTokenRequest> = {}) {
  const http = scriptedHttp(() => answer);
  const options = { authentication: await authenticationBy('none'), transport: http.transport };
  return requestToken(endpoint, { ...nothing, ...asked }, options, sent, () => now * 1000 + 999);
}

function respond(members: object): Answer {
  return { body: { access_token: 'opaque', token_type: 'Bearer', ...members } };
}

describe('the access token request (RFC 6749 section 4.4.2)', () => {
  async function formOf(asked: Partial<AccessTokenRequest>) {
    const http = scriptedHttp(() => respond({}));
    const options = { authentication: await authenticationBy('none'), transport: http.transport };
    await requestToken(endpoint, { ...nothing, ...asked }, options, sent, () => now * 1000);
    return { request: http.requests[0], form: [...new URLSearchParams(String(http.requests[0]?.body))] };
  }

  it('is a POST of a form to the token endpoint, for JSON', async () => {
    const { request } = await formOf({});
    expect(request).toMatchObject({ method: 'POST', url: endpoint });
    expect(Object.fromEntries(request?.headers ?? [])).toEqual({
      accept: 'application/json',
      'accept-encoding': 'identity',
      'content-type': 'application/x-www-form-urlencoded',
    });
  });

  it('names the grant, and nothing that nobody asked for: an empty scope is a refusal on Keycloak', async () => {
    expect((await formOf({})).form).toEqual([
      ['grant_type', 'client_credentials'],
      ['client_id', 'ci-bot'],
    ]);
  });

  it('has the scope in one parameter, and the others each in one of its own', async () => {
    const { form } = await formOf({
      scope: ['api:read', 'openid'],
      audience: ['a', 'https://b.example'],
      resource: ['https://c.example/', 'https://d.example?x=1'],
      parameters: [
        ['tenant', 'ü&=+ %'],
        ['empty', ''],
      ],
    });
    expect(form).toEqual([
      ['grant_type', 'client_credentials'],
      ['scope', 'api:read openid'],
      ['audience', 'a'],
      ['audience', 'https://b.example'],
      ['resource', 'https://c.example/'],
      ['resource', 'https://d.example?x=1'],
      ['tenant', 'ü&=+ %'],
      ['empty', ''],
      ['client_id', 'ci-bot'],
    ]);
  });
});

describe('a response that is accepted', () => {
  it('is that of Keycloak, with its members as they were', async () => {
    const answer = keycloakAnswer('token');
    const { token, findings } = await request(answer);
    expect(findings).toEqual([]);
    expect(token).toEqual({
      accessToken: (answer.body as { access_token: string }).access_token,
      tokenType: 'Bearer',
      issuedOn: now,
      expiresOn: now + 300,
      response: answer.body,
    });
  });

  it('has only the two members that are required', async () => {
    const { token, findings } = await request(respond({}));
    expect(token).toMatchObject({ accessToken: 'opaque', tokenType: 'Bearer', expiresOn: undefined });
    expect(findings).toEqual([]);
  });

  it.each(['Bearer', 'bearer', 'BEARER', 'bEaReR'])('has the token_type %s', async (token_type) => {
    expect((await request(respond({ token_type }))).token.tokenType).toBe('Bearer');
  });

  it.each([{ toString: 1, valueOf: 1 }, ['Bearer'], 5, true])(
    'is refused where its token_type is %j',
    async (value) => {
      expect(await failureOf(() => request(respond({ token_type: value })))).toMatchObject({
        code: 'invalid_response',
      });
      expect(await failureOf(() => request(respond({ expires_in: { toString: value } })))).toMatchObject({
        code: 'invalid_response',
      });
    },
  );

  it('has no token_type: it is taken as Bearer, with a warning', async () => {
    const { token, findings } = await request({ body: { access_token: 'opaque' } });
    expect(token.tokenType).toBe('Bearer');
    expect(findings).toEqual([expect.stringContaining('no token_type')]);
  });

  it.each<[string, object]>([
    ['a refresh token', { refresh_token: 'x' }],
    ['an ID token', { id_token: 'x.y.z' }],
    ['members of Keycloak', { refresh_expires_in: 0, 'not-before-policy': 0 }],
    ['members of Salesforce', { instance_url: 'https://my.example', issued_at: '1700000000000', signature: 'x' }],
    ['a member that is null', { refresh_token: null, expires_in: null, scope: null }],
  ])('may have %s', async (_, members) => {
    expect((await request(respond(members))).token).toMatchObject({ accessToken: 'opaque', response: members });
  });

  it.each(['application/json;charset=UTF-8', 'text/plain', 'text/html', 'application/octet-stream'])(
    'may say that it is %s',
    async (type) => {
      const answer = { headers: { 'content-type': type }, body: '{"access_token":"opaque","token_type":"Bearer"}' };
      expect((await request(answer)).token.accessToken).toBe('opaque');
    },
  );

  it('may have no content type, and a byte order mark', async () => {
    const answer = { headers: {}, body: '\ufeff{"access_token":"opaque","token_type":"Bearer"}' };
    expect((await request(answer)).token.accessToken).toBe('opaque');
  });

  it.each(['a', '~', '!"#$%&\'()*+,-./:;<=>?@[]^_`{|}~', 'a'.repeat(10_000)])(
    'may have any printable access token: %s',
    async (access_token) => {
      expect((await request(respond({ access_token }))).token.accessToken).toBe(access_token);
    },
  );
});

describe('expires_in', () => {
  it.each<[unknown, number]>([
    [300, 300],
    [299.9, 299],
    [0, 0],
    [1e9, 1e9],
    ['3599', 3599],
    ['0', 0],
    ['3599.5', 3599],
  ])('of %j is %i s from the time before the request', async (expires_in, lifetime) => {
    expect((await request(respond({ expires_in }))).token.expiresOn).toBe(now + lifetime);
  });

  it('that is negative never makes a token that is good', async () => {
    expect((await request(respond({ expires_in: -1 }))).token.expiresOn).toBeLessThanOrEqual(now);
  });

  it('that is negative is the same as a string and as a number', async () => {
    const { token } = await request(respond({ expires_in: '-1' }));
    expect(token.expiresOn).toBeLessThanOrEqual(now);
  });

  it.each([undefined, null])('that is %s is taken from exp of a JWT', async (expires_in) => {
    const access_token = jwt({ exp: now + 77.5 });
    expect((await request(respond({ access_token, expires_in }))).token.expiresOn).toBe(now + 77);
  });

  it.each([jwt({}), jwt({ exp: 'soon' }), jwt({ exp: null }), 'opaque'])(
    'that is missing, and no exp in %s, is not known',
    async (access_token) => {
      expect((await request(respond({ access_token }))).token.expiresOn).toBeUndefined();
    },
  );

  it('wins over exp of a JWT', async () => {
    expect((await request(respond({ access_token: jwt({ exp: now + 9 }), expires_in: 300 }))).token.expiresOn).toBe(
      now + 300,
    );
  });

  it.each(['soon', '', ' ', '1h', '0x10', true, [], {}, ['300']])('of %j is refused', async (expires_in) => {
    expect(await failureOf(() => request(respond({ expires_in })))).toMatchObject({
      code: 'invalid_response',
      message: expect.stringContaining('expires_in'),
    });
  });

  it('of 1e400 is refused', async () => {
    const body = '{"access_token":"opaque","token_type":"Bearer","expires_in":1e400}';
    expect(await failureOf(() => request({ body }))).toMatchObject({ code: 'invalid_response' });
  });

  it.each<[string, object]>([
    ['the greatest long number of milliseconds, in seconds', { expires_in: 9e15 }],
    ['1e300', { expires_in: 1e300 }],
    ['an exp beyond any date', { access_token: jwt({ exp: 1e17 }) }],
    ['an exp of 1e400', { access_token: compact('{"alg":"none"}', '{"exp":1e400}') }],
  ])('of %s never gives an instant that no date can hold', async (_, members) => {
    const outcome = await request(respond(members)).catch((error: { code: string }) => error);
    if ('code' in outcome) expect(outcome.code).toBe('invalid_response');
    else expect(Math.abs(outcome.token.expiresOn ?? 0)).toBeLessThanOrEqual(8.64e12);
  });
});

describe('scope', () => {
  const warning = (scope: string) => [`the server did not grant the scope ${scope}`];

  it.each<[string, string[], object, string[]]>([
    ['absent, which means as asked', ['a', 'b'], {}, []],
    ['the same', ['a', 'b'], { scope: 'a b' }, []],
    ['the same in another order', ['a', 'b'], { scope: 'b a' }, []],
    ['more than asked', ['a'], { scope: 'profile email a' }, []],
    ['less than asked', ['a', 'b', 'c'], { scope: 'b' }, warning('a c')],
    ['empty', ['a'], { scope: '' }, warning('a')],
    ['an array', ['a', 'b'], { scope: ['b', 'a'] }, []],
    ['an array with less', ['a', 'b'], { scope: ['a'] }, warning('b')],
    ['null', ['a'], { scope: null }, []],
    ['absent, and less in the claim of a JWT', ['a', 'b'], { access_token: jwt({ scope: 'a' }) }, warning('b')],
    ['absent, and less in scp of a JWT', ['a', 'b'], { access_token: jwt({ scp: ['b'] }) }, warning('a')],
    ['absent, and all in the claim of a JWT', ['a'], { access_token: jwt({ scope: 'a b' }) }, []],
    ['in the response, which wins over the claim', ['a'], { scope: 'a', access_token: jwt({ scope: '' }) }, []],
    ['granted although none was asked for', [], { scope: 'profile email' }, []],
  ])('%s', async (_, scope, members, findings) => {
    expect((await request(respond(members), { scope })).findings).toEqual(findings);
  });

  it.each([1, true, {}, ['a', 1], [['a']]])('of %j is refused', async (scope) => {
    expect(await failureOf(() => request(respond({ scope })))).toMatchObject({ code: 'invalid_response' });
  });
});

describe('a response that is refused', () => {
  it.each<[string, object]>([
    ['no access_token', { token_type: 'Bearer' }],
    ['null for it', { access_token: null, token_type: 'Bearer' }],
    ['an empty one', { access_token: '', token_type: 'Bearer' }],
    ['a number', { access_token: 1, token_type: 'Bearer' }],
    ['an array', { access_token: ['x'], token_type: 'Bearer' }],
    ['a newline in it', { access_token: 'abc\nX-Injected: 1', token_type: 'Bearer' }],
    ['a carriage return in it', { access_token: 'abc\r', token_type: 'Bearer' }],
    ['a blank in it', { access_token: 'abc def', token_type: 'Bearer' }],
    ['an escape sequence in it', { access_token: 'abc\u001b[2J', token_type: 'Bearer' }],
    ['a C1 control in it', { access_token: 'abc\u009b2J', token_type: 'Bearer' }],
    ['a letter beyond ASCII in it', { access_token: 'abcü', token_type: 'Bearer' }],
    ['a bidirectional control in it', { access_token: 'abc\u202e', token_type: 'Bearer' }],
    ['a DEL in it', { access_token: 'abc\u007f', token_type: 'Bearer' }],
  ])('has %s', async (_, body) => {
    const failure = await failureOf(() => request({ body }));
    expect(failure).toMatchObject({ code: 'invalid_response', status: 200 });
    expect(failure.message).toContain('access_token');
  });

  it.each(['DPoP', 'N_A', 'mac', 'pop', '', 'Bearer ', 'Bearer, DPoP', 1, true, ['Bearer'], {}])(
    'is of the token_type %j',
    async (token_type) => {
      expect(await failureOf(() => request(respond({ token_type })))).toMatchObject({
        code: 'invalid_response',
        message: expect.stringContaining('token_type'),
      });
    },
  );

  it('is a DPoP-bound token that nobody asked for', async () => {
    expect(await failureOf(() => request(keycloakAnswer('token-dpop')))).toMatchObject({
      code: 'invalid_response',
      message: expect.stringContaining('"DPoP"'),
    });
  });

  it.each<[string, Answer]>([
    ['HTML', { headers: { 'content-type': 'text/html' }, body: '<!doctype html><title>Sign in</title>' }],
    ['nothing', { body: '' }],
    ['white space', { body: ' \n' }],
    ['null', { body: 'null' }],
    ['an array', { body: [{ access_token: 'x', token_type: 'Bearer' }] }],
    ['a string', { body: '"token"' }],
    [
      'a form',
      { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'access_token=x&token_type=bearer' },
    ],
    ['JSON that breaks off', { body: '{"access_token":"x"' }],
    ['two JSON texts', { body: '{}{}' }],
  ])('is %s', async (_, answer) => {
    expect(await failureOf(() => request(answer))).toMatchObject({
      code: 'invalid_response',
      status: 200,
      server: expect.stringContaining('200 from POST https://as.example/token'),
      hint: expect.stringContaining('right endpoint'),
    });
  });

  it.each([201, 202, 204, 206, 226])('has the status %i, which is not 200', async (status) => {
    expect(await failureOf(() => request({ ...respond({}), status }))).toMatchObject({
      code: 'invalid_response',
      status,
    });
  });

  it('is a 200 with an error, which wins over a token beside it', async () => {
    expect(
      await failureOf(() => request(respond({ error: 'invalid_scope', error_description: 'nope' }))),
    ).toMatchObject({
      code: 'server_refused',
      message: 'the authorization server refused the scope',
      server: '200 from POST https://as.example/token: "nope"',
    });
  });

  it('is larger than a megabyte', async () => {
    expect(await failureOf(() => request(respond({ padding: 'x'.repeat(1024 * 1024) })))).toMatchObject({
      code: 'response_too_large',
    });
  });

  it.each([301, 302, 303, 307, 308])('is a redirect (%i), which is not followed', async (status) => {
    const http = scriptedHttp(() => ({ status, headers: { location: 'https://evil.example/token' } }));
    const options = { authentication: await authenticationBy('none'), transport: http.transport };
    expect(await failureOf(() => requestToken(endpoint, nothing, options, sent, () => 0))).toMatchObject({
      code: 'unexpected_redirect',
      server: expect.stringContaining('https://evil.example/token'),
    });
    expect(http.requests).toHaveLength(1);
  });
});
