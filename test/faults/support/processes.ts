import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { vi } from 'vitest';
import { ended } from '../../support/http-server-scene.ts';
import type { CcgrantResult } from '../../support/run-ccgrant.ts';

/** How a process ended. Times in milliseconds of the monotonic clock. */
export interface Outcome extends CcgrantResult {
  readonly pid: number;
  readonly startedAt: number;
  readonly endedAt: number;
  /** Milliseconds from its start, or its release from the barrier, to its end. */
  readonly elapsed: number;
  /** It was still there after its time, and had to be ended. */
  readonly hung: boolean;
}

export interface RunningProcess {
  readonly pid: number;
  /** When it was started or released; undefined while it stands at the barrier. */
  readonly startedAt: number | undefined;
  /** The first byte on standard output, or the end. */
  readonly answered: Promise<void>;
  readonly outcome: Promise<Outcome>;
  send(signal: NodeJS.Signals): void;
}

interface Launch {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Milliseconds after which it counts as hung. */
  readonly limit: number;
}

/** Real processes, each of which is ended with the set at the latest. */
export class Processes {
  readonly #running = new Set<ChildProcess>();

  start(launch: Launch): RunningProcess {
    return this.#spawn(launch, performance.now()).process;
  }

  /** Starts several processes of one program, and lets all of them go at the same moment. */
  async startAtOnce(count: number, { program, args, ...rest }: Launch): Promise<RunningProcess[]> {
    const stopped = ['-c', 'kill -STOP $$; exec "$@"', 'sh', program, ...args];
    const spawned = Array.from({ length: count }, () =>
      this.#spawn({ program: 'sh', args: stopped, ...rest }, undefined),
    );
    await vi.waitFor(
      () => {
        if (!spawned.every(({ process: { pid } }) => stateOf(pid) === 'T')) throw new Error('not all have started');
      },
      { timeout: 30_000, interval: 10 },
    );
    for (const { release } of spawned) release();
    return spawned.map(({ process }) => process);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = [...this.#running].map((child) => new Promise((resolve) => child.once('close', resolve)));
    for (const child of this.#running) end(child);
    await Promise.all(closed);
  }

  #spawn({ program, args, env, cwd, limit }: Launch, now: number | undefined) {
    // A group of its own, so that what a tracer has started ends with it.
    const child = spawn(program, args, { cwd, env, stdio: 'pipe', detached: true });
    this.#running.add(child);
    child.once('close', () => this.#running.delete(child));
    child.stdin.on('error', () => {});
    let startedAt = now;
    let hung = false;
    let timer: NodeJS.Timeout;
    const watch = (): void => {
      timer = setTimeout(() => {
        hung = true;
        end(child);
      }, limit);
    };
    if (startedAt !== undefined) watch();
    const answered = new Promise<void>((resolve) => {
      child.stdout.once('data', () => resolve());
      child.once('close', () => resolve());
    });
    const outcome = ended(child).then((result): Outcome => {
      clearTimeout(timer);
      const endedAt = performance.now();
      const start = startedAt ?? endedAt;
      return { ...result, pid: child.pid ?? 0, startedAt: start, endedAt, elapsed: endedAt - start, hung };
    });
    const process: RunningProcess = {
      pid: child.pid ?? 0,
      get startedAt() {
        return startedAt;
      },
      answered,
      outcome,
      send: (signal) => child.kill(signal),
    };
    const release = (): void => {
      startedAt = performance.now();
      watch();
      child.kill('SIGCONT');
    };
    return { process, release };
  }
}

/** The letter of a process in /proc: `T` is stopped, `Z` a zombie. Undefined when there is none. */
function stateOf(pid: number): string | undefined {
  const path = `/proc/${pid}/stat`;
  return existsSync(path) ? /\) (\S)/.exec(readFileSync(path, 'utf8'))?.[1] : undefined;
}

function end({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
