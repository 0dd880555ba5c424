import type { ChildProcess, StdioOptions } from 'node:child_process';
import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Answer, Answers, HttpServer, TlsCredentials } from './http-server.ts';
import { json, startHttpServer } from './http-server.ts';
import type { CcgrantResult, RunOptions, Workspace } from './run-ccgrant.ts';
import { createWorkspace } from './run-ccgrant.ts';

const binary = fileURLToPath(new URL('../../bin/ccgrant.cjs', import.meta.url));
const node = process.env.CCGRANT_TEST_NODE || process.execPath;

export const clientId = 'ci-bot';
export const clientSecret = 'not-a-real-secret';

/** Milliseconds in which a command that gives up has done so, on a busy machine too. */
export const patience = 8000;

/** What a token endpoint answers when it has nothing odd in mind; the token is opaque. */
export const tokenResponse = { access_token: 'opaque-access-token', token_type: 'Bearer', expires_in: 300 };

/** The members of metadata that ccgrant uses. */
export function metadataOf(issuer: string): Readonly<Record<string, unknown>> {
  const { origin } = new URL(issuer);
  return {
    issuer,
    token_endpoint: `${origin}/token`,
    introspection_endpoint: `${origin}/introspect`,
    revocation_endpoint: `${origin}/revoke`,
    jwks_uri: `${origin}/jwks`,
  };
}

/** Answers with the metadata of the server that was asked, and with these members. */
export function metadata(members: Readonly<Record<string, unknown>> = {}): Answer {
  return ({ origin }) => json({ ...metadataOf(origin), ...members });
}

/**
 * Starts an authorization server whose issuer is its origin. It has metadata, gives out tokens, calls
 * every token active and revokes it: unless an answer of its own says otherwise.
 */
export async function startAuthorizationServer(answers: Answers = {}, tls?: TlsCredentials): Promise<HttpServer> {
  return startHttpServer(
    {
      '/.well-known/openid-configuration': metadata(),
      '/token': json(tokenResponse),
      '/introspect': json({ active: true }),
      '/revoke': json({}),
      '/jwks': json({ keys: [] }),
      ...answers,
    },
    tls,
  );
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly stdio?: StdioOptions | undefined;
  /** JavaScript that runs in the process before ccgrant does. */
  readonly preload?: string | undefined;
}

/** An authorization server, and a workspace whose environment names it and a client with a secret. */
export interface Scene extends AsyncDisposable {
  readonly server: HttpServer;
  readonly workspace: Workspace;
  /** Everything that ccgrant could have written to. */
  readonly root: string;
  /** Runs `ccgrant` to its end. */
  run(args: readonly string[], options?: RunOptions): Promise<CcgrantResult>;
  /** Starts `ccgrant` and leaves the rest to the caller; standard streams are pipes unless said otherwise. */
  start(args: readonly string[], options?: StartOptions): ChildProcess;
  /** Runs a script of bash in which `ccgrant` is the real binary. */
  shell(script: string, env?: Readonly<Record<string, string>>): Promise<CcgrantResult>;
}

export async function openScene(answers: Answers = {}, env: Readonly<Record<string, string>> = {}): Promise<Scene> {
  const server = await startAuthorizationServer(answers);
  const variables = {
    CCGRANT_ISSUER: server.origin,
    CCGRANT_CLIENT_ID: clientId,
    CCGRANT_CLIENT_SECRET: clientSecret,
    ...env,
  };
  const workspace = await createWorkspace(variables);
  // A test that fails may leave a command behind.
  const running = new Set<ChildProcess>();

  function launch(program: string, args: readonly string[], { env: more = {}, stdio = 'pipe' }: StartOptions) {
    const child = spawn(program, args, {
      cwd: workspace.directory,
      stdio,
      env: {
        PATH: process.env.PATH ?? '',
        HOME: workspace.home,
        XDG_CACHE_HOME: workspace.cacheHome,
        XDG_CONFIG_HOME: workspace.configHome,
        ...variables,
        ...more,
      },
    });
    running.add(child);
    child.once('close', () => running.delete(child));
    return child;
  }

  return {
    server,
    workspace,
    root: dirname(workspace.directory),
    run: workspace.run,
    start: (args, options = {}) => {
      const { preload } = options;
      const imports = preload === undefined ? [] : ['--import', `data:text/javascript,${encodeURIComponent(preload)}`];
      return launch(node, [...imports, binary, ...args], options);
    },
    shell: async (script, more) => {
      const prologue = 'ccgrant() { "$NODE" "$CCGRANT" "$@"; }\n';
      const child = launch('bash', ['-c', prologue + script], { env: { NODE: node, CCGRANT: binary, ...more } });
      return ended(child);
    },
    async [Symbol.asyncDispose]() {
      for (const child of running) child.kill('SIGKILL');
      await server[Symbol.asyncDispose]();
      await workspace.remove();
    },
  };
}

/** Waits for the end of a command, and collects what it still writes. */
export async function ended(child: ChildProcess): Promise<CcgrantResult> {
  child.stdin?.end();
  const closed = new Promise<Pick<CcgrantResult, 'exitCode' | 'signal'>>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal }));
  });
  const [end, stdout, stderr] = await Promise.all([
    closed,
    child.stdout === null ? '' : readText(child.stdout),
    child.stderr === null ? '' : readText(child.stderr),
  ]);
  return { ...end, stdout, stderr };
}
