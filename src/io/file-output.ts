import { fstatSync, writeSync, writev } from 'node:fs';
import { ClosedPipeError, OutputError } from '../errors.ts';
import type { OutputStream } from './io.ts';

/**
 * A standard stream written by its file descriptor: node's own stream costs a fifth of a start, ends
 * a closed pipe in a stack trace, and may lose its tail when the process exits.
 * @param terminalWidth columns of the terminal that the descriptor is, absent when it is none
 */
export function fileOutput(fd: number, terminalWidth?: () => number): OutputStream {
  return {
    isTerminal: terminalWidth !== undefined,
    get columns() {
      return terminalWidth?.() ?? 80;
    },
    async write(content) {
      const bytes = typeof content === 'string' ? Buffer.from(content) : content;
      let rest = behind(bytes instanceof Uint8Array ? [bytes] : bytes, 0);
      for (;;) {
        const [first] = rest;
        if (first === undefined) return;
        const isSmall = rest.length === 1 && first.length <= atOnce;
        const written = isSmall ? writeSome(fd, first) : await writeInBackground(fd, rest);
        // The descriptor is not ours alone: another process may have made it non-blocking.
        if (written === 0) await new Promise((resolve) => setTimeout(resolve, 2));
        rest = behind(rest, written);
      }
    },
    writeNow(bytes) {
      try {
        writeSync(fd, bytes);
      } catch {
        // There is no place left to tell that standard error cannot be written.
      }
    },
  };
}

/** Bytes up to which a write is not worth another thread, and fits into any pipe that is being read: the longest help does. */
const atOnce = 16 * 1024;

/** Writes what fits now; 0 when the descriptor would block. */
function writeSome(fd: number, bytes: Uint8Array): number {
  try {
    return writeSync(fd, bytes);
  } catch (error) {
    return explain(fd, error);
  }
}

/** Writes in another thread: while a reader is slow, signals must still be heard. */
function writeInBackground(fd: number, pieces: readonly Uint8Array[]): Promise<number> {
  return new Promise((resolve, reject) => {
    writev(fd, pieces, (error, written) => {
      if (error === null) return resolve(written);
      try {
        return resolve(explain(fd, error));
      } catch (explanation) {
        return reject(explanation);
      }
    });
  });
}

/** What of these pieces comes after so many bytes; no piece of it is empty. */
function behind(pieces: readonly Uint8Array[], written: number): readonly Uint8Array[] {
  let skipped = written;
  return pieces.flatMap((piece) => {
    const rest = piece.subarray(skipped);
    skipped -= piece.length - rest.length;
    return rest.length === 0 ? [] : [rest];
  });
}

/** 0 for a descriptor that would block; anything else is thrown. */
function explain(fd: number, error: unknown): 0 {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EAGAIN') return 0;
  if (code === 'EPIPE') throw new ClosedPipeError();
  throw new OutputError(`the output cannot be written (${code})`, { hint: hint(fd, code) });
}

function hint(fd: number, code: string | undefined): string | undefined {
  if (code === 'ENOSPC') return 'the disk is full';
  if (code === 'EBADF') return 'standard output is closed';
  return fstatSync(fd).isFile() ? 'check the file that the output goes to' : undefined;
}
