import type { Context, Environment, Host } from '../../../src/context.ts';
import type { HttpClient } from '../../../src/http/types.ts';
import { createIo } from '../../../src/io/create-io.ts';
import type { OutputStream } from '../../../src/io/io.ts';
import { Witness } from '../../../src/memo/witness.ts';
import { sha256Hex } from '../../../src/sha256.ts';
import { thisProcess } from '../../support/cache-location.ts';

export interface ContextOptions {
  readonly env?: Environment;
  readonly host?: Partial<Host>;
  /** Epoch seconds at which the clock stands. */
  readonly now?: number | (() => number);
  readonly stdin?: string | Uint8Array;
  readonly isTerminal?: boolean;
  readonly verbose?: boolean;
  readonly client?: HttpClient;
}

export interface TestContext {
  readonly ctx: Context;
  readonly stdout: () => string;
  readonly stderr: () => string;
}

/** A Context whose streams are kept in memory, whose clock stands still and which reaches no network. */
export async function createContext(options: ContextOptions = {}): Promise<TestContext> {
  const { env = {}, host = {}, now = 1_700_000_000, stdin = '', isTerminal = false, verbose = false, client } = options;
  const stdout = memoryOutput();
  const stderr = memoryOutput();
  const input = typeof stdin === 'string' ? Buffer.from(stdin) : stdin;
  const streams = {
    stdin: {
      isTerminal,
      read: async () => input,
      async *stream() {
        yield input;
      },
    },
    stdout: stdout.stream,
    stderr: stderr.stream,
  };
  const testHost: Host = {
    platform: 'linux',
    home: '/home/tester',
    workingDirectory: '/here',
    ...thisProcess,
    userId: 1000,
    ...host,
  };
  const clock = typeof now === 'number' ? () => now : now;
  return {
    ctx: {
      io: await createIo(streams, { color: 'never', quiet: false, verbose }, env),
      argv: [],
      env,
      connect: async () => {
        if (client === undefined) throw new Error('this test reaches no network');
        return client;
      },
      now: () => clock() * 1000,
      elapsed: () => performance.now(),
      startedOn: clock() * 1000,
      signal: new AbortController().signal,
      sha256: sha256Hex,
      host: testHost,
      witness: new Witness(env, testHost),
    },
    stdout: stdout.text,
    stderr: stderr.text,
  };
}

function memoryOutput(): { stream: OutputStream; text: () => string } {
  const chunks: Buffer[] = [];
  return {
    stream: {
      isTerminal: false,
      columns: 80,
      async write(content) {
        const pieces = typeof content === 'string' ? [Buffer.from(content)] : [content].flat();
        for (const piece of pieces) chunks.push(Buffer.from(piece));
      },
      writeNow(bytes) {
        chunks.push(Buffer.from(bytes));
      },
    },
    text: () => Buffer.concat(chunks).toString(),
  };
}
