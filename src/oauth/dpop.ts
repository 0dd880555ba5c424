import type { HttpHeaders } from '../http/headers.ts';
import type { HttpRequest } from '../http/types.ts';
import type { JsonObject } from '../json-object.ts';
import { confirmationOf } from '../jwt/confirmation.ts';
import { signDpopProof } from '../jwt/dpop-proof.ts';
import type { ProofKey } from '../jwt/proof-key.ts';
import { parseChallenges } from './challenge.ts';
import type { ResourceAuthorization } from './protected-resource.ts';
import type { SenderConstraint } from './sender-constraint.ts';

/** The latest nonce of each server, by origin, RFC 9449 section 8.2. */
export interface Nonces {
  get(origin: string): string | undefined;
  set(origin: string, nonce: string): void;
}

/** What proofs are made with. */
export interface Prover {
  readonly key: ProofKey;
  readonly nonces: Nonces;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Binds the token that is asked for to a key, RFC 9449 section 5.
 * @param isOptional whether a bearer token will do
 */
export function dpopConstraint(prover: Prover, isOptional: boolean): SenderConstraint {
  return {
    tokenType: 'DPoP',
    isOptional,
    confirmation: {
      method: 'jkt',
      thumbprint: prover.key.thumbprint,
      isRequired: !isOptional,
      noun: 'key',
      shown: 'a DPoP proof',
      hint: unboundHint,
    },
    complete: (request) => withProof(request, prover),
    wantsAnotherTry: (document, error) => {
      const hasNonce = rememberNonce(document.url, document.headers, prover.nonces);
      return hasNonce && error === 'use_dpop_nonce';
    },
  };
}

function unboundHint(claims: JsonObject): string {
  if (confirmationOf(claims, 'jkt') !== undefined) return 'the server did not bind the token to the key of the proof';
  return confirmationOf(claims, 'x5t#S256') === undefined
    ? 'the server did not bind the token to the key of the proof: to take it all the same say --dpop-optional'
    : 'the server bound the token to the certificate of the client instead: leave --dpop out, or say --dpop-optional';
}

/** Shows a token that is bound to a key, with the proof that we hold it, RFC 9449 section 7.1. */
export function dpopAuthorization(accessToken: string, prover: Prover): ResourceAuthorization {
  return {
    complete: async (request) => {
      const proven = await withProof(request, prover, accessToken);
      return { ...proven, headers: proven.headers.with('Authorization', `DPoP ${accessToken}`) };
    },
    wantsAnotherTry: ({ status, headers }, url) => {
      const hasNonce = rememberNonce(url, headers, prover.nonces);
      return hasNonce && status === 401 && wantsNonce(headers);
    },
  };
}

/** Whether a resource refuses a proof for want of a nonce, RFC 9449 section 9. */
export function wantsNonce(headers: HttpHeaders): boolean {
  return parseChallenges(headers.get('www-authenticate') ?? '').some(
    ({ scheme, parameters }) => scheme === 'dpop' && parameters.get('error') === 'use_dpop_nonce',
  );
}

async function withProof(
  request: HttpRequest,
  { key, nonces, now }: Prover,
  accessToken?: string,
): Promise<HttpRequest> {
  const { method, url } = request;
  const proof = await signDpopProof(key, { method, url, nonce: nonces.get(url.origin), accessToken }, now());
  return { ...request, headers: request.headers.with('DPoP', proof) };
}

/** Remembers the nonce of a response, whatever its status; whether there is one that can be sent back (RFC 9449 section 8.1). */
function rememberNonce({ origin }: URL, headers: HttpHeaders, nonces: Nonces): boolean {
  const nonce = headers.get('dpop-nonce');
  if (nonce === undefined || !/^[\x21\x23-\x5b\x5d-\x7e]{1,1000}$/.test(nonce)) return false;
  nonces.set(origin, nonce);
  return true;
}
