import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cacheDirectory } from '../keycloak/paths.ts';
import { findFreePorts, startServerProcess } from '../keycloak/server-process.ts';
import { send, type TlsOptions } from './send.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../../', import.meta.url));

type Environment = Readonly<Record<string, string>>;

/** The Node example, built for one test file, and the servers that run of it. */
export interface NodeServers extends AsyncDisposable {
  /** Starts one on a free port; with `API_TLS_CERT` among the variables it speaks TLS, which takes its CA. */
  start(env: Environment, tls?: TlsOptions): Promise<NodeServer>;
  /** Starts one that is expected to end by itself. */
  runToEnd(env: Environment): Promise<{ exitCode: unknown; stdout: string; stderr: string }>;
}

export interface NodeServer {
  /** Without a final slash. */
  readonly url: string;
  stop(): Promise<void>;
}

export async function buildNodeServers(): Promise<NodeServers> {
  // Below the repository, where jose is found.
  await mkdir(cacheDirectory, { recursive: true });
  const build = await mkdtemp(join(cacheDirectory, 'resource-server-node-'));
  await run(join(root, 'node_modules/.bin/tsc'), [
    '-p',
    join(root, 'examples/resource-server-node'),
    '--outDir',
    build,
  ]);
  const args = [join(build, 'server.js')];
  const started: NodeServer[] = [];

  return {
    async start(env, tls) {
      const [port] = await findFreePorts(1);
      const url = `${tls === undefined ? 'http' : 'https'}://localhost:${port}`;
      const { stop } = await startServerProcess({
        name: 'the Node resource server',
        command: process.execPath,
        args,
        env: { API_PORT: String(port), ...env },
        isReady: async () => (await send(`${url}/api/public`, {}, tls)).status === 200,
        startTimeout: 20_000,
      });
      const server = { url, stop };
      started.push(server);
      return server;
    },
    runToEnd: (env) =>
      run(process.execPath, args, { env, timeout: 10_000 }).then(
        ({ stdout, stderr }) => ({ exitCode: 0, stdout, stderr }),
        ({ code, stdout, stderr }) => ({ exitCode: code, stdout, stderr }),
      ),
    async [Symbol.asyncDispose]() {
      await Promise.all(started.map(({ stop }) => stop()));
      await rm(build, { recursive: true });
    },
  };
}
