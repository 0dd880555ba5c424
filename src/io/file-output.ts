import { fstatSync, write, writeSync } from 'node:fs';
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
    async write(bytes) {
      let rest = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
      while (rest.length > 0) {
        const written = rest.length <= atOnce ? writeSome(fd, rest) : await writeInBackground(fd, rest);
        // The descriptor is not ours alone: another process may have made it non-blocking.
        if (written === 0) await new Promise((resolve) => setTimeout(resolve, 2));
        rest = rest.subarray(written);
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

/** Bytes up to which a write is not worth another thread, and fits into any pipe that is being read. */
const atOnce = 4096;

/** Writes what fits now; 0 when the descriptor would block. */
function writeSome(fd: number, bytes: Uint8Array): number {
  try {
    return writeSync(fd, bytes);
  } catch (error) {
    return explain(fd, error);
  }
}

/** Writes in another thread: while a reader is slow, signals must still be heard. */
function writeInBackground(fd: number, bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, (error, written) => {
      if (error === null) return resolve(written);
      try {
        return resolve(explain(fd, error));
      } catch (explanation) {
        return reject(explanation);
      }
    });
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
