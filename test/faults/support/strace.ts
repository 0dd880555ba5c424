import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FaultScene } from './fault-scene.ts';

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

/** The command before a command in which one call fails, or every one of several kinds. */
export function failingAt(names: string, error: string, ordinal?: number): string[] {
  return injecting(`${names}:error=${error}${ordinal === undefined ? '' : `:when=${ordinal}`}`);
}

function injecting(injection: string): string[] {
  // Not with --seccomp-bpf, under which strace lets some calls through that it should have met.
  return ['strace', '-f', '-qq', '-o', '/dev/null', '-e', `inject=${injection}`];
}
