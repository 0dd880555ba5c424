import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { algorithms } from './algorithms.ts';
import { Unavailable } from './refusal.ts';

/** Why an access token is not accepted; the message is for developers, in characters that a challenge may hold. */
export class InvalidAccessToken extends Error {
  override readonly name = 'InvalidAccessToken';
}

export interface ExpectedToken {
  readonly issuer: string;
  readonly audience: string | undefined;
  readonly keys: JWTVerifyGetKey;
}

/** RFC 9068 section 2.1, and what servers without it write there. */
const types = ['at+jwt', 'application/at+jwt', 'jwt'];

/**
 * Verifies a JWT access token (RFC 9068 section 4, less the claims that not every server issues) and returns its claims.
 *
 * @throws InvalidAccessToken
 * @throws Unavailable when the keys of the issuer cannot be had
 */
export async function verifyAccessToken(accessToken: string, expected: ExpectedToken): Promise<JWTPayload> {
  const { payload, protectedHeader } = await jwtVerify(accessToken, expected.keys, {
    algorithms,
    issuer: expected.issuer,
    ...(expected.audience !== undefined && { audience: expected.audience }),
    requiredClaims: ['exp'],
    // For clocks that differ by some seconds.
    clockTolerance: 10,
  }).catch((error: unknown) => {
    throw explain(error);
  });
  // An ID token or a logout token is signed with the same keys.
  if (!types.includes(protectedHeader.typ?.toLowerCase() ?? ''))
    throw new InvalidAccessToken('the type is not at+jwt or JWT');
  return payload;
}

function explain(error: unknown): Error {
  if (error instanceof errors.JWTExpired) return new InvalidAccessToken('the access token has expired');
  if (error instanceof errors.JWTClaimValidationFailed)
    return new InvalidAccessToken(`the claim ${error.claim} is missing or not as required`);
  if (error instanceof errors.JWSSignatureVerificationFailed) return new InvalidAccessToken('the signature is wrong');
  if (error instanceof errors.JWKSNoMatchingKey) return new InvalidAccessToken('the issuer has no such key');
  if (error instanceof errors.JOSEAlgNotAllowed) return new InvalidAccessToken('the algorithm is not accepted');
  if (isAboutKeys(error)) return new Unavailable('the keys of the issuer cannot be had', { cause: error });
  return new InvalidAccessToken('the access token is not a JWT of this issuer');
}

function isAboutKeys(error: unknown): boolean {
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) return true;
  // Any other error of jose is about the token, but for its base class, which is the JWKS response's.
  return !(error instanceof errors.JOSEError) || error.code === 'ERR_JOSE_GENERIC';
}
