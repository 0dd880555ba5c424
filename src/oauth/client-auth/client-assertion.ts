import type { KeyObject } from 'node:crypto';
import type { EndpointRequest } from '../endpoint-request.ts';
import { explainRefusedAssertion } from './assertion-refusal.ts';
import type { ClientAuthentication } from './client-authentication.ts';

/** What assertions say that a client signs itself, and how they are signed. */
export interface AssertionTerms {
  /**
   * Who it is meant for, when it is sent to this URL.
   * @throws ConfigError missing_setting where nobody said and it cannot be known
   */
  readonly audience: (target: URL) => Promise<string>;
  /** What else --assertion-audience may be. */
  readonly otherAudience: string;
  /** The algorithm that was asked for; undefined for any that fits. */
  readonly algorithm: string | undefined;
  /** The algorithms that the metadata lists for the endpoint. */
  readonly supportedAlgorithms: readonly string[] | undefined;
  /** `kid` of the header. */
  readonly keyId: string | undefined;
  /** `x5t#S256` of the header, RFC 7515 section 4.1.8. */
  readonly certificateThumbprint: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The key of an assertion, and how it is used. */
export interface AssertionKey {
  readonly key: KeyObject | Uint8Array;
  readonly algorithm: string;
  /** `kid` of the header. */
  readonly keyId?: string | undefined;
  /** JWK thumbprint of a key that has one, for advice. */
  readonly thumbprint?: string;
}

const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Seconds that an assertion is good for: servers refuse long ones, and some count these from `iat`. */
const lifetime = 60;

/**
 * Authentication by assertions that the client signs itself, RFC 7523 sections 2.2 and 3, with the
 * audience and type of draft-ietf-oauth-rfc7523bis. Each is new: servers take none a second time.
 */
export function byOwnAssertion(
  method: string,
  clientId: string,
  signing: AssertionKey,
  terms: AssertionTerms,
): ClientAuthentication {
  let audience = '';
  return {
    method,
    complete: async (request) => {
      audience = await terms.audience(request.url);
      return withAssertion(request, clientId, jwtBearer, await signAssertion(clientId, audience, signing, terms));
    },
    advise: (refusal) =>
      explainRefusedAssertion(refusal, { ...signing, clientId, audience, otherAudience: terms.otherAudience }),
  };
}

async function signAssertion(
  clientId: string,
  audience: string,
  { key, algorithm, keyId }: AssertionKey,
  { certificateThumbprint, now }: AssertionTerms,
): Promise<string> {
  const { signJwt } = await import('../../jwt/sign.ts');
  const issuedAt = Math.floor(now() / 1000);
  const header = {
    alg: algorithm,
    typ: 'client-authentication+jwt',
    ...(keyId === undefined ? {} : { kid: keyId }),
    ...(certificateThumbprint === undefined ? {} : { 'x5t#S256': certificateThumbprint }),
  };
  const claims = {
    iss: clientId,
    sub: clientId,
    // One string: some servers refuse a list, were it of one.
    aud: audience,
    jti: crypto.randomUUID(),
    iat: issuedAt,
    exp: issuedAt + lifetime,
  };
  return signJwt(header, claims, key);
}

/** Adds an assertion to a request, RFC 7521 section 4.2; the client's id is optional there. */
export function withAssertion(
  request: EndpointRequest,
  clientId: string | undefined,
  type: string,
  assertion: string,
): EndpointRequest {
  return {
    ...request,
    form: [
      ...request.form,
      ...(clientId === undefined ? [] : [['client_id', clientId] as const]),
      ['client_assertion_type', type],
      ['client_assertion', assertion],
    ],
  };
}
