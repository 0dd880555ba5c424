import type { Environment } from '../context.ts';
import type { Text } from '../text.ts';
import { text } from '../text.ts';
import { colorLevel } from './color.ts';
import type { Io, OutputPreferences, OutputStream, StandardInput } from './io.ts';
import { waitVisibly } from './progress.ts';
import { Redactor } from './redactor.ts';
import { colorStyle, plainStyle } from './style.ts';

export interface StandardStreams {
  readonly stdin: StandardInput;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

/** The Io of one run: streams, as the person and the environment want them. */
export async function createIo(
  streams: StandardStreams,
  preferences: OutputPreferences,
  env: Environment,
): Promise<Io> {
  const { stdout, stderr } = streams;
  const { color, quiet, verbose } = preferences;
  const styleOf = (stream: OutputStream) =>
    colorLevel(color, stream.isTerminal, env) === 0 ? plainStyle : colorStyle();
  const redactor = new Redactor();
  let hasReported = false;
  const report = (message: Text): void => {
    hasReported = true;
    stderr.writeNow(`${redactor.redact(message.value)}\n`);
  };
  // A terminal that nobody sized has no columns, and ora would clear lines for ever.
  const isAnimated = stderr.isTerminal && stderr.columns > 0 && !quiet && !verbose && !env.CI && env.TERM !== 'dumb';

  const errorStyle = await styleOf(stderr);
  const note = (message: Text): void => {
    if (!quiet) report(message);
  };

  return {
    ...streams,
    style: await styleOf(stdout),
    errorStyle,
    get hasReported() {
      return hasReported;
    },
    print: (answer) => stdout.write(`${answer}\n`),
    show: (answer) => stdout.write(`${answer.value}\n`),
    note,
    warn: (message) => note(text`${errorStyle.caution('warning:')} ${message}`),
    report,
    trace: (message) => {
      if (verbose) report(message);
    },
    progress: (label, task) => (isAnimated ? waitVisibly(text`${label}`, task) : task()),
    conceal: (value, replacement) => redactor.add(value, replacement),
    redact: (value) => redactor.redact(value),
  };
}
