import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';
import { json, startHttpServer } from '../http-server.ts';

/** An authorization server that has nothing but metadata and keys: its tokens are made to measure. */
export interface LocalIssuer extends AsyncDisposable {
  readonly issuer: string;
  /** The public half of the key that signs now. */
  readonly publicJwk: JWK;
  /** A token that is good for five minutes, but for what these claims and header parameters say; undefined takes one away. */
  sign(claims?: Readonly<Record<string, unknown>>, header?: Partial<JWTHeaderParameters>): Promise<string>;
  /** From now on another key signs; the old one stays published. */
  rotateKey(): Promise<void>;
  /** How often the keys have been asked for. */
  keyRequests(): number;
}

export async function startLocalIssuer(): Promise<LocalIssuer> {
  const published: JWK[] = [];
  let key = await newKey();
  const server = await startHttpServer({
    '/.well-known/openid-configuration': ({ origin }) => json({ issuer: origin, jwks_uri: `${origin}/jwks` }),
    '/jwks': () => json({ keys: published }),
  });

  async function newKey() {
    const { privateKey, publicKey } = await generateKeyPair('RS256');
    const publicJwk = { ...(await exportJWK(publicKey)), kid: randomUUID(), alg: 'RS256', use: 'sig' };
    published.push(publicJwk);
    return { privateKey, publicJwk };
  }

  return {
    issuer: server.origin,
    get publicJwk() {
      return key.publicJwk;
    },
    sign(claims = {}, header = {}) {
      const now = Math.floor(Date.now() / 1000);
      return new SignJWT({
        ...{ iss: server.origin, sub: 'test_api_client', client_id: 'test_api_client', aud: 'test_api_resource' },
        ...{ iat: now, exp: now + 300, jti: randomUUID(), scope: 'test_api_access' },
        ...claims,
      } as JWTPayload)
        .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: key.publicJwk.kid, ...header })
        .sign(key.privateKey, { crit: Object.fromEntries((header.crit ?? []).map((name) => [name, true])) });
    },
    async rotateKey() {
      key = await newKey();
    },
    keyRequests: () => server.requests('/jwks').length,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
