import type { JWTPayload } from 'jose';

/** What an access token is bound to: the key of a client, a certificate, both, or nothing. */
export interface Confirmation {
  /** RFC 9449 section 6.1. */
  readonly jkt?: string;
  /** RFC 8705 section 3.1. */
  readonly 'x5t#S256'?: string;
}

/**
 * Reads the `cnf` claim. Undefined when there is one and it says nothing that can be checked here: such a token is good
 * for nobody, as it is not meant to be good for everybody who has it.
 */
export function readConfirmation({ cnf }: JWTPayload): Confirmation | undefined {
  if (cnf === undefined) return {};
  if (typeof cnf !== 'object' || cnf === null) return undefined;
  const { jkt, 'x5t#S256': x5t } = cnf as Record<string, unknown>;
  if (!isAbsentOrText(jkt) || !isAbsentOrText(x5t)) return undefined;
  if (jkt === undefined && x5t === undefined) return undefined;
  return { ...(jkt !== undefined && { jkt }), ...(x5t !== undefined && { 'x5t#S256': x5t }) };
}

function isAbsentOrText(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}
