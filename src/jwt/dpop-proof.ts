import type { ProofKey } from './proof-key.ts';
import { signJwt } from './sign.ts';

/** What a proof is made for. */
export interface ProofTarget {
  readonly method: string;
  readonly url: URL;
  /** The nonce that the server has given, RFC 9449 sections 8 and 9. */
  readonly nonce: string | undefined;
  /** The token that goes with it, at a protected resource. */
  readonly accessToken: string | undefined;
}

/**
 * Makes a DPoP proof, RFC 9449 section 4.2: for one request only, as each has an identifier of its own.
 * @param now milliseconds since the epoch
 */
export async function signDpopProof(key: ProofKey, target: ProofTarget, now: number): Promise<string> {
  const { method, url, nonce, accessToken } = target;
  const claims = {
    jti: globalThis.crypto.randomUUID(),
    htm: method,
    // Without query and fragment, as proxies may change them.
    htu: `${url.origin}${url.pathname}`,
    iat: Math.floor(now / 1000),
    ...(accessToken === undefined ? {} : { ath: await digest(accessToken) }),
    ...(nonce === undefined ? {} : { nonce }),
  };
  return signJwt({ alg: key.alg, typ: 'dpop+jwt', jwk: key.publicKey }, claims, key.privateKey);
}

/** SHA-256 in base64url. */
async function digest(value: string): Promise<string> {
  const bytes = await globalThis.crypto.subtle.digest('SHA-256', new TextEncoder().encode(value));
  return Buffer.from(bytes).toString('base64url');
}
