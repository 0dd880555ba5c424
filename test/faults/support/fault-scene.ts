import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Answers, HttpServer } from '../../support/http-server.ts';
import { clientId, clientSecret, startAuthorizationServer } from '../../support/http-server-scene.ts';
import type { Workspace } from '../../support/run-ccgrant.ts';
import { createWorkspace } from '../../support/run-ccgrant.ts';
import { filesBelow } from './file-tree.ts';
import type { Outcome, RunningProcess } from './processes.ts';
import { Processes } from './processes.ts';
import type { TokenEndpointOptions } from './token-endpoint.ts';
import { TokenEndpoint } from './token-endpoint.ts';

const binary = fileURLToPath(new URL('../../../bin/ccgrant.cjs', import.meta.url));
const node = process.env.CCGRANT_TEST_NODE || process.execPath;

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Another program and its arguments, which gets the command to run. */
  readonly under?: readonly string[];
  /** Milliseconds after which it counts as hung; 40 s unless said otherwise. */
  readonly limit?: number;
}

/**
 * One authorization server, one cache and one client on a machine that has nothing else: any number of
 * processes of `ccgrant` in it ask for the same token.
 */
export interface FaultScene extends AsyncDisposable {
  readonly endpoint: TokenEndpoint;
  readonly server: HttpServer;
  readonly workspace: Workspace;
  readonly cacheDirectory: string;
  start(args: readonly string[], options?: StartOptions): RunningProcess;
  startAtOnce(count: number, args: readonly string[], options?: StartOptions): Promise<RunningProcess[]>;
  /** Runs `ccgrant` to its end. */
  run(args: readonly string[], options?: StartOptions): Promise<Outcome>;
  /** Runs many at once, all to their end. */
  runAtOnce(count: number, args: readonly string[], options?: StartOptions): Promise<Outcome[]>;
  /** How many entries can be read; throws when one cannot. */
  entries(): Promise<number>;
  /** The paths of all files in the cache. */
  files(): string[];
}

export interface FaultSceneOptions extends TokenEndpointOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What the server answers elsewhere. */
  readonly answers?: Answers;
  /** Where the server is found by its metadata, so that these are asked for as well. */
  readonly byIssuer?: boolean;
}

export async function openFaultScene(options: FaultSceneOptions = {}): Promise<FaultScene> {
  const endpoint = new TokenEndpoint(options);
  const server = await startAuthorizationServer({ ...options.answers, '/token': endpoint.answer });
  const workspace = await createWorkspace();
  const processes = new Processes();
  const cacheDirectory = join(workspace.cacheHome, 'ccgrant');

  function launch(args: readonly string[], { env, under = [], limit = 40_000 }: StartOptions = {}) {
    const [program = node, ...rest] = [...under, node, binary, ...args];
    const place = options.byIssuer
      ? { CCGRANT_ISSUER: server.origin }
      : { CCGRANT_TOKEN_ENDPOINT: `${server.origin}/token` };
    return {
      program,
      args: rest,
      cwd: workspace.directory,
      limit,
      env: {
        PATH: process.env.PATH ?? '',
        HOME: workspace.home,
        XDG_CACHE_HOME: workspace.cacheHome,
        XDG_CONFIG_HOME: workspace.configHome,
        CCGRANT_CLIENT_ID: clientId,
        CCGRANT_CLIENT_SECRET: clientSecret,
        ...place,
        ...options.env,
        ...env,
      },
    };
  }

  const scene: FaultScene = {
    endpoint,
    server,
    workspace,
    cacheDirectory,
    start: (args, more) => processes.start(launch(args, more)),
    startAtOnce: (count, args, more) => processes.startAtOnce(count, launch(args, more)),
    run: (args, more) => scene.start(args, more).outcome,
    async runAtOnce(count, args, more) {
      const running = await scene.startAtOnce(count, args, more);
      return Promise.all(running.map(({ outcome }) => outcome));
    },
    async entries() {
      const { exitCode, stdout, stderr } = await scene.run(['cache', 'list', '--format', 'json']);
      if (exitCode !== 0 || stderr !== '') throw new Error(`the cache cannot be listed (${exitCode}): ${stderr}`);
      return JSON.parse(stdout).length;
    },
    files: () => (existsSync(cacheDirectory) ? filesBelow(cacheDirectory) : []),
    async [Symbol.asyncDispose]() {
      await processes[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await workspace.remove();
    },
  };
  return scene;
}
