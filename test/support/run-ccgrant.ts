import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const binary = fileURLToPath(new URL('../../bin/ccgrant.cjs', import.meta.url));
const node = process.env.CCGRANT_TEST_NODE || process.execPath;

/** Variables that change what Node itself does: the binary has to do without them. */
const neverPassedOn = ['NODE_EXTRA_CA_CERTS', 'NODE_OPTIONS'];

/** How one command ended and what it wrote. */
export interface CcgrantResult {
  /** `null` when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** What standard input holds before it ends; empty by default. */
  readonly stdin?: string;
  /** Variables beside those of the workspace; an empty value counts as unset for ccgrant. */
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds after which a command that has not ended is a failure; 30 s by default. */
  readonly timeout?: number;
}

/** A home of its own for the real binary: its files, its cache, its configuration and nothing else. */
export interface Workspace {
  /** Where commands run and where files with relative names are. */
  readonly directory: string;
  readonly home: string;
  readonly cacheHome: string;
  readonly configHome: string;
  /** Writes a file that only its owner can read, and returns its absolute path. */
  writeFile(name: string, content: string | Uint8Array): Promise<string>;
  /** Runs `ccgrant` with these arguments to its end. */
  run(args: readonly string[], options?: RunOptions): Promise<CcgrantResult>;
  /** Removes everything in it. */
  remove(): Promise<void>;
}

/**
 * Makes an empty workspace in a temporary directory. Commands see PATH, HOME and the XDG directories
 * of the workspace, the given variables, and nothing of the environment that the tests run in.
 */
export async function createWorkspace(env: Readonly<Record<string, string>> = {}): Promise<Workspace> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'ccgrant-')));
  const directory = join(root, 'workspace');
  const home = join(root, 'home');
  const cacheHome = join(root, 'cache');
  const configHome = join(root, 'config');
  await Promise.all([directory, home, cacheHome, configHome].map((path) => mkdir(path, { mode: 0o700 })));

  return {
    directory,
    home,
    cacheHome,
    configHome,
    async writeFile(name, content) {
      const path = join(directory, name);
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await writeFile(path, content, { mode: 0o600 });
      return path;
    },
    run: (args, options = {}) =>
      runBinary(args, {
        ...options,
        directory,
        env: {
          PATH: process.env.PATH ?? '',
          HOME: home,
          XDG_CACHE_HOME: cacheHome,
          XDG_CONFIG_HOME: configHome,
          ...env,
          ...options.env,
        },
      }),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** Runs one command in a workspace that exists only for it. */
export async function runCcgrant(args: readonly string[], options: RunOptions = {}): Promise<CcgrantResult> {
  const workspace = await createWorkspace();
  try {
    return await workspace.run(args, options);
  } finally {
    await workspace.remove();
  }
}

function runBinary(
  args: readonly string[],
  { stdin = '', env = {}, timeout = 30_000, directory }: RunOptions & { readonly directory: string },
): Promise<CcgrantResult> {
  const childEnv = Object.fromEntries(Object.entries(env).filter(([name]) => !neverPassedOn.includes(name)));
  const child = spawn(node, [binary, ...args], { cwd: directory, env: childEnv });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  // A command that never reads its standard input may close it before everything is written.
  child.stdin.on('error', () => {});
  child.stdin.end(stdin);

  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      const said = Buffer.concat(stderr).toString();
      reject(new Error(`ccgrant ${args.join(' ')} did not end within ${timeout} ms; standard error: ${said}`));
    }, timeout);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (exitCode, signal) => {
      clearTimeout(timer);
      resolve({
        exitCode,
        signal,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      });
    });
  });
}
