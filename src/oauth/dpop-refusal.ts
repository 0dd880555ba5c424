import type { HttpHeaders } from '../http/headers.ts';
import { parseChallenges } from './challenge.ts';
import { describeSkew } from './client-auth/assertion-refusal.ts';

/** The answer of an authorization server that refuses an access token request. */
export interface RefusedTokenRequest {
  readonly error: string | undefined;
  /** The Date field. */
  readonly date: string | undefined;
  /** When it came, in milliseconds since the epoch. */
  readonly now: number;
}

/** Codes by which a server refuses a proof (RFC 9449 section 5, and the last one by Keycloak). */
const proofErrors = new Set(['invalid_dpop_proof', 'invalid_request']);

/** What a person can do about the refusal of a request that was sent with a proof; undefined when it is not about that. */
export function proofRefusalHint({ error = '', date, now }: RefusedTokenRequest): string | undefined {
  if (error === 'use_dpop_nonce')
    return 'the server wants a nonce that it does not give, or does not take then: do several servers answer in its name?';
  if (!proofErrors.has(error)) return undefined;
  const skew = describeSkew({ date, now });
  if (skew !== undefined) return `${skew}: a proof of a wrong time is refused; set the clock`;
  if (error === 'invalid_request') return undefined;
  return 'behind a proxy the server may know its token endpoint by another URL than the one that was called: --token-endpoint URL';
}

/**
 * What a person can do about the refusal of a request without a proof, where nothing else explains it: servers do not
 * say that the client has to send one.
 * @param isOffered whether the metadata says that the server knows DPoP
 */
export function missingProofHint({ error }: RefusedTokenRequest, isOffered: boolean): string | undefined {
  if (error === 'invalid_dpop_proof' || error === 'use_dpop_nonce')
    return 'this client has to bind its tokens to a key: say --dpop';
  // oidc-provider says the first and Keycloak the second.
  if (isOffered && (error === 'invalid_grant' || error === 'invalid_request'))
    return 'does this client have to bind its tokens to a key? then say --dpop';
  return undefined;
}

/** How the token was shown to an API that refused it. */
export interface RefusedPresentation {
  /** Algorithm of the proof; undefined for a bearer token. */
  readonly alg: string | undefined;
  /** Whether the body could have been sent again. */
  readonly isRepeatable: boolean;
  /** When the answer came, in milliseconds since the epoch. */
  readonly now: number;
}

/** What a person can do about a refusal by an API that is about the proof, or the want of one (RFC 9449 section 7.1). */
export function presentationHint(
  { status, headers }: { readonly status: number; readonly headers: HttpHeaders },
  { alg, isRepeatable, now }: RefusedPresentation,
): string | undefined {
  const challenges = parseChallenges(headers.get('www-authenticate') ?? '');
  const parameters = challenges.find(({ scheme }) => scheme === 'dpop')?.parameters;
  const takesBearer = challenges.some(({ scheme }) => scheme === 'bearer');
  if (status !== 401) return undefined;
  if (alg === undefined)
    return parameters !== undefined && !takesBearer
      ? 'this API takes only tokens that are bound to a key: say --dpop'
      : undefined;
  if (parameters === undefined)
    return takesBearer
      ? 'does this API take tokens that are bound to a key? it asks for bearer tokens: leave --dpop out'
      : undefined;
  const algorithms = parameters.get('algs')?.split(' ');
  if (algorithms?.includes(alg) === false)
    return `this API takes proofs by ${algorithms.join(', ')}, and ours is by ${alg}: give a key that fits with --dpop-key`;
  const error = parameters.get('error');
  if (error === 'use_dpop_nonce') {
    return isRepeatable
      ? 'the API wants a nonce that it does not give, or does not take then: do several servers answer in its name?'
      : 'the API wants a nonce first, and the body cannot be sent twice: send it from a file, or say it again now';
  }
  if (error !== 'invalid_dpop_proof') return undefined;
  const skew = describeSkew({ date: headers.get('date'), now });
  if (skew !== undefined) return `${skew}: a proof of a wrong time is refused; set the clock`;
  return 'behind a proxy the API may know itself by another URL than the one that was called';
}
