import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { KeycloakAddress } from './keycloak-server.ts';
import { examplesDirectory } from './paths.ts';
import { runTool, type Tool } from './tools.ts';

const binary = fileURLToPath(new URL('../../../bin/ccgrant.cjs', import.meta.url));
const node = process.env.CCGRANT_TEST_NODE || process.execPath;

/** What somebody has who has just cloned the repository, and nothing that a run left behind. */
const files = [
  'keycloak-admin.sh',
  'keycloak-myorg/run.sh',
  'keycloak-service-account/run.sh',
  'mtls-playbook/certificates.sh',
  'mtls-playbook/run.sh',
];

/** All that a script may start beside ccgrant. */
const programs = ['cat', 'dirname', 'env', 'jq', 'mkdir', 'rm', 'sed'];

/** A configuration of the user's own, with which no example would get far. */
const configuration = "default_profile = 'mine'\n\n[profiles.mine]\nissuer = 'http://localhost:1'\nscope = 'mine'\n";

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
  /** Runs these commands in the folder of an example, as a shell does in which somebody types them. */
  runByHand(example: string, commands: string, options?: ExampleOptions): Promise<ExampleResult>;
  /** The files in the user's home by their paths. */
  readHome(): Promise<Readonly<Record<string, string>>>;
  /** Every command line that ccgrant was started with. */
  readCommandLines(): Promise<string>;
  remove(): Promise<void>;
}

/** Copies the scripts to a directory of their own, with the home of a user and a PATH of just what they may use. */
export async function copyExamples(address: KeycloakAddress): Promise<Examples> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'ccgrant-examples-')));
  const directory = join(root, 'examples');
  const home = join(root, 'home');
  const commandLines = join(root, 'command-lines.txt');
  for (const file of files) await cp(join(examplesDirectory, file), join(directory, file));
  const writeBelow = async (path: string, content: string) => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content, { mode: 0o600 });
  };
  await writeBelow(join(home, '.config/ccgrant/config.toml'), configuration);
  await writeBelow(join(directory, 'state/admin.secret'), `${address.adminClientSecret}\n`);

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

  const makeEnvironment = async ({ env = {}, without = [] }: ExampleOptions = {}) => ({
    PATH: await makePath(without),
    HOME: home,
    KEYCLOAK_URL: address.baseUrl,
    KEYCLOAK_ADMIN_CLIENT_ID: address.adminClientId,
    ...env,
  });

  return {
    stateFile: (example, name) => join(directory, example, 'state', name),
    async writeFile(name, content) {
      const path = join(root, name);
      await writeFile(path, content, { mode: 0o600 });
      return path;
    },
    run: async (example, options) => runScript(join(directory, example, 'run.sh'), '/', await makeEnvironment(options)),
    runByHand: async (example, commands, options) =>
      runScript(commands, join(directory, example), await makeEnvironment(options)),
    async readHome() {
      const entries = await readdir(home, { recursive: true, withFileTypes: true });
      const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
      const contents = await Promise.all(paths.map(async (path) => [path, await readFile(path, 'utf8')] as const));
      return Object.fromEntries(contents);
    },
    readCommandLines: () => readFile(commandLines, 'utf8'),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** The two streams are one pipe, so that what is written to them keeps its order. */
function runScript(commands: string, cwd: string, env: Readonly<Record<string, string>>): Promise<ExampleResult> {
  const child = spawn('/bin/sh', ['-c', `exec 2>&1\n${commands}`], {
    cwd,
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
