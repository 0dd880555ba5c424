import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { KeycloakAddress } from './keycloak-server.ts';
import { examplesDirectory } from './paths.ts';
import { runTool, type Tool } from './tools.ts';

const binary = fileURLToPath(new URL('../../../bin/ccgrant.cjs', import.meta.url));
const node = process.env.CCGRANT_TEST_NODE || process.execPath;

/** What somebody has who has just cloned the repository, and nothing that a run left behind. */
const files = ['keycloak-admin.sh', 'keycloak-myorg/run.sh', 'keycloak-service-account/run.sh', 'mtls-playbook/run.sh'];

/** All that a script may start beside ccgrant. */
const programs = ['cat', 'dirname', 'jq', 'mkdir'];

/** What the examples' scripts need on the machine. */
export const exampleTools: readonly Tool[] = [{ name: 'jq', probe: ['jq', '--version'] }];

/** How a script ended, and its standard output and standard error as one text, as a terminal shows them. */
export interface ExampleResult {
  readonly exitCode: number | null;
  readonly output: string;
}

export interface ExampleOptions {
  /** Variables beside PATH, HOME and those that say where Keycloak is. */
  readonly env?: Readonly<Record<string, string>>;
  /** Programs that are not installed. */
  readonly without?: readonly string[];
}

/** A copy of the examples' scripts. */
export interface Examples {
  /** Where a script that has run keeps its files. */
  stateFile(example: string, name: string): string;
  /** Writes a file that only its owner can read, and returns its absolute path. */
  writeFile(name: string, content: string): Promise<string>;
  /** Runs `run.sh` of an example to its end. */
  run(example: string, options?: ExampleOptions): Promise<ExampleResult>;
  /** Every command line that ccgrant was started with. */
  readCommandLines(): Promise<string>;
  remove(): Promise<void>;
}

/** Copies the scripts to a directory of their own, with an empty home and a PATH of just what they may use. */
export async function copyExamples(address: KeycloakAddress): Promise<Examples> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'ccgrant-examples-')));
  const directory = join(root, 'examples');
  const home = join(root, 'home');
  const commandLines = join(root, 'command-lines.txt');
  for (const file of files) await cp(join(examplesDirectory, file), join(directory, file));
  await mkdir(home);
  await writeFile(join(directory, 'admin.secret'), `${address.adminClientSecret}\n`, { mode: 0o600 });

  const makePath = async (without: readonly string[]) => {
    const path = await mkdtemp(join(root, 'bin-'));
    await writeFile(
      join(path, 'ccgrant'),
      `#!/bin/sh\nprintf '%s\\n' "$*" >>'${commandLines}'\nexec '${node}' '${binary}' "$@"\n`,
      { mode: 0o755 },
    );
    for (const program of programs) {
      const location = (await runTool('sh', ['-c', `command -v ${program}`])).trim();
      await symlink(location, join(path, program));
    }
    for (const program of without) await rm(join(path, program));
    return path;
  };

  return {
    stateFile: (example, name) => join(directory, example, 'state', name),
    async writeFile(name, content) {
      const path = join(root, name);
      await writeFile(path, content, { mode: 0o600 });
      return path;
    },
    run: async (example, { env = {}, without = [] } = {}) =>
      runScript(join(directory, example, 'run.sh'), {
        PATH: await makePath(without),
        HOME: home,
        KEYCLOAK_URL: address.baseUrl,
        KEYCLOAK_ADMIN_CLIENT_ID: address.adminClientId,
        ...env,
      }),
    readCommandLines: () => readFile(commandLines, 'utf8'),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** The two streams are one pipe, so that what is written to them keeps its order. */
function runScript(script: string, env: Readonly<Record<string, string>>): Promise<ExampleResult> {
  const child = spawn('/bin/sh', ['-c', 'exec "$0" 2>&1', script], {
    cwd: '/',
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, output }));
  });
}
