/**
 * What went wrong, as data. Every class stands for one origin of failure; the code says which failure
 * it was; the facts say what was sent and what came back. None of them knows an exit code or a colour.
 */

export type UsageCode =
  | 'usage'
  | 'unknown_command'
  | 'unknown_option'
  | 'secret_on_command_line'
  | 'missing_token'
  | 'standard_input_conflict'
  | 'invalid_url'
  | 'http_not_allowed'
  | 'not_a_jwt'
  | 'not_cached';

export type ConfigCode =
  | 'config_invalid'
  | 'unknown_profile'
  | 'missing_setting'
  | 'credential_conflict'
  | 'credential_misplaced'
  | 'file_unusable'
  | 'secret_unusable';

export type ProtocolCode =
  | 'invalid_response'
  | 'issuer_mismatch'
  | 'response_too_large'
  | 'unexpected_redirect'
  | 'missing_endpoint';

export type NetworkCode =
  | 'dns_failed'
  | 'connection_failed'
  | 'connection_lost'
  | 'tls_failed'
  | 'proxy_failed'
  | 'timeout'
  | 'server_unavailable'
  | 'metadata_unavailable'
  | 'jwks_unavailable';

export type NegativeCode = 'token_not_valid' | 'token_not_active' | 'token_still_active';

export type ErrorCode =
  | UsageCode
  | ConfigCode
  | ProtocolCode
  | NetworkCode
  | NegativeCode
  | 'server_refused'
  | 'http_status'
  | 'output_failed'
  | 'internal';

/** The members of an OAuth error response (RFC 6749 section 5.2), or of a challenge (RFC 6750 section 3). */
export interface OAuthErrorResponse {
  readonly error: string;
  readonly error_description?: string | undefined;
  readonly error_uri?: string | undefined;
}

/** The lines of a report below its message. Texts may come from a server: they are escaped when shown. */
export interface ErrorFacts {
  /** What the authorization server or API answered, in one line. */
  readonly server?: string | undefined;
  /** What was sent, in one line, without secrets. */
  readonly sent?: string | undefined;
  /** What the person can do about it. */
  readonly hint?: string | undefined;
  /** HTTP status of the answer. */
  readonly status?: number | undefined;
  /** The server's own words; its error code then names the failure in place of ours. */
  readonly response?: OAuthErrorResponse | undefined;
  readonly cause?: unknown;
}

export abstract class CcgrantError<Code extends ErrorCode = ErrorCode> extends Error {
  readonly code: Code;
  readonly facts: Omit<ErrorFacts, 'cause'>;

  constructor(code: Code, message: string, { cause, ...facts }: ErrorFacts = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.facts = facts;
  }
}

/** The command line cannot be carried out as typed. */
export class UsageError extends CcgrantError<UsageCode> {}

/** A profile, variable, file or secret that the command needs is missing, broken or contradictory. */
export class ConfigError extends CcgrantError<ConfigCode> {}

/** A server answered what the specification does not allow. */
export class ProtocolError extends CcgrantError<ProtocolCode> {}

/** A server could not be reached, or could not answer now. */
export class NetworkError extends CcgrantError<NetworkCode> {}

/** The question was answered, and the answer is no. */
export class NegativeResultError extends CcgrantError<NegativeCode> {}

/** The authorization server said no, in the words of RFC 6749 section 5.2. */
export class ServerRefusedError extends CcgrantError<'server_refused'> {
  constructor(message: string, facts?: ErrorFacts) {
    super('server_refused', message, facts);
  }
}

/** The API answered a protected resource request with status 400 or above. */
export class HttpStatusError extends CcgrantError<'http_status'> {
  constructor(message: string, facts?: ErrorFacts) {
    super('http_status', message, facts);
  }
}

/** Standard output, or the file in its place, cannot be written. */
export class OutputError extends CcgrantError<'output_failed'> {
  constructor(message: string, facts?: ErrorFacts) {
    super('output_failed', message, facts);
  }
}

/** A failure that the answer has told already: nothing is left of it but the exit code. */
export class ReportedError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode) {
    super(`reported: ${code}`);
    this.code = code;
  }
}

/** The reader of standard output has gone away: nothing is left to do, and nobody to tell. */
export class ClosedPipeError extends Error {}

/** For answers whose exit code counts although nobody reads them. */
export function ignoreClosedPipe(error: unknown): void {
  if (!(error instanceof ClosedPipeError)) throw error;
}

/** The reason of an abort by a signal. */
export class SignalError extends Error {
  readonly signal: number;
  constructor(signal: number) {
    super(`ended by signal ${signal}`);
    this.signal = signal;
  }
}
