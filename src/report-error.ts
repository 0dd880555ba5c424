import type { ErrorCode, ErrorFacts } from './errors.ts';
import { CcgrantError, ClosedPipeError, ReportedError, SignalError } from './errors.ts';
import { exitCodeOf } from './exit-code.ts';
import type { Io } from './io/io.ts';
import { safeJson } from './render/json.ts';
import { Text, text } from './text.ts';

/** Puts a failure on standard error, for a person or as one JSON object, and returns the exit code. */
export function reportError(error: unknown, io: Io, format: 'text' | 'json'): number {
  const exitCode = exitCodeOf(error);
  const isKnown = [ClosedPipeError, ReportedError, SignalError].some((kind) => error instanceof kind);
  if (isKnown) return exitCode;
  io.report(format === 'json' ? errorJson(error, io) : textReport(redacted(describe(error), io), io));
  return exitCode;
}

/** A failure as one JSON object on one line. */
export function errorJson(error: unknown, io: Io): Text {
  return jsonReport(redacted(describe(error), io), exitCodeOf(error));
}

interface Report extends Omit<ErrorFacts, 'cause'> {
  /** The stable word: the OAuth error code where the server gave one, else one of ours. */
  readonly code: string;
  readonly message: string;
}

function describe(error: unknown): Report {
  if (error instanceof CcgrantError) {
    return { ...error.facts, code: error.facts.response?.error ?? error.code, message: error.message };
  }
  // The message of a foreign error can quote a secret: its name and place must do.
  const { name, message, stack } = error instanceof Error ? error : new Error('not an error');
  // A message may have lines that look like frames, and begins with them.
  const frames = stack?.slice(stack.indexOf(message) + message.length).split('\n') ?? [];
  const place = frames.find((line) => line.trimStart().startsWith('at '));
  const code: ErrorCode = 'internal';
  return {
    code,
    message: `a bug in ccgrant: ${name} ${place?.trim() ?? ''}`,
    hint: 'please report it with the command line, without its secrets, and what ccgrant --version says',
  };
}

/** Secrets go before anything is escaped: afterwards they would no longer be recognised. */
function redacted(report: Report, io: Io): Report {
  return JSON.parse(JSON.stringify(report), (_, value) => (typeof value === 'string' ? io.redact(value) : value));
}

function textReport(report: Report, { errorStyle }: Io): Text {
  const lines = [
    text`${errorStyle.bad(text`error[${report.code}]:`)} ${report.message}`,
    ...(['server', 'sent', 'hint'] as const).flatMap((label) => {
      const fact = report[label];
      return fact === undefined ? [] : [text`  ${`${label}:`.padEnd(8)}${fact}`];
    }),
  ];
  return Text.join(lines, '\n');
}

function jsonReport({ code, message, status, response, server, sent, hint }: Report, exitCode: number): Text {
  return safeJson({ error: { code, message, status, exit_code: exitCode, ...response, server, sent, hint } });
}
