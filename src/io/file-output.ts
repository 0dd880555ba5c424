import { fstatSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClosedPipeError, OutputError } from '../errors.ts';
import type { OutputStream } from './io.ts';

/**
 * A standard stream written by its file descriptor: node's own stream costs a fifth of a start, ends
 * a closed pipe in a stack trace, and may lose its tail when the process exits.
 */
export function fileOutput(fd: number, isTerminal: boolean, columns: number): OutputStream {
  return {
    isTerminal,
    columns,
    async write(bytes) {
      let rest = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
      while (rest.length > 0) {
        const written = writeSome(fd, rest);
        // The descriptor is not ours alone: another process may have made it non-blocking.
        if (written === 0) await sleep(2);
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

/** Writes what fits now; 0 when the descriptor would block. */
function writeSome(fd: number, bytes: Uint8Array): number {
  try {
    return writeSync(fd, bytes);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EAGAIN') return 0;
    if (code === 'EPIPE') throw new ClosedPipeError();
    throw new OutputError(`standard output cannot be written (${code})`, { hint: reason(fd, code) });
  }
}

function reason(fd: number, code: string | undefined): string | undefined {
  if (code === 'ENOSPC') return 'the disk is full';
  if (code === 'EBADF') return 'standard output is closed';
  return fstatSync(fd).isFile() ? 'check the file that standard output goes to' : undefined;
}
