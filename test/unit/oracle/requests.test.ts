import * as oauth from 'oauth4webapi';
import { describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../../src/http/types.ts';
import { chooseAuthentication } from '../../../src/oauth/client-auth/choose-authentication.ts';
import type { AccessTokenRequest } from '../../../src/oauth/client-credentials.ts';
import { requestToken } from '../../../src/oauth/client-credentials.ts';
import { introspectToken } from '../../../src/oauth/introspection.ts';
import { revokeToken } from '../../../src/oauth/revocation.ts';
import { Secret } from '../../../src/secret.ts';
import { plainTerms } from '../support/assertions.ts';
import type { Answer } from '../support/scripted-http.ts';
import { scriptedHttp } from '../support/scripted-http.ts';
import type { ComparableRequest, Method } from './oauth4webapi.ts';
import { methods, oracleAuthentication, oracleFetch, server, toComparable } from './oauth4webapi.ts';

const sent = { description: '', redact: (text: string) => text, hint: () => undefined };
const credentials: readonly [name: string, clientId: string, secret: string][] = [
  ['plain ones', 'ci-bot', 'zoRdC3erP6p9fci6FgzStDiRlMHkupw6'],
  ['a URL and blanks', 'https://client.example/app', 'correct horse battery staple'],
  ['every delimiter', 'ci:bot', 'a:b%c+d&e=f/g?h#i"j\\k'],
  ['percent signs', '50%41', '100%'],
  ['marks that encodings differ in', "a-b_c.d!e~f*g'h(i)j", "-_.!~*'()"],
  ['letters beyond ASCII', 'zoë', 'Sücrét€🦊'],
  ['line ends', 'ci-bot', 'a\r\nb\n'],
];
const cases = credentials.flatMap(([name, clientId, secret]) =>
  methods.map((method) => ({ name, clientId, secret, method })),
);

/** Headers in which the two differ at every endpoint, each for its reason. */
const differences = {
  'content-type': {
    ccgrant: 'application/x-www-form-urlencoded',
    oauth4webapi: 'application/x-www-form-urlencoded;charset=UTF-8',
    reason: 'the media type has no charset parameter (RFC 6749 appendix B), and some servers compare the whole value',
  },
  'accept-encoding': {
    ccgrant: 'identity',
    oauth4webapi: undefined,
    reason: 'a small JSON document needs no compression, and a compressed one may unfold to gigabytes',
  },
  'user-agent': {
    ccgrant: undefined,
    oauth4webapi: expect.stringMatching(/^oauth4webapi\//),
    reason: 'nothing asks a client to name its software to the server that it sends its secret to',
  },
} as const;

const acceptAtRevocation = {
  accept: {
    ccgrant: 'application/json',
    oauth4webapi: undefined,
    reason: 'an error of the revocation endpoint is JSON (RFC 7009 section 2.2.1)',
  },
} as const;

function expectSameRequest(ours: ComparableRequest, theirs: ComparableRequest, differing: object = {}): void {
  const { headers: ourHeaders, ...our } = ours;
  const { headers: theirHeaders, ...their } = theirs;
  expect(our).toEqual(their);
  const names = new Set([...Object.keys(ourHeaders), ...Object.keys(theirHeaders)]);
  const found = [...names].filter((name) => ourHeaders[name] !== theirHeaders[name]);
  const expected = Object.entries({ ...differences, ...differing });
  expect(Object.fromEntries(found.map((name) => [name, [ourHeaders[name], theirHeaders[name]]]))).toEqual(
    Object.fromEntries(expected.map(([name, { ccgrant, oauth4webapi }]) => [name, [ccgrant, oauth4webapi]])),
  );
}

function comparable(request: HttpRequest | undefined): ComparableRequest {
  if (request === undefined) throw new Error('nothing was sent');
  return toComparable(request.method, request.url.href, request.headers, String(request.body));
}

/** What ccgrant and oauth4webapi are told alike. */
async function clientOf(method: Method, clientId: string, secret: string, answer: Answer) {
  const http = scriptedHttp(() => answer);
  const credential = { kind: 'secret', secret: new Secret(secret) } as const;
  const own = { clientId, credential, basicEncoding: 'form', assertion: plainTerms } as const;
  const oracle = oracleFetch(answer);
  return {
    options: { authentication: await chooseAuthentication(method, own, undefined), transport: http.transport },
    ours: () => comparable(http.requests[0]),
    authentication: oracleAuthentication(method, credential),
    client: { client_id: clientId },
    fetch: { [oauth.customFetch]: oracle.fetch },
    theirs: oracle.sent,
  };
}

describe('the access token request is the one of oauth4webapi', () => {
  const answer = { body: { access_token: 'x', token_type: 'Bearer' } };
  const nothing: AccessTokenRequest = { scope: [], audience: [], resource: [], parameters: [] };

  async function compare(method: Method, clientId: string, secret: string, request: AccessTokenRequest): Promise<void> {
    const both = await clientOf(method, clientId, secret, answer);
    await requestToken(new URL(server.token_endpoint), request, both.options, sent, () => 0);
    const parameters: [string, string][] = [
      ...(request.scope.length === 0 ? [] : [['scope', request.scope.join(' ')] as [string, string]]),
      ...request.audience.map((value): [string, string] => ['audience', value]),
      ...request.resource.map((value): [string, string] => ['resource', value]),
      ...request.parameters.map(([name, value]): [string, string] => [name, value]),
    ];
    await oauth.clientCredentialsGrantRequest(
      server,
      both.client,
      both.authentication,
      new URLSearchParams(parameters),
      both.fetch,
    );
    expectSameRequest(both.ours(), both.theirs());
  }

  it.each(cases)('by $method with $name', async ({ method, clientId, secret }) => {
    await compare(method, clientId, secret, { ...nothing, scope: ['api:read', 'openid'] });
  });

  it.each<[string, Partial<AccessTokenRequest>]>([
    ['nothing', {}],
    ['one scope', { scope: ['https://graph.example/.default'] }],
    ['an audience', { audience: ['https://api.example/?a=b&c'] }],
    ['two audiences', { audience: ['b', 'a'] }],
    ['two resources', { resource: ['https://b.example/', 'urn:a:b'] }],
    [
      'odd parameters',
      {
        parameters: [
          ['tenant', 'ü&=+ %'],
          ['empty', ''],
          ['authorization_details', '[{"type":"x"}]'],
        ],
      },
    ],
    ['everything', { scope: ['a', 'b'], audience: ['x'], resource: ['https://r.example'], parameters: [['p', '1']] }],
  ])('with %s', async (_, request) => {
    for (const method of methods) await compare(method, 'ci-bot', 'a+b%', { ...nothing, ...request });
  });
});

describe('the introspection request is the one of oauth4webapi', () => {
  it.each(cases)('by $method with $name', async ({ method, clientId, secret }) => {
    const both = await clientOf(method, clientId, secret, { body: { active: true } });
    await introspectToken(new URL(server.introspection_endpoint), { value: 'to+k/e=n&' }, both.options, sent, () => 0);
    await oauth.introspectionRequest(server, both.client, both.authentication, 'to+k/e=n&', both.fetch);
    expectSameRequest(both.ours(), both.theirs());
  });

  it('with a hint', async () => {
    const both = await clientOf('client_secret_basic', 'api', 'p', { body: { active: true } });
    const token = { value: 't', typeHint: 'access_token' };
    await introspectToken(new URL(server.introspection_endpoint), token, both.options, sent, () => 0);
    const additionalParameters = { token_type_hint: 'access_token' };
    await oauth.introspectionRequest(server, both.client, both.authentication, 't', {
      ...both.fetch,
      additionalParameters,
    });
    expectSameRequest(both.ours(), both.theirs());
  });
});

describe('the revocation request is the one of oauth4webapi', () => {
  it.each(cases)('by $method with $name', async ({ method, clientId, secret }) => {
    const both = await clientOf(method, clientId, secret, {});
    await revokeToken(new URL(server.revocation_endpoint), { value: 'to+k/e=n&' }, both.options, sent, () => 0);
    await oauth.revocationRequest(server, both.client, both.authentication, 'to+k/e=n&', both.fetch);
    expectSameRequest(both.ours(), both.theirs(), acceptAtRevocation);
  });

  it('with a hint', async () => {
    const both = await clientOf('client_secret_post', 'api', 'p', {});
    const token = { value: 't', typeHint: 'refresh_token' };
    await revokeToken(new URL(server.revocation_endpoint), token, both.options, sent, () => 0);
    const additionalParameters = { token_type_hint: 'refresh_token' };
    await oauth.revocationRequest(server, both.client, both.authentication, 't', {
      ...both.fetch,
      additionalParameters,
    });
    expectSameRequest(both.ours(), both.theirs(), acceptAtRevocation);
  });
});

describe('the differences', () => {
  it('have a reason each', () => {
    for (const { reason } of Object.values({ ...differences, ...acceptAtRevocation }))
      expect(reason.length).toBeGreaterThan(20);
  });
});
