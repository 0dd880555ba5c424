import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/errors.ts';
import {
  CcgrantError,
  ClosedPipeError,
  ConfigError,
  HttpStatusError,
  NegativeResultError,
  NetworkError,
  OutputError,
  ProtocolError,
  ServerRefusedError,
  SignalError,
  UsageError,
} from '../../src/errors.ts';
import { exitCodeOf } from '../../src/exit-code.ts';

/** Every code of ccgrant, with the exit code that the contract of the command line gives it. */
const expected = {
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

class AnyError extends CcgrantError {}

describe('exitCodeOf', () => {
  it.each(Object.entries(expected) as [ErrorCode, number][])('%s ends the process with %i', (code, exitCode) => {
    expect(exitCodeOf(new AnyError(code, 'message'))).toBe(exitCode);
  });

  it.each<[string, unknown, number]>([
    ['a usage error', new UsageError('usage', ''), 2],
    ['a configuration error', new ConfigError('config_invalid', ''), 2],
    ['output that cannot be written', new OutputError(''), 2],
    ['a protocol error', new ProtocolError('issuer_mismatch', ''), 3],
    ['a network error', new NetworkError('timeout', ''), 4],
    ['a negative answer', new NegativeResultError('token_not_active', ''), 5],
    ['an HTTP status of the API', new HttpStatusError(''), 22],
    ['SIGHUP', new SignalError(1), 129],
    ['Ctrl-C', new SignalError(2), 130],
    ['SIGTERM', new SignalError(15), 143],
    ['a closed pipe', new ClosedPipeError(), 0],
    ['an error of Node', new TypeError('x'), 1],
    ['an aborted request', new DOMException('x', 'AbortError'), 1],
    ['a thrown string', 'x', 1],
    ['undefined', undefined, 1],
  ])('%s ends it with its code', (_, error, exitCode) => {
    expect(exitCodeOf(error)).toBe(exitCode);
  });

  it.each([
    ['invalid_client', 3],
    ['unauthorized_client', 3],
    ['invalid_scope', 3],
    ['scope_invalid', 3],
    ['internal', 3],
    ['http_status', 3],
    ['temporarily_unavailable', 4],
    ['server_error', 4],
  ])('the refusal %s of the authorization server ends it with %i', (error, exitCode) => {
    expect(exitCodeOf(new ServerRefusedError('', { response: { error } }))).toBe(exitCode);
  });
});
