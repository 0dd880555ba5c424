import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FaultScene } from './fault-scene.ts';
import type { Outcome } from './processes.ts';

/** The calls by which a cache is changed and a server asked. */
const calls = [
  ...['openat', 'open', 'creat', 'mkdir', 'mkdirat', 'link', 'linkat', 'symlink', 'symlinkat'],
  ...['rename', 'renameat', 'renameat2', 'unlink', 'unlinkat', 'rmdir', 'write', 'pwrite64', 'writev', 'pwritev'],
  ...['fsync', 'fdatasync', 'ftruncate', 'utimensat', 'chmod', 'fchmod', 'connect'],
];

/** One system call of a run, and which of its kind it was in its thread. */
export interface SystemCall {
  readonly name: string;
  readonly ordinal: number;
  /** As strace writes it. */
  readonly line: string;
}

/** Runs a command and returns its calls that name something in the cache directory, or connect. */
export async function traceCacheCalls(scene: FaultScene, args: readonly string[]): Promise<SystemCall[]> {
  const traced = await traceCalls(scene, args, calls);
  return traced.filter(({ name, line }) => name === 'connect' || line.includes(scene.cacheDirectory));
}

/** Runs a command and returns its calls of these names, `%file` and its like too. */
export async function traceCalls(
  scene: FaultScene,
  args: readonly string[],
  names: readonly string[],
): Promise<SystemCall[]> {
  const log = join(scene.workspace.directory, 'strace.log');
  const tracer = ['strace', '-f', '--seccomp-bpf', '-qq', '-y', '-s', '256', '-o', log, '-e', `trace=${names}`];
  const outcome = await scene.start(args, { under: tracer }).outcome;
  if (outcome.exitCode !== 0) throw new Error(`the traced run failed: ${outcome.stderr}`);
  const counts = new Map<string, number>();
  return readFileSync(log, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, thread, name] = /^(\d+) +(\w+)\(/.exec(line) ?? [];
      if (name === undefined) return [];
      const ordinal = (counts.get(`${thread} ${name}`) ?? 0) + 1;
      counts.set(`${thread} ${name}`, ordinal);
      return [{ name, ordinal, line }];
    });
}

/** Whether a call has changed a file or a directory. */
export function changesSomething({ name, line }: SystemCall): boolean {
  const isOpening = ['openat', 'open', 'connect'].includes(name);
  return !line.includes(' = -1 ') && (!isOpening || line.includes('O_CREAT'));
}

/** The command before a command that kills it as it enters one call. */
export function killedAt({ name, ordinal }: SystemCall): string[] {
  return injecting(`${name}:signal=SIGKILL:when=${ordinal}`);
}

/** The command before a command in which every call of these names fails. */
export function failingAt(names: string, error: string): string[] {
  return injecting(`${names}:error=${error}`);
}

/**
 * Runs a command in which one call on the cache directory fails. Node makes other calls of the same name, not as
 * many each time: where one of those was met, the run is made again, with a neighbour of the call then and when.
 */
export async function runWithFailure(
  scene: FaultScene,
  args: readonly string[],
  { name, ordinal }: SystemCall,
  error: string,
): Promise<Outcome> {
  const log = join(scene.workspace.directory, 'strace.log');
  for (const shift of [0, 0, 1, -1, 2, -2, 0, 1, -1, 3]) {
    const under = injecting(`${name}:error=${error}:when=${Math.max(1, ordinal + shift)}`, log);
    const outcome = await scene.run(args, { under });
    const met = readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => line.includes('(INJECTED)'));
    if (met.length > 0 && met.every((line) => line.includes(scene.cacheDirectory))) return outcome;
  }
  throw new Error(
    `${name} number ${ordinal} and its neighbours were on the cache directory in one run, and in none after it`,
  );
}

function injecting(injection: string, log = '/dev/null'): string[] {
  // Not with --seccomp-bpf, under which strace lets some calls through that it should have met.
  return ['strace', '-f', '-qq', '-y', '-s', '256', '-o', log, '-e', `inject=${injection}`];
}
