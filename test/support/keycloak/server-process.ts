import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const keptCharacters = 8000;
const pollInterval = 100;
const stopTimeout = 60_000;

export interface ServerProcessOptions {
  /** What it is called in errors. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** A real request to the server: its answer decides when the server is ready. */
  readonly isReady: () => Promise<boolean>;
  readonly startTimeout: number;
}

/** A server that runs until it is stopped. */
export interface ServerProcess {
  stop(): Promise<void>;
}

/**
 * Starts a server and waits until it is ready.
 *
 * @throws Error with the end of its output when it ends too early or is not ready in time
 */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const { name, command, args, env, isReady, startTimeout } = options;
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let failure: Error | undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-keptCharacters);
    });
  }
  child.once('error', (error) => {
    failure = error;
  });
  const stopWithParent = () => child.kill('SIGTERM');
  process.once('exit', stopWithParent);

  const stop = async () => {
    process.off('exit', stopWithParent);
    await terminate(name, child);
  };

  const deadline = Date.now() + startTimeout;
  while (!(await isReady().catch(() => false))) {
    if (failure !== undefined) throw new Error(`${name} cannot be started: ${failure.message}`);
    if (hasEnded(child)) {
      throw new Error(`${name} ended with ${child.signalCode ?? child.exitCode} before it was ready:\n${output}`);
    }
    if (Date.now() > deadline) {
      await stop();
      throw new Error(`${name} was not ready within ${startTimeout} ms:\n${output}`);
    }
    await delay(pollInterval);
  }
  return { stop };
}

/** Different TCP ports of the loopback interface that were free a moment ago. */
export async function findFreePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listenOnFreePort()));
  const ports = servers.map((server) => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP server without a port');
    return address.port;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

async function listenOnFreePort(): Promise<Server> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function terminate(name: string, child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const inTime = await Promise.race([ended.then(() => true), delay(stopTimeout, false, { ref: false })]);
  if (!inTime) throw new Error(`${name} (process ${child.pid}) did not end within ${stopTimeout} ms of SIGTERM`);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
