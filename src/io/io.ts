import type { Text } from '../text.ts';
import type { Style } from './style.ts';

/** The three standard streams, as a value that tests replace. */
export interface Io {
  readonly stdin: StandardInput;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Colours for standard output and standard error; each decided by its own stream. */
  readonly style: Style;
  readonly errorStyle: Style;

  /** Whether anything was written to standard error. */
  readonly hasReported: boolean;

  /** Writes the answer for a program and a final newline to standard output. */
  print(answer: string): Promise<void>;
  /** Writes the answer for a person and a final newline to standard output. */
  show(answer: Text): Promise<void>;
  /** Writes one message to standard error, unless `-q` asked for silence. */
  note(message: Text): void;
  /** Writes one warning to standard error, unless `-q` asked for silence. */
  warn(message: Text): void;
  /** Writes a report of failure to standard error, whatever `-q` says. */
  report(message: Text): void;
  /** Writes one line to standard error if `-v` asked for it. */
  trace(message: Text): void;
  /** Runs a task; on a terminal shows what is being waited for after 300 ms. */
  progress<T>(label: string, task: () => Promise<T>): Promise<T>;
  /** From now on this value appears on standard error only as `replacement`. */
  conceal(value: string, replacement: Replacement): void;
  /** A text without the concealed values, before it is escaped or shortened in some other way. */
  redact(text: string): string;
}

/** What stands in place of a concealed value; a function is asked when one was found. */
export type Replacement = string | (() => string);

export interface StandardInput {
  readonly isTerminal: boolean;
  /** The whole of standard input, the same whenever it is asked for. */
  read(): Promise<Uint8Array>;
  /** Standard input, piece by piece. */
  stream(): AsyncIterable<Uint8Array>;
}

export interface OutputStream {
  readonly isTerminal: boolean;
  /** Width of the terminal in columns, 0 where it does not say; 80 where there is none. */
  readonly columns: number;
  /**
   * @throws ClosedPipeError when the reader has gone away
   * @throws OutputError when the bytes cannot be written
   */
  write(content: string | Uint8Array | readonly Uint8Array[]): Promise<void>;
  /** Writes at once or drops: for messages that must not delay the work. */
  writeNow(bytes: string): void;
}

export type ColorWhen = 'always' | 'never' | 'auto';

export interface OutputPreferences {
  readonly color: ColorWhen;
  readonly quiet: boolean;
  readonly verbose: boolean;
}
