import { spawn } from 'node:child_process';
import { chmod, chown, cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CcgrantResult, RunOptions, Workspace } from './run-ccgrant.ts';

/** Nobody special: root may read and write what no user may. */
export const unprivileged = 65_534;
export const isRoot = process.getuid?.() === 0;

/** Runs any program to its end in a workspace. Its standard input stays open unless something is written to it. */
export function execute(
  workspace: Workspace,
  [command = '', ...args]: readonly string[],
  { env = {}, stdin, timeout = 10_000 }: RunOptions = {},
): Promise<CcgrantResult> {
  const child = spawn(command, args, {
    cwd: workspace.directory,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: workspace.home,
      XDG_CACHE_HOME: workspace.cacheHome,
      XDG_CONFIG_HOME: workspace.configHome,
      ...env,
    },
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    output.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output.stderr += chunk;
  });
  child.stdin.on('error', () => {});
  if (stdin !== undefined) child.stdin.end(stdin);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${command} did not end within ${timeout} ms: ${output.stderr}`));
    }, timeout);
    child.once('error', reject);
    child.once('close', (exitCode, signal) => {
      clearTimeout(timer);
      resolve({ exitCode, signal, ...output });
    });
  });
}

/** A copy of the program that every user may read. */
export interface ProgramCopy extends AsyncDisposable {
  readonly directory: string;
  readonly node: string;
  readonly binary: string;
  /** Runs ccgrant as a user who is not root, to whom the workspace then belongs. */
  runUnprivileged(workspace: Workspace, args: readonly string[], options: RunOptions): Promise<CcgrantResult>;
}

export async function copyProgram(): Promise<ProgramCopy> {
  const directory = await mkdtemp(join(tmpdir(), 'ccgrant-program-'));
  await chmod(directory, 0o755);
  const checkout = fileURLToPath(new URL('../..', import.meta.url));
  for (const folder of ['bin', 'dist']) await cp(join(checkout, folder), join(directory, folder), { recursive: true });
  const node = process.execPath;
  const binary = join(directory, 'bin/ccgrant.cjs');
  return {
    directory,
    node,
    binary,
    async runUnprivileged(workspace, args, options) {
      if (!isRoot) return execute(workspace, [node, binary, ...args], { stdin: '', ...options });
      const root = dirname(workspace.home);
      await chown(root, unprivileged, unprivileged);
      const entries = await readdir(root, { recursive: true });
      await Promise.all(entries.map((path) => chown(join(root, path), unprivileged, unprivileged)));
      const user = ['setpriv', `--reuid=${unprivileged}`, `--regid=${unprivileged}`, '--clear-groups'];
      return execute(workspace, [...user, node, binary, ...args], { stdin: '', ...options });
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
}
