import { ProtocolError } from '../errors.ts';
import type { HttpDocument } from '../http/transport.ts';
import type { TlsIdentity } from '../http/types.ts';
import { boundThumbprint } from './certificate-binding.ts';
import { answerOf } from './error-response.ts';

/** Characters of a thumbprint, which has 43, that are shown. */
const shownLength = 100;

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
      server: `${answerOf(document)}: x5t#S256 ${bound.slice(0, shownLength)}`,
      sent: `the certificate from ${presented.origin}, x5t#S256 ${presented.thumbprint}`,
      hint: 'does something on the way, such as a proxy, present a certificate of its own? nobody here could use this token',
    },
  );
}
