import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, createLocalJWKSet, EmbeddedJWK, jwtVerify } from 'jose';
import type { Answer, HttpServer, ReceivedRequest } from './http-server.ts';
import { json, startHttpServer } from './http-server.ts';

export interface DpopApi extends HttpServer {
  /** Identifiers of the proofs that were accepted. */
  readonly proofs: ReadonlySet<string>;
  /** Wants another nonce from now on. */
  changeNonce(): void;
}

/**
 * Starts an API that takes nothing but tokens of this issuer that are bound to a key, and judges each proof by all of
 * RFC 9449 section 4.3: each identifier once, a time of now, this method and URL, this token, and the latest nonce if
 * it wants one. `/orders` answers; `/moved` redirects there; `/revoked` takes no token.
 */
export async function startDpopApi(issuer: string, { wantsNonce = true } = {}): Promise<DpopApi> {
  const metadata = (await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()) as { jwks_uri: string };
  const keys = createLocalJWKSet((await (await fetch(metadata.jwks_uri)).json()) as never);
  const proofs = new Set<string>();
  let nonce = 1;

  async function objection({ method, origin, path, headers }: ReceivedRequest): Promise<string | undefined> {
    const [, token] = /^DPoP ([^ ]+)$/.exec(headers.authorization ?? '') ?? [];
    if (token === undefined) return 'invalid_token';
    const { payload: claims } = await jwtVerify<{ cnf?: { jkt?: string } }>(token, keys, { issuer, typ: 'at+jwt' });
    const verified = await jwtVerify(String(headers.dpop), EmbeddedJWK, {
      typ: 'dpop+jwt',
      maxTokenAge: 10,
      requiredClaims: ['jti', 'htm', 'htu', 'ath'],
    });
    const { payload: proof, protectedHeader } = verified;
    if (protectedHeader.jwk === undefined || 'd' in protectedHeader.jwk) return 'invalid_dpop_proof';
    if ((await calculateJwkThumbprint(protectedHeader.jwk)) !== claims.cnf?.jkt) return 'invalid_token';
    const ath = createHash('sha256').update(token).digest('base64url');
    if (proof.htm !== method || proof.htu !== `${origin}${path}` || proof.ath !== ath) return 'invalid_dpop_proof';
    if (wantsNonce && proof.nonce !== `nonce-${nonce}`) return 'use_dpop_nonce';
    if (proofs.has(String(proof.jti))) return 'invalid_dpop_proof';
    proofs.add(String(proof.jti));
    return undefined;
  }

  const guarded =
    (answer: Answer): Answer =>
    async (request) => {
      const error = await objection(request).catch(() => 'invalid_dpop_proof');
      const fields: Record<string, string> = wantsNonce ? { 'dpop-nonce': `nonce-${nonce}` } : {};
      if (error === undefined) return answer;
      return json({ error }, 401, { 'www-authenticate': `DPoP algs="ES256 RS256", error="${error}"`, ...fields });
    };
  const server = await startHttpServer({
    '/orders': guarded(({ method, body }) => json({ method, body: body.toString() })),
    '/moved': guarded((_, response) => response.writeHead(307, { location: '/orders' }).end()),
  });
  return {
    ...server,
    get connections() {
      return server.connections;
    },
    proofs,
    changeNonce: () => {
      nonce += 1;
    },
  };
}
