import type { JsonObject } from '../json-object.ts';

/** What a token can be bound to: the certificate of RFC 8705 section 3.1, the key of RFC 9449 section 6.1. */
export type ConfirmationMethod = 'x5t#S256' | 'jkt';

/** What a claims set says that its token is bound to, the `cnf` of RFC 7800 section 3.1; undefined when it does not say. */
export function confirmationOf({ cnf }: JsonObject, method: ConfirmationMethod): unknown {
  return typeof cnf === 'object' && cnf !== null ? (cnf as JsonObject)[method] : undefined;
}
