import type { CcgrantError, ErrorFacts, NetworkCode, ProtocolCode } from '../errors.ts';
import { NetworkError, ProtocolError, ServerRefusedError } from '../errors.ts';

/** The failure of a request as those get it who waited for that request instead of sending one. */
export interface SharedFailure {
  readonly kind: 'failure';
  /** How the request was sent: whoever would send it in another way may fare better. */
  readonly connection: string;
  readonly origin: 'server' | 'protocol' | 'network';
  readonly code: string;
  readonly message: string;
  readonly facts: Omit<ErrorFacts, 'cause'>;
}

/**
 * What is left to others of a failure; undefined for one that is this process's own: its configuration, its files, its user.
 * @param redact takes secrets out: a server may have sent them back
 */
export function shareFailure(
  error: unknown,
  connection: string,
  redact: (text: string) => string,
): SharedFailure | undefined {
  const origin = originOf(error);
  if (origin === undefined) return undefined;
  const { code, message, facts } = error as CcgrantError;
  return JSON.parse(JSON.stringify({ kind: 'failure', connection, origin, code, message, facts }), (_, value) =>
    typeof value === 'string' ? redact(value) : value,
  );
}

function originOf(error: unknown): SharedFailure['origin'] | undefined {
  if (error instanceof ServerRefusedError) return 'server';
  if (error instanceof ProtocolError) return 'protocol';
  return error instanceof NetworkError ? 'network' : undefined;
}

/** The failure again as it was thrown. */
export function toError({ origin, code, message, facts }: SharedFailure): CcgrantError {
  switch (origin) {
    case 'server':
      return new ServerRefusedError(message, facts);
    case 'protocol':
      return new ProtocolError(code as ProtocolCode, message, facts);
    case 'network':
      return new NetworkError(code as NetworkCode, message, facts);
  }
}
