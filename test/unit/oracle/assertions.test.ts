import type { CryptoKey } from 'jose';
import { compactVerify, importJWK } from 'jose';
import * as oauth from 'oauth4webapi';
import { describe, expect, it } from 'vitest';
import { signingAlgorithms } from '../../../src/jwt/algorithms.ts';
import { parseSigningKey } from '../../../src/jwt/signing-key.ts';
import { chooseAuthentication } from '../../../src/oauth/client-auth/choose-authentication.ts';
import type { ClientCredential } from '../../../src/oauth/client-auth/client-authentication.ts';
import { requestToken } from '../../../src/oauth/client-credentials.ts';
import { introspectToken } from '../../../src/oauth/introspection.ts';
import { revokeToken } from '../../../src/oauth/revocation.ts';
import { Secret } from '../../../src/secret.ts';
import { makeKey } from '../../support/authentication/keys.ts';
import { plainTerms } from '../support/assertions.ts';
import type { Answer } from '../support/scripted-http.ts';
import { scriptedHttp } from '../support/scripted-http.ts';
import { oracleFetch, server, toComparable } from './oauth4webapi.ts';

const sent = { description: '', redact: (text: string) => text, hint: () => undefined };

interface Difference {
  readonly ccgrant: unknown;
  readonly oauth4webapi: unknown;
  readonly reason: string;
}

/** What the two say differently of every assertion, each for its reason. */
const differences: Readonly<Record<string, Difference>> = {
  typ: {
    ccgrant: 'client-authentication+jwt',
    oauth4webapi: undefined,
    reason: 'draft-ietf-oauth-rfc7523bis asks for an explicit type, so that an assertion cannot pass for another JWT',
  },
  nbf: {
    ccgrant: undefined,
    oauth4webapi: expect.any(Number),
    reason: 'it is optional in RFC 7523 section 3, and says nothing that iat does not say',
  },
};

/** The name of the algorithm, where oauth4webapi has another one for it or does not have it. */
const otherNames: Readonly<Record<string, Difference>> = {
  EdDSA: { ccgrant: 'EdDSA', oauth4webapi: 'Ed25519', reason: 'RFC 8037 calls EdDSA what is Ed25519 in RFC 9864' },
  HS384: { ccgrant: 'HS384', oauth4webapi: 'HS256', reason: 'oauth4webapi signs by no other algorithm with a secret' },
  HS512: { ccgrant: 'HS512', oauth4webapi: 'HS256', reason: 'oauth4webapi signs by no other algorithm with a secret' },
};

/** Random and time members: present on both sides, and different by their nature. */
const ownInEach = ['jti', 'iat', 'exp'];

interface Sent {
  readonly form: Readonly<Record<string, string>>;
  readonly assertion: string;
  readonly signed: Readonly<Record<string, unknown>>;
}

/** The form without its assertion, and what header and claims of that say. */
function read(form: Iterable<readonly [string, string]>): Sent {
  const { client_assertion: assertion = '', ...others } = Object.fromEntries(form);
  const [header = '', claims = ''] = assertion.split('.');
  const decode = (part: string): object => JSON.parse(Buffer.from(part, 'base64url').toString());
  return { form: others, assertion, signed: { ...decode(header), ...decode(claims) } };
}

function expectSameAssertion(ours: Sent, theirs: Sent, algorithm: string): void {
  const { [algorithm]: alg } = otherNames;
  expect(ours.form).toEqual(theirs.form);
  for (const name of ownInEach) {
    expect(typeof ours.signed[name], name).toBe(typeof theirs.signed[name]);
    expect(ours.signed[name], name).toBeDefined();
  }
  expect(Number(ours.signed.exp) - Number(ours.signed.iat)).toBe(Number(theirs.signed.exp) - Number(theirs.signed.iat));
  const names = new Set([...Object.keys(ours.signed), ...Object.keys(theirs.signed)]);
  const found = [...names].filter(
    (name) => !ownInEach.includes(name) && JSON.stringify(ours.signed[name]) !== JSON.stringify(theirs.signed[name]),
  );
  expect(Object.fromEntries(found.map((name) => [name, [ours.signed[name], theirs.signed[name]]]))).toEqual(
    Object.fromEntries(
      Object.entries({ ...differences, ...(alg && { alg }) }).map(([name, { ccgrant, oauth4webapi }]) => [
        name,
        [ccgrant, oauth4webapi],
      ]),
    ),
  );
}

interface Proof {
  readonly credential: ClientCredential;
  /** What the signature is verified with. */
  readonly verifyWith: CryptoKey | Uint8Array;
  readonly theirs: oauth.ClientAuth;
}

const secret = 'a secret of more than the 64 bytes that HS512 needs, not all of them ASCII: ü€🦊';

async function byKey(algorithm: string, kid: string | undefined): Promise<Proof> {
  const { pem } = makeKey(algorithm);
  const parsed = await parseSigningKey(pem, { name: 'key.pem', password: undefined });
  const key = { ...parsed, publicJwk: { ...parsed.publicJwk, ...(kid && { kid }) } };
  const jwk = key.privateKey.export({ format: 'jwk' });
  const imported = (await importJWK(jwk as never, algorithm)) as CryptoKey;
  return {
    credential: { kind: 'private key', key },
    verifyWith: (await importJWK(key.publicJwk, algorithm)) as CryptoKey,
    theirs: oauth.PrivateKeyJwt(kid === undefined ? imported : { key: imported, kid }),
  };
}

async function bySecret(): Promise<Proof> {
  return {
    credential: { kind: 'secret', secret: new Secret(secret) },
    verifyWith: new TextEncoder().encode(secret),
    theirs: oauth.ClientSecretJwt(secret),
  };
}

const proofs: [name: string, method: string, algorithm: string, proof: () => Promise<Proof>][] = [
  ...signingAlgorithms.map((algorithm): [string, string, string, () => Promise<Proof>] =>
    algorithm.startsWith('HS')
      ? [`client_secret_jwt with ${algorithm}`, 'client_secret_jwt', algorithm, bySecret]
      : [`private_key_jwt with ${algorithm}`, 'private_key_jwt', algorithm, () => byKey(algorithm, undefined)],
  ),
  ['private_key_jwt with a kid', 'private_key_jwt', 'ES256', () => byKey('ES256', 'the key')],
];

describe.each(proofs)('the assertion of %s is the one of oauth4webapi', (_, method, algorithm, proof) => {
  const clientId = 'https://client.example/a b:ü';

  /** Both programs with the same client, key and server; whatever they sent is kept. */
  async function both(answer: Answer) {
    const { credential, verifyWith, theirs } = await proof();
    const http = scriptedHttp(() => answer);
    const assertion = { ...plainTerms, algorithm, audience: async () => server.issuer };
    const client = { clientId, credential, basicEncoding: 'form', assertion } as const;
    const oracle = oracleFetch(answer);
    return {
      options: { authentication: await chooseAuthentication(method, client, undefined), transport: http.transport },
      oracle: { authentication: theirs, client: { client_id: clientId }, fetch: { [oauth.customFetch]: oracle.fetch } },
      compare: async () => {
        const [request] = http.requests;
        if (request === undefined) throw new Error('nothing was sent');
        const ours = toComparable(request.method, request.url.href, request.headers, String(request.body));
        expect(ours.url).toBe(oracle.sent().url);
        const said = read(ours.form);
        expectSameAssertion(said, read(oracle.sent().form), algorithm);
        await compactVerify(said.assertion, verifyWith, { algorithms: [algorithm] });
      },
    };
  }

  it('at the token endpoint', async () => {
    const { options, oracle, compare } = await both({ body: { access_token: 'x', token_type: 'Bearer' } });
    const request = { scope: ['a'], audience: [], resource: [], parameters: [] };
    await requestToken(new URL(server.token_endpoint), request, options, sent, () => 0);
    const parameters = new URLSearchParams({ scope: 'a' });
    await oauth.clientCredentialsGrantRequest(server, oracle.client, oracle.authentication, parameters, oracle.fetch);
    await compare();
  });

  it('at introspection and revocation', async () => {
    const asked = await both({ body: { active: true } });
    await introspectToken(new URL(server.introspection_endpoint), { value: 't' }, asked.options, sent, () => 0);
    const { oracle } = asked;
    await oauth.introspectionRequest(server, oracle.client, oracle.authentication, 't', oracle.fetch);
    await asked.compare();

    const revoked = await both({});
    await revokeToken(new URL(server.revocation_endpoint), { value: 't' }, revoked.options, sent, () => 0);
    const { client, authentication, fetch } = revoked.oracle;
    await oauth.revocationRequest(server, client, authentication, 't', fetch);
    await revoked.compare();
  });
});

describe('the differences', () => {
  it('have a reason each', () => {
    for (const { reason } of Object.values({ ...differences, ...otherNames }))
      expect(reason.length).toBeGreaterThan(20);
  });
});
