import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, EmbeddedJWK, type JWTPayload, jwtVerify } from 'jose';
import { algorithms } from './algorithms.ts';
import type { DpopNonces } from './dpop-nonces.ts';
import { type ErrorCode, Refusal, Unavailable } from './refusal.ts';
import type { UsedProofs } from './used-proofs.ts';

/** Seconds after which a proof is too old, and by which the clocks may differ. */
const maxAge = 60;
const clockTolerance = 10;

/** Milliseconds in which one proof could be used again and again: it may be dated ahead, too, and jose counts whole seconds. */
export const proofLifetime = (maxAge + 2 * clockTolerance + 1) * 1000;

/** What a proof has to be made for. */
export interface ProvenRequest {
  readonly method: string;
  /** Without query and fragment. */
  readonly url: string;
  readonly accessToken: string;
  /** The thumbprint of the key that the access token is bound to, its `cnf.jkt`. */
  readonly thumbprint: string;
}

export interface ProofMemory {
  readonly usedProofs: UsedProofs;
  /** Absent where no nonce is asked for. */
  readonly nonces: DpopNonces | undefined;
}

/**
 * Checks a DPoP proof as RFC 9449 section 4.3 says.
 *
 * @param fields the DPoP fields of the request
 * @throws Refusal
 * @throws Unavailable when too many proofs have been used of late
 */
export async function checkDpopProof(
  fields: readonly string[],
  request: ProvenRequest,
  { usedProofs, nonces }: ProofMemory,
): Promise<void> {
  const [proof, ...more] = fields;
  if (proof === undefined || more.length > 0) throw invalidProof('there must be one DPoP field');

  const { claims, thumbprint } = await verify(proof);
  if (claims.htm !== request.method) throw invalidProof('htm is not the method of the request');
  if (withoutQuery(claims.htu) !== request.url) throw invalidProof('htu is not the URL of the request');
  if (claims.ath !== createHash('sha256').update(request.accessToken).digest('base64url'))
    throw invalidProof('ath is not the hash of the access token');
  if (thumbprint !== request.thumbprint) throw refusal('invalid_token', 'the access token is bound to another key');
  if (nonces !== undefined && !nonces.accepts(claims.nonce))
    throw refusal('use_dpop_nonce', 'the proof needs the nonce of the DPoP-Nonce field');
  if (typeof claims.jti !== 'string') throw invalidProof('jti is not a string');

  // Last of all, so that only those who have an access token and its key can fill the memory.
  const noted = usedProofs.note(thumbprint, claims.jti);
  if (noted === 'used') throw invalidProof('the proof has been used before');
  if (noted === 'full') throw new Unavailable('too many DPoP proofs');
}

async function verify(proof: string): Promise<{ claims: JWTPayload; thumbprint: string }> {
  try {
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
      typ: 'dpop+jwt',
      algorithms,
      maxTokenAge: maxAge,
      clockTolerance,
    });
    return { claims: payload, thumbprint: await calculateJwkThumbprint(protectedHeader.jwk ?? {}) };
  } catch {
    // Whatever it is: token, key and times all come from the request.
    throw invalidProof('the proof is not a fresh dpop+jwt with a public key and its signature');
  }
}

function withoutQuery(url: unknown): string | undefined {
  if (typeof url !== 'string' || !URL.canParse(url)) return undefined;
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

function invalidProof(description: string): Refusal {
  return refusal('invalid_dpop_proof', description);
}

function refusal(error: ErrorCode, description: string): Refusal {
  return new Refusal({ error, description, scheme: 'DPoP' });
}
