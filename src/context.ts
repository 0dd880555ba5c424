import type { HttpClient, TransportSettings } from './http/types.ts';
import type { Io } from './io/io.ts';
import type { Witness } from './memo/witness.ts';

/** Everything that a command gets from the outside world; tests hand in their own. */
export interface Context {
  readonly io: Io;
  /** What was typed after the program's name. */
  readonly argv: readonly string[];
  readonly env: Environment;
  /** Opens the transport; called by the first request of a run. */
  readonly connect: (settings: TransportSettings) => Promise<HttpClient>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds by a clock that nobody sets, to measure with. */
  readonly elapsed: () => number;
  /** When this process began, in milliseconds since the epoch. */
  readonly startedOn: number;
  /** Aborted by SIGINT, SIGTERM and SIGHUP. */
  readonly signal: AbortSignal;
  /** The SHA-256 digest of a text in hexadecimal digits, by what is loaded when it is first asked for. */
  readonly sha256: (value: string) => string;
  readonly host: Host;
  readonly witness: Witness;
}

/** The outside world before a command is known. */
export type Outside = Omit<Context, 'io' | 'argv' | 'witness'>;

export type Environment = Readonly<Record<string, string | undefined>>;

/** The facts of the machine and account that decide where files lie and whom they belong to. */
export interface Host {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  /** Absolute path that relative paths on the command line start from. */
  readonly workingDirectory: string;
  /** Numeric user id, undefined where there is none (Windows). */
  readonly userId: number | undefined;
  readonly processId: number;
  /** Whether some process has this number. */
  readonly hasProcess: (pid: number) => boolean;
  /** The name of the machine. */
  readonly name: () => Promise<string>;
}
