import type { ErrorCode } from './errors.ts';
import { CcgrantError, ClosedPipeError, ReportedError, ServerRefusedError, SignalError } from './errors.ts';

/** The exit codes of ccgrant, each with one meaning that scripts may rely on. */
const exitCodes = {
  internal: 1,

  usage: 2,
  unknown_command: 2,
  unknown_option: 2,
  secret_on_command_line: 2,
  missing_token: 2,
  standard_input_conflict: 2,
  invalid_url: 2,
  http_not_allowed: 2,
  not_a_jwt: 2,
  not_cached: 2,
  config_invalid: 2,
  unknown_profile: 2,
  missing_setting: 2,
  credential_conflict: 2,
  credential_misplaced: 2,
  file_unusable: 2,
  secret_unusable: 2,
  output_failed: 2,

  server_refused: 3,
  invalid_response: 3,
  issuer_mismatch: 3,
  response_too_large: 3,
  unexpected_redirect: 3,
  missing_endpoint: 3,

  dns_failed: 4,
  connection_failed: 4,
  connection_lost: 4,
  tls_failed: 4,
  proxy_failed: 4,
  timeout: 4,
  server_unavailable: 4,
  metadata_unavailable: 4,
  jwks_unavailable: 4,

  token_not_valid: 5,
  token_not_active: 5,
  token_still_active: 5,

  http_status: 22,
} as const satisfies Record<ErrorCode, number>;

/** Error codes by which a server says "not now" rather than "no". */
const transientRefusals = new Set(['temporarily_unavailable', 'server_error']);

/** The exit code that a failure ends the process with; 1 for anything that ccgrant did not foresee. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof ClosedPipeError) return 0;
  if (error instanceof SignalError) return 128 + error.signal;
  if (error instanceof ServerRefusedError && transientRefusals.has(error.facts.response?.error ?? '')) return 4;
  if (error instanceof ReportedError) return exitCodes[error.code];
  if (error instanceof CcgrantError) return exitCodes[error.code as ErrorCode];
  return exitCodes.internal;
}
