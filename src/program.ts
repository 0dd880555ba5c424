import { fstatSync, statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { finish, run } from './cli.ts';
import type { Outside } from './context.ts';
import { SignalError } from './errors.ts';
import type { HttpClient, TransportSettings } from './http/types.ts';
import type { StandardStreams } from './io/create-io.ts';
import { fileInput } from './io/file-input.ts';
import { fileOutput } from './io/file-output.ts';

/** Milliseconds that a run gets to end by itself after a signal. The second signal ends it at once. */
const patience = 100;

const signalNumbers = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

// Modules of Node that not every run needs come by getBuiltinModule: a dynamic import would start the loader
// of ES modules, which the rest of a run does without.

/** Runs the command line of this process, and ends it. */
export async function runProgram(): Promise<never> {
  const outside: Outside = {
    env: process.env,
    connect,
    now: Date.now,
    // The same clock as that of `performance`, which takes a millisecond to load.
    elapsed: () => process.uptime() * 1000,
    startedOn: Date.now() - process.uptime() * 1000,
    get signal() {
      return hearSignals();
    },
    sha256: (value) => process.getBuiltinModule('node:crypto').createHash('sha256').update(value).digest('hex'),
    host: {
      platform: process.platform,
      home: homeDirectory(),
      // The directory may have been removed under us, which is no matter unless a path needs it.
      workingDirectory: orElse(() => process.cwd(), '/'),
      userId: process.getuid?.(),
      processId: process.pid,
      hasProcess,
      name: async () => process.getBuiltinModule('node:os').hostname(),
    },
  };
  process.exit(await run(process.argv.slice(2), openStreams(), outside));
}

/** Writes what is left of an answer that could not be written at once, and ends the process. */
export async function finishAnswer(rest: Uint8Array): Promise<never> {
  process.exit(await finish(rest, openStreams(), process.env));
}

let ending: AbortSignal | undefined;

/**
 * A signal that aborts when the process is to end. Made for the first who asks: until then a signal may do what it
 * does to any process, and a quick run is spared the handlers.
 */
function hearSignals(): AbortSignal {
  if (ending !== undefined) return ending;
  const abort = new AbortController();
  ending = abort.signal;
  for (const [name, number] of Object.entries(signalNumbers)) {
    process.once(name, () => {
      abort.abort(new SignalError(number));
      // A write that waits for a slow reader can be neither aborted nor waited for.
      setTimeout(() => process.kill(process.pid, name), patience).unref();
    });
  }
  return ending;
}

function openStreams(): StandardStreams {
  return {
    stdin: fileInput({ fd: 0, isTerminal: () => isTerminal(0), stream: () => process.stdin, signal: hearSignals }),
    stdout: fileOutput(1, isTerminal(1) ? () => process.stdout.columns : undefined),
    stderr: fileOutput(2, isTerminal(2) ? () => process.stderr.columns : undefined),
  };
}

async function connect(settings: TransportSettings): Promise<HttpClient> {
  const { openHttpClient } = await import('./http/undici-client.ts');
  if (process.versions.node.startsWith('20.')) {
    // On Node 20 the first response makes V8 optimise undici's parser in the background, and the exit
    // waits 130 ms for it. Without the optimising compiler for WebAssembly there is nothing to wait for.
    // Only now, as V8 compiles anew what Node loads after a flag has changed.
    process.getBuiltinModule('node:v8').setFlagsFromString('--liftoff-only');
  }
  return openHttpClient(settings);
}

/** Asks node's tty module, which costs a tenth of a start, only where the descriptor may be a terminal. */
function isTerminal(fd: number): boolean {
  const mayBe = orElse(() => {
    const stats = fstatSync(fd);
    return stats.isCharacterDevice() && stats.rdev !== statSync('/dev/null').rdev;
  }, true);
  return mayBe && process.getBuiltinModule('node:tty').isatty(fd);
}

function hasProcess(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** An empty or relative HOME would make a home of whatever directory we are in. */
function homeDirectory(): string {
  const { HOME = '' } = process.env;
  if (isAbsolute(HOME)) return HOME;
  return orElse(() => process.getBuiltinModule('node:os').userInfo().homedir, '/');
}

function orElse<T>(action: () => T, fallback: T): T {
  try {
    return action();
  } catch {
    return fallback;
  }
}
