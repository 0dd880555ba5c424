import type { IncomingMessage } from 'node:http';
import type { JWTPayload } from 'jose';
import { type ExpectedToken, InvalidAccessToken, verifyAccessToken } from './access-token.ts';
import { clientCertificateThumbprint } from './client-certificate.ts';
import { readConfirmation } from './confirmation.ts';
import { type Credentials, readCredentials } from './credentials.ts';
import { checkDpopProof, type ProofMemory } from './dpop-proof.ts';
import { Refusal } from './refusal.ts';

/** What a protected route asks for beyond a valid access token. */
export interface Requirement {
  readonly scope?: string;
  /** Only access tokens that are bound to their client. */
  readonly boundOnly?: boolean;
}

export interface Authority {
  readonly expectedToken: ExpectedToken;
  readonly proofMemory: ProofMemory;
  readonly trustedCertificatesOnly: boolean;
}

/**
 * Lets a request pass that has a valid access token, the proof that goes with it if it is bound, and what the route
 * requires.
 *
 * @param url what was requested, by the name that clients know
 * @returns the claims of the access token
 * @throws Refusal
 * @throws Unavailable
 */
export async function authorize(
  request: IncomingMessage,
  url: URL,
  { scope, boundOnly = false }: Requirement,
  authority: Authority,
): Promise<JWTPayload> {
  const credentials = readCredentials(request, url.searchParams);
  const { scheme } = credentials;
  const claims = await verifyAccessToken(credentials.accessToken, authority.expectedToken).catch((error: unknown) => {
    throw error instanceof InvalidAccessToken ? invalidToken(scheme, error.message) : error;
  });
  await checkSender(request, url, credentials, claims, boundOnly, authority);
  if (
    scope !== undefined &&
    !String(claims.scope ?? '')
      .split(' ')
      .includes(scope)
  )
    throw new Refusal({ error: 'insufficient_scope', description: 'the access token lacks a scope', scheme, scope });
  return claims;
}

/** An access token with `cnf` is only good with its proof, on every route: RFC 8705 section 3, RFC 9449 section 7.2. */
async function checkSender(
  request: IncomingMessage,
  { origin, pathname }: URL,
  { scheme, accessToken }: Credentials,
  claims: JWTPayload,
  boundOnly: boolean,
  { proofMemory, trustedCertificatesOnly }: Authority,
): Promise<void> {
  const confirmation = readConfirmation(claims);
  if (confirmation === undefined) throw invalidToken(scheme, 'the access token is bound in a way that is unknown here');
  const { jkt, 'x5t#S256': x5t } = confirmation;

  if (x5t !== undefined && x5t !== clientCertificateThumbprint(request.socket, trustedCertificatesOnly))
    throw invalidToken(scheme, 'this connection lacks the client certificate that the access token is bound to');
  if (scheme === 'Bearer' && jkt !== undefined)
    throw invalidToken(scheme, 'the access token needs the scheme DPoP and a proof');
  if (boundOnly && jkt === undefined && x5t === undefined)
    throw invalidToken(scheme, 'the access token is not bound to its client');
  if (scheme === 'Bearer') return;
  if (jkt === undefined) throw invalidToken(scheme, 'the access token is not bound to a DPoP key');
  const proven = { method: request.method ?? '', url: `${origin}${pathname}`, accessToken, thumbprint: jkt };
  await checkDpopProof(request.headersDistinct.dpop ?? [], proven, proofMemory);
}

function invalidToken(scheme: Credentials['scheme'], description: string): Refusal {
  return new Refusal({ error: 'invalid_token', description, scheme });
}
