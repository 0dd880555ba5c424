import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory, flaskExampleDirectory } from './paths.ts';
import type { RealmClient } from './realm.ts';
import { findFreePorts, startServerProcess } from './server-process.ts';
import { runTool, say, type Tool } from './tools.ts';

const environment = join(cacheDirectory, 'flask-venv');
const requirements = join(flaskExampleDirectory, 'requirements.txt');

export interface FlaskServer {
  /** Without a final slash. */
  readonly url: string;
  stop(): Promise<void>;
}

/** What the resource server needs on the machine. */
export const flaskTools: readonly Tool[] = [
  {
    name: 'Python 3.11 or newer with the modules venv and ensurepip (Debian: python3-venv)',
    probe: ['python3', '-c', 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'],
  },
];

/** Makes a Python environment with the example's requirements, unless it is there and they are the same. */
export async function prepareFlask(): Promise<void> {
  const marker = join(environment, 'ccgrant-tests-requirements.txt');
  const wanted = `# ${(await runTool('python3', ['--version'])).trim()}\n${await readFile(requirements, 'utf8')}`;
  if ((await readFile(marker, 'utf8').catch(() => undefined)) === wanted) return;
  say('installing Flask and Authlib with pip (once)');
  await mkdir(cacheDirectory, { recursive: true });
  await runTool('python3', ['-m', 'venv', '--clear', environment]);
  await runTool(pythonOfEnvironment(), ['-m', 'pip', 'install', '--quiet', '--requirement', requirements]);
  await writeFile(marker, wanted);
}

/**
 * Starts the example's resource server for tokens of this issuer. It verifies them offline, or asks the
 * issuer about each one as the client `introspectAs`.
 */
export async function startFlaskServer(issuer: string, introspectAs?: RealmClient): Promise<FlaskServer> {
  const [port] = await findFreePorts(1);
  const url = `http://localhost:${port}`;
  const server = await startServerProcess({
    name: 'the Flask resource server',
    command: pythonOfEnvironment(),
    args: [join(flaskExampleDirectory, 'server.py')],
    env: {
      PATH: process.env.PATH ?? '',
      API_ISSUER: issuer,
      API_PORT: String(port),
      ...(introspectAs !== undefined && {
        API_VALIDATION: 'introspection',
        API_CLIENT_ID: introspectAs.clientId,
        API_CLIENT_SECRET: introspectAs.secret,
      }),
    },
    isReady: async () => (await fetch(`${url}/api/public`)).ok,
    startTimeout: 60_000,
  });
  return { url, stop: server.stop };
}

function pythonOfEnvironment(): string {
  return join(environment, 'bin', 'python');
}
