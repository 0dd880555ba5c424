import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const page = 4096;

/** A small disk of its own that can be filled to the last page. */
export interface Disk extends Disposable {
  readonly directory: string;
  /** Takes all of it but so many pages of 4096 bytes. */
  fill(pagesLeft: number): void;
  empty(): void;
}

/** Mounts a tmpfs of this many KiB on a new directory. */
export function mountDisk(directory: string, kibibytes: number): Disk {
  mkdirSync(directory, { mode: 0o700 });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kibibytes}k,mode=0700`, 'tmpfs', directory]);
  const filler = join(directory, 'filler');
  return {
    directory,
    fill(pagesLeft) {
      const descriptor = openSync(filler, 'w');
      let size = 0;
      try {
        for (;;) size += writeSync(descriptor, Buffer.alloc(page));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        ftruncateSync(descriptor, Math.max(0, size - pagesLeft * page));
      } finally {
        closeSync(descriptor);
      }
    },
    empty: () => rmSync(filler, { force: true }),
    [Symbol.dispose]: () => {
      execFileSync('umount', ['-l', directory]);
    },
  };
}
