import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { Dispatcher, MockAgent } from 'undici';
import { test as base, vi } from 'vitest';
import { run } from '../../src/cli.ts';
import type { Outside } from '../../src/context.ts';
import { dispatcherClient } from '../../src/http/undici-client.ts';
import type { StandardStreams } from '../../src/io/create-io.ts';
import type { OutputStream, StandardInput } from '../../src/io/io.ts';
import { sha256Hex } from '../../src/sha256.ts';
import { thisProcess } from './cache-location.ts';

/** How one command ended and what it wrote. */
export interface CliResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Standard input that is a terminal, where nobody types anything. */
export const terminal: unique symbol = Symbol('terminal');

export interface CliOptions {
  /** The environment, beside nothing else. */
  readonly env?: Readonly<Record<string, string>>;
  /** What standard input holds. Without it standard input is a pipe that must not be read. */
  readonly stdin?: string | typeof terminal;
  /** Which of the outputs are terminals. */
  readonly terminals?: readonly ('stdout' | 'stderr')[];
}

/** How a server answers one request. */
export interface Answer {
  readonly status?: number;
  /** A body as JSON, with its content type. */
  readonly json?: unknown;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** A failure of the connection in place of an answer. */
  readonly error?: Error;
  /** Milliseconds before the answer. */
  readonly delay?: number;
  /** How many requests are answered so; one by default. */
  readonly times?: number;
}

/** A request that left ccgrant. */
export interface SentRequest {
  readonly method: string;
  readonly url: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** ccgrant in this process: a home of its own, a network of which every answer is agreed, and a clock that stands. */
export interface Cli {
  readonly home: string;
  /** Where commands run and where files with relative names are. */
  readonly directory: string;
  /** Where tokens are cached unless a test says otherwise. */
  readonly cacheDirectory: string;
  /** Epoch milliseconds; moves only when a test moves it. */
  now: number;
  /** What was sent so far, retries included. */
  readonly requests: readonly SentRequest[];
  /** Agrees on the answer to requests of this method to this URL; each must have been made when the test ends. */
  answer(method: string, url: string, answer: Answer): void;
  /** Writes a file that only its owner can read, and returns its absolute path. */
  writeFile(name: string, content: string | Uint8Array): Promise<string>;
  run(argv: readonly string[], options?: CliOptions): Promise<CliResult>;
}

/** vitest's `test` with a `cli` of its own for each test. */
export const test = base.extend<{ cli: Cli }>({
  cli: async ({ task: _ }, use) => {
    const root = await realpath(await mkdtemp(join(tmpdir(), 'ccgrant-cli-')));
    const random = vi.spyOn(Math, 'random').mockReturnValue(0);
    const network = new AgreedNetwork();
    try {
      await use(await openCli(root, network));
    } finally {
      random.mockRestore();
      await rm(root, { recursive: true, force: true });
    }
    network.assertAllAnswersUsed();
  },
});

async function openCli(root: string, network: AgreedNetwork): Promise<Cli> {
  const home = join(root, 'home');
  const directory = join(root, 'workspace');
  await Promise.all([home, directory].map((path) => mkdir(path, { mode: 0o700 })));
  const cli: Cli = {
    home,
    directory,
    cacheDirectory: join(home, '.cache', 'ccgrant'),
    now: Date.parse('2026-01-01T00:00:00Z'),
    requests: network.requests,
    answer: (method, url, answer) => network.answer(method, url, answer),
    async writeFile(name, content) {
      const path = join(directory, name);
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await writeFile(path, content, { mode: 0o600 });
      return path;
    },
    async run(argv, { env = {}, stdin, terminals = [] } = {}) {
      const stdout = captured(terminals.includes('stdout'));
      const stderr = captured(terminals.includes('stderr'));
      const streams: StandardStreams = { stdin: standardInput(stdin), stdout: stdout.stream, stderr: stderr.stream };
      const outside: Outside = {
        env,
        connect: async (settings) => dispatcherClient(settings, () => network),
        now: () => cli.now,
        elapsed: () => performance.now(),
        startedOn: cli.now,
        signal: new AbortController().signal,
        sha256: sha256Hex,
        host: { platform: process.platform, home, workingDirectory: directory, ...thisProcess },
      };
      const exitCode = await run(argv, streams, outside);
      await network.readBodies();
      return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
    },
  };
  return cli;
}

function standardInput(content: CliOptions['stdin']): StandardInput {
  async function* stream(): AsyncIterable<Uint8Array> {
    if (typeof content !== 'string') throw new Error('standard input was read');
    yield Buffer.from(content);
  }
  return { isTerminal: content === terminal, stream, read: () => buffer(stream()) };
}

function captured(isTerminal: boolean): { readonly stream: OutputStream; readonly text: () => string } {
  const chunks: Buffer[] = [];
  const write = (content: string | Uint8Array | readonly Uint8Array[]): void => {
    const pieces = typeof content === 'string' ? [Buffer.from(content)] : [content].flat();
    for (const piece of pieces) chunks.push(Buffer.from(piece));
  };
  const stream: OutputStream = { isTerminal, columns: 80, write: async (content) => write(content), writeNow: write };
  return { stream, text: () => Buffer.concat(chunks).toString() };
}

/** undici's MockAgent, cut off from the net; it outlives the runs of a test, and takes down what they send. */
class AgreedNetwork extends Dispatcher {
  readonly requests: SentRequest[] = [];
  readonly #agent = new MockAgent();
  readonly #unread: { readonly index: number; readonly body: unknown }[] = [];
  readonly #unexpected: string[] = [];

  constructor() {
    super();
    this.#agent.disableNetConnect();
  }

  answer(method: string, url: string, { status = 200, json, body, headers, error, delay, times = 1 }: Answer): void {
    const { origin, pathname, search } = new URL(url);
    const interceptor = this.#agent.get(origin).intercept({ method, path: `${pathname}${search}` });
    const content = json === undefined ? (body ?? '') : JSON.stringify(json);
    const type = json === undefined ? {} : { 'content-type': 'application/json' };
    const scope =
      error === undefined
        ? interceptor.reply(status, content, { headers: { ...type, ...headers } })
        : interceptor.replyWithError(error);
    if (delay !== undefined) scope.delay(delay);
    scope.times(times);
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const { method, origin, path, headers, body } = options;
    const url = `${origin}${path}`;
    this.#unread.push({ index: this.requests.length, body });
    this.requests.push({ method, url, headers: toRecord(headers as string[]), body: '' });
    try {
      return this.#agent.dispatch(options, handler);
    } catch (error) {
      this.#unexpected.push(`${method} ${url}`);
      throw error;
    }
  }

  /** A run ends by destroying its connections; there are none, and the next run needs the answers. */
  override async destroy(): Promise<void> {}

  async readBodies(): Promise<void> {
    for (const { index, body } of this.#unread.splice(0)) {
      const request = this.requests[index];
      if (request !== undefined) this.requests[index] = withFixedBoundary({ ...request, body: await readBody(body) });
    }
  }

  assertAllAnswersUsed(): void {
    this.#agent.assertNoPendingInterceptors();
    if (this.#unexpected.length > 0) throw new Error(`nobody answers ${this.#unexpected.join(', ')}`);
  }
}

function toRecord(fields: readonly string[]): Record<string, string> {
  const record: Record<string, string> = {};
  for (let index = 0; index < fields.length; index += 2) {
    const name = (fields[index] ?? '').toLowerCase();
    const value = fields[index + 1] ?? '';
    record[name] = name in record ? `${record[name]}, ${value}` : value;
  }
  return record;
}

async function readBody(body: unknown): Promise<string> {
  if (body === null || body === undefined) return '';
  if (typeof body === 'string' || body instanceof Uint8Array || body instanceof Blob) return new Blob([body]).text();
  return (await buffer(body as AsyncIterable<Uint8Array> as never)).toString();
}

/** The boundary of a form is another one each time. */
function withFixedBoundary(request: SentRequest): SentRequest {
  const { 'content-type': type } = request.headers;
  const [, boundary] = /^multipart\/form-data; boundary=(\S+)$/.exec(type ?? '') ?? [];
  if (boundary === undefined) return request;
  const headers = { ...request.headers, 'content-type': 'multipart/form-data; boundary=BOUNDARY' };
  return { ...request, headers, body: request.body.replaceAll(boundary, 'BOUNDARY') };
}
