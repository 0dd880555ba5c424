import { ProtocolError } from '../errors.ts';
import type { HttpDocument } from '../http/transport.ts';
import type { TlsIdentity } from '../http/types.ts';
import type { JsonObject } from '../json-object.ts';
import { readJwtClaims } from '../jwt/decode.ts';
import { answerOf } from './error-response.ts';
import type { ResourceAuthorization } from './protected-resource.ts';

/**
 * The thumbprint of the certificate that a token is bound to, RFC 8705 section 3.1; undefined for a token that
 * is bound to none, or is opaque.
 */
export function boundThumbprint(accessToken: string): string | undefined {
  const { cnf } = readJwtClaims(accessToken) ?? {};
  const thumbprint = (cnf as JsonObject | null | undefined)?.['x5t#S256'];
  return typeof thumbprint === 'string' ? thumbprint : undefined;
}

/**
 * Makes sure that a token just issued is not bound to the certificate of somebody else.
 * @param presented the certificate of the connection
 * @throws ProtocolError invalid_response
 */
export function requireBinding(accessToken: string, presented: TlsIdentity | undefined, document: HttpDocument): void {
  if (presented === undefined) return;
  const bound = boundThumbprint(accessToken);
  if (bound === undefined || bound === presented.thumbprint) return;
  throw new ProtocolError(
    'invalid_response',
    'the token is bound to another certificate than the one that was presented',
    {
      status: document.status,
      server: `${answerOf(document)}: x5t#S256 ${bound}`,
      sent: `the certificate from ${presented.origin}, x5t#S256 ${presented.thumbprint}`,
      hint: 'does something on the way, such as a proxy, present a certificate of its own? nobody here could use this token',
    },
  );
}

/** The same authorization over a connection that presents the certificate, RFC 8705 section 3. */
export function presenting(authorization: ResourceAuthorization, certificate: TlsIdentity): ResourceAuthorization {
  return {
    complete: async (request) => ({ ...(await authorization.complete(request)), tls: certificate }),
    wantsAnotherTry: (response) => authorization.wantsAnotherTry(response),
  };
}

/** What a person can do about a refusal by a resource that never asked for the certificate. */
export function unaskedHint(response: {
  status: number;
  asksForCertificate?: boolean | undefined;
}): string | undefined {
  if (response.status !== 401 || response.asksForCertificate !== false) return undefined;
  return 'the API did not ask for the certificate of the token: is it another port or host that takes certificates?';
}
