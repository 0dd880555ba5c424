import { ProtocolError } from '../errors.ts';
import type { HttpDocument } from '../http/transport.ts';
import type { ConfirmationMethod } from '../jwt/confirmation.ts';
import { confirmationOf } from '../jwt/confirmation.ts';
import { readJwtClaims } from '../jwt/decode.ts';
import { answerOf } from './error-response.ts';

/** Characters of a thumbprint, which has 43, that are shown. */
const shownLength = 100;

/** What a token must be bound to, as far as it tells: a JWT does, in `cnf` (RFC 7800 section 3.1). */
export interface Confirmation {
  readonly method: ConfirmationMethod;
  /** Of the certificate or the public key, by SHA-256 in base64url. */
  readonly thumbprint: string;
  /** Whether a JWT that is bound to nothing of the kind is refused too. */
  readonly isRequired: boolean;
  readonly noun: 'certificate' | 'key';
  /** What was shown with the request, as messages call it: `the certificate from --cert`. */
  readonly shown: string;
  readonly hint: string;
}

/**
 * Makes sure that a token just issued is bound to what was shown with the request for it.
 * @throws ProtocolError invalid_response
 */
export function requireConfirmation(
  accessToken: string,
  { method, thumbprint, isRequired, noun, shown, hint }: Confirmation,
  document: HttpDocument,
): void {
  const claims = readJwtClaims(accessToken);
  if (claims === undefined) return;
  const bound = confirmationOf(claims, method);
  if (bound === thumbprint || (bound === undefined && !isRequired)) return;
  const isBound = bound !== undefined;
  throw new ProtocolError(
    'invalid_response',
    isBound
      ? `the token is bound to another ${noun} than ours`
      : `the token is bound to no ${noun}: it has no cnf.${method}`,
    {
      status: document.status,
      server: isBound ? `${answerOf(document)}: ${method} ${inShort(bound)}` : answerOf(document),
      sent: `${shown}, ${method} ${thumbprint}`,
      hint,
    },
  );
}

function inShort(bound: unknown): string {
  return (typeof bound === 'string' ? bound : JSON.stringify(bound)).slice(0, shownLength);
}
