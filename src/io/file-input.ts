import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { StandardInput } from './io.ts';

/** Standard input, and what of it is asked for only when it is needed. */
export interface InputSource {
  readonly fd: number;
  readonly isTerminal: () => boolean;
  /** Node's own stream. */
  readonly stream: () => Readable;
  /** Aborted when the process is to end. */
  readonly signal: () => AbortSignal;
}

/** Bytes of a file at a time. What larger pieces become is not collected while it is young. */
const pieceSize = 64 * 1024;

/** Bytes of standard input that may keep the process from hearing a signal. */
const atOnceLimit = 1024 * 1024;

/**
 * Standard input read by its file descriptor where it is a file, or already there: node's own stream costs a
 * fifth of a start, and for a file another thread for each piece.
 */
export function fileInput(source: InputSource): StandardInput {
  const stream = (): AsyncIterable<Uint8Array> => (isFile(source.fd) ? readFile(source) : readStream(source));
  const readWhole = async (): Promise<Uint8Array> => {
    const { chunks, isWhole } = readAtOnce(source.fd);
    if (!isWhole) for await (const chunk of stream()) chunks.push(chunk);
    return Buffer.concat(chunks);
  };
  let whole: Promise<Uint8Array> | undefined;
  return {
    get isTerminal() {
      return source.isTerminal();
    },
    stream,
    // It gives its content away once, and one password may open two keys.
    read: () => {
      whole ??= readWhole();
      return whole;
    },
  };
}

async function* readStream({ stream, signal }: InputSource): AsyncIterable<Uint8Array> {
  const input = stream();
  const abort = signal();
  const stop = (): void => {
    input.destroy(abort.reason);
  };
  abort.addEventListener('abort', stop, { once: true });
  yield* input;
}

async function* readFile({ fd, signal }: InputSource): AsyncIterable<Uint8Array> {
  const abort = signal();
  for (;;) {
    const piece = Buffer.allocUnsafe(pieceSize);
    const count = readSync(fd, piece);
    if (count === 0) return;
    yield piece.subarray(0, count);
    // Signals are heard between two pieces, however quick whoever takes them is.
    await new Promise(setImmediate);
    abort.throwIfAborted();
  }
}

/**
 * What is already there. A file is read where it stands; a pipe is opened once more, as one that is not waited
 * for, which only Linux can do. Whatever goes wrong here, node's stream comes after it and meets it too.
 */
function readAtOnce(fd: number): { readonly chunks: Uint8Array[]; readonly isWhole: boolean } {
  const chunks: Uint8Array[] = [];
  let pipe: number | undefined;
  try {
    const stats = fstatSync(fd);
    if (stats.isFIFO()) pipe = openSync(`/proc/self/fd/${fd}`, constants.O_RDONLY | constants.O_NONBLOCK);
    else if (!stats.isFile()) return { chunks, isWhole: false };
    for (let length = 0; length < atOnceLimit; ) {
      const chunk = Buffer.alloc(pieceSize);
      const count = readSync(pipe ?? fd, chunk);
      if (count === 0) return { chunks, isWhole: true };
      length += count;
      chunks.push(chunk.subarray(0, count));
    }
  } catch {
    // EAGAIN among others: the writer is not done.
  } finally {
    if (pipe !== undefined) closeSync(pipe);
  }
  return { chunks, isWhole: false };
}

function isFile(fd: number): boolean {
  try {
    return fstatSync(fd).isFile();
  } catch {
    return false;
  }
}
