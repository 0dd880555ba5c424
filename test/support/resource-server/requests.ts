import { createHmac, createPublicKey, type JsonWebKey, randomUUID } from 'node:crypto';
import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { tamperWith, withoutSignature } from '../keycloak/tokens.ts';
import type { LocalIssuer } from './local-issuer.ts';
import type { Fields } from './send.ts';

/** What a server answers: its status, and the error code in the body if there is one. */
export interface Outcome {
  readonly status: number;
  readonly error?: string | undefined;
}

/** What can be sent along with a request. */
export interface Sent {
  readonly fields?: Fields;
  /** With its question mark. */
  readonly query?: string;
}

export interface RequestRow {
  readonly sends: string;
  readonly sent: (issuer: LocalIssuer) => Sent | Promise<Sent>;
  readonly private: Outcome;
  /** At the route with a scope, where it is not the same. */
  readonly scoped?: Outcome;
  /** What the Flask example answers where it differs, and why it may. */
  readonly flask?: { readonly private: Outcome; readonly scoped?: Outcome; readonly because: string };
  /** The server has a right to some seconds before it knows. */
  readonly eventually?: true;
}

const ok: Outcome = { status: 200 };
const noCredentials: Outcome = { status: 401 };
const invalidToken: Outcome = { status: 401, error: 'invalid_token' };
const invalidRequest: Outcome = { status: 400, error: 'invalid_request' };
const insufficientScope: Outcome = { status: 403, error: 'insufficient_scope' };

const bearer = (token: string): Sent => ({ fields: { authorization: `Bearer ${token}` } });
const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds;

const unsupported = {
  private: { status: 401, error: 'unsupported_token_type' },
  because: 'Authlib has a code of its own for whatever is not Bearer and a token',
};
const unchecked = { private: ok, because: 'Authlib does not look at it' };

/** One table for the resource servers of examples/: the same requests, and what they answer. */
export const requestRows: readonly RequestRow[] = [
  {
    sends: 'nothing',
    sent: () => ({}),
    private: noCredentials,
    flask: {
      private: { status: 401, error: 'missing_authorization' },
      because: 'Authlib names a code where RFC 6750 section 3 wants none',
    },
  },
  { sends: 'a valid token', sent: async ({ sign }) => bearer(await sign()), private: ok },
  {
    sends: 'a valid token of the type JWT',
    sent: async ({ sign }) => bearer(await sign({}, { typ: 'JWT' })),
    private: ok,
  },
  {
    sends: 'a token with more scopes',
    sent: async ({ sign }) => bearer(await sign({ scope: 'email test_api_access profile' })),
    private: ok,
  },
  {
    sends: 'a token without the scope',
    sent: async ({ sign }) => bearer(await sign({ scope: 'test_api_access_not email' })),
    private: ok,
    scoped: insufficientScope,
  },
  {
    sends: 'a token without any scope',
    sent: async ({ sign }) => bearer(await sign({ scope: undefined })),
    private: ok,
    scoped: insufficientScope,
  },
  {
    sends: 'a lower-case scheme',
    sent: async ({ sign }) => ({ fields: { authorization: `bearer ${await sign()}` } }),
    private: ok,
  },
  {
    sends: 'an expired token',
    sent: async ({ sign }) => bearer(await sign({ exp: inSeconds(-60) })),
    private: invalidToken,
  },
  {
    sends: 'a token that is not valid yet',
    sent: async ({ sign }) => bearer(await sign({ nbf: inSeconds(600) })),
    private: invalidToken,
  },
  {
    sends: 'a token that never expires',
    sent: async ({ sign }) => bearer(await sign({ exp: undefined })),
    private: invalidToken,
  },
  {
    sends: 'a token of another issuer by the same key',
    sent: async ({ sign }) => bearer(await sign({ iss: 'https://other.example' })),
    private: invalidToken,
  },
  {
    sends: 'a token without an issuer',
    sent: async ({ sign }) => bearer(await sign({ iss: undefined })),
    private: invalidToken,
  },
  {
    sends: 'a tampered token',
    sent: async ({ sign }) => bearer(tamperWith(await sign())),
    private: invalidToken,
  },
  {
    sends: 'a token whose key rides in its own header',
    sent: async (issuer) => bearer(await signByOwnKey(issuer)),
    private: invalidToken,
  },
  {
    sends: 'a token with alg none',
    sent: async ({ sign }) => bearer(withoutSignature(await sign())),
    private: invalidToken,
  },
  {
    sends: 'a token with HS256 by the public key',
    sent: async (issuer) => bearer(await signByPublicKey(issuer)),
    private: invalidToken,
  },
  {
    sends: 'a token with an unknown critical header parameter',
    sent: async ({ sign }) => bearer(await sign({}, { crit: ['urn:example:odd'], 'urn:example:odd': 1 })),
    private: invalidToken,
  },
  {
    sends: 'a token with an unknown key',
    sent: async ({ sign }) => bearer(await sign({}, { kid: randomUUID() })),
    private: invalidToken,
  },
  { sends: 'a token that is no JWT', sent: () => bearer('garbage'), private: invalidToken },
  {
    sends: 'a token of another kind by the same key',
    sent: async ({ sign }) => bearer(await sign({}, { typ: 'logout+jwt' })),
    private: invalidToken,
    flask: unchecked,
  },
  {
    sends: 'a token that is bound to a DPoP key, as Bearer',
    sent: async ({ sign }) => bearer(await sign({ cnf: { jkt: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs' } })),
    private: invalidToken,
    flask: unchecked,
  },
  {
    sends: 'a token that is bound to a client certificate, without it',
    sent: async ({ sign }) =>
      bearer(await sign({ cnf: { 'x5t#S256': 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2' } })),
    private: invalidToken,
    flask: unchecked,
  },
  {
    sends: 'a token that is bound to nobody knows what',
    sent: async ({ sign }) => bearer(await sign({ cnf: { kid: 'somebody' } })),
    private: invalidToken,
    flask: unchecked,
  },
  {
    sends: 'a valid token as DPoP',
    sent: async ({ sign }) => ({ fields: { authorization: `DPoP ${await sign()}` } }),
    private: invalidToken,
    flask: unsupported,
  },
  {
    sends: 'a valid token as Basic',
    sent: async ({ sign }) => ({ fields: { authorization: `Basic ${await sign()}` } }),
    private: noCredentials,
    flask: unsupported,
  },
  {
    sends: 'a scheme without a token',
    sent: () => ({ fields: { authorization: 'Bearer' } }),
    private: invalidRequest,
    flask: unsupported,
  },
  {
    sends: 'a token in two pieces',
    sent: async ({ sign }) => bearer((await sign()).replace('.', ' ')),
    private: invalidRequest,
    flask: { private: invalidToken, because: 'Authlib takes the rest of the field for the token' },
  },
  {
    sends: 'two Authorization fields',
    sent: async ({ sign }) => ({ fields: { authorization: [`Bearer ${await sign()}`, `Bearer ${await sign()}`] } }),
    private: invalidRequest,
    flask: { private: invalidToken, because: 'Werkzeug joins the fields, and both together are no token' },
  },
  {
    sends: 'a valid token in the query alone',
    sent: async ({ sign }) => ({ query: `?access_token=${await sign()}` }),
    private: noCredentials,
    flask: {
      private: { status: 401, error: 'missing_authorization' },
      because: 'Authlib names a code where RFC 6750 section 3 wants none',
    },
  },
  {
    sends: 'valid tokens in the field and in the query',
    sent: async ({ sign }) => ({ ...bearer(await sign()), query: `?access_token=${await sign()}` }),
    private: invalidRequest,
    flask: unchecked,
  },
  {
    sends: 'a token by a key that is newer than the server',
    sent: async (issuer) => {
      await issuer.rotateKey();
      return bearer(await issuer.sign());
    },
    private: ok,
    flask: { private: invalidToken, because: 'it reads the keys once, when it starts' },
    eventually: true,
  },
];

export interface RequestCase {
  readonly path: string;
  readonly row: RequestRow;
  readonly outcome: Outcome;
}

/** Every route with every row, but only one with a row that takes its time, and what this server answers. */
export function requestCases(server: 'node' | 'flask'): RequestCase[] {
  return requestRows.flatMap((row) => {
    const expected = (server === 'flask' && row.flask) || row;
    const atPrivate = { path: '/api/private', row, outcome: expected.private };
    if (row.eventually) return [atPrivate];
    return [
      { path: '/api/public', row, outcome: ok },
      atPrivate,
      { path: '/api/private-scoped', row, outcome: expected.scoped ?? expected.private },
    ];
  });
}

/** The same claims, signed with a key that the token itself brings along. */
async function signByOwnKey({ sign, publicJwk }: LocalIssuer): Promise<string> {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const { kid = '' } = publicJwk;
  return new SignJWT(decodeJwt(await sign()))
    .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid, jwk: await exportJWK(publicKey) })
    .sign(privateKey);
}

/** The same claims with an HMAC that is keyed with the PEM of the issuer's public key: RFC 8725 section 2.1. */
async function signByPublicKey({ sign, publicJwk }: LocalIssuer): Promise<string> {
  const { kid } = publicJwk;
  const header = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'at+jwt', kid })).toString('base64url');
  const input = `${header}.${(await sign()).split('.')[1]}`;
  const pem = createPublicKey({ key: publicJwk as JsonWebKey, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
  return `${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`;
}
