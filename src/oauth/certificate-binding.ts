import type { TlsIdentity } from '../http/types.ts';
import { confirmationOf } from '../jwt/confirmation.ts';
import { readJwtClaims } from '../jwt/decode.ts';
import type { ResourceAuthorization } from './protected-resource.ts';
import type { Confirmation } from './require-confirmation.ts';

/**
 * The thumbprint of the certificate that a token is bound to, RFC 8705 section 3.1; undefined for a token that
 * is bound to none, or is opaque.
 */
export function boundThumbprint(accessToken: string): string | undefined {
  const thumbprint = confirmationOf(readJwtClaims(accessToken) ?? {}, 'x5t#S256');
  // What is no thumbprint is that of no certificate, and the token is not free for that.
  return thumbprint === undefined || typeof thumbprint === 'string' ? thumbprint : JSON.stringify(thumbprint);
}

/** That a token is not bound to the certificate of somebody else: whether it is bound to one, the server decides. */
export function certificateConfirmation({ thumbprint, origin }: TlsIdentity): Confirmation {
  return {
    method: 'x5t#S256',
    thumbprint,
    isRequired: false,
    noun: 'certificate',
    shown: `the certificate from ${origin}`,
    hint: 'does something on the way, such as a proxy, present a certificate of its own? nobody here could use this token',
  };
}

/** The same authorization over a connection that presents the certificate, RFC 8705 section 3. */
export function presenting(authorization: ResourceAuthorization, certificate: TlsIdentity): ResourceAuthorization {
  return {
    complete: async (request) => ({ ...(await authorization.complete(request)), tls: certificate }),
    wantsAnotherTry: authorization.wantsAnotherTry,
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
