import { statSync } from 'node:fs';

/** What changes when a file is written, replaced, or made another one by a link; null when there is none. */
export function fileState(path: string): string | null {
  try {
    const { dev, ino, size, mode, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [dev, ino, size, mode, mtimeNs, ctimeNs].join(' ');
  } catch {
    return null;
  }
}

/** Nanoseconds in which file systems may not tell two writes apart: a tick of the kernel, or of a coarse clock. */
const tick = 20_000_000n;
const coarseTick = 2_500_000_000n;

/**
 * Whether a write from now on will be seen in the state of the file: not when its last one was only just now.
 * @param now milliseconds since the epoch, of the same clock as the file system's
 */
export function isSettled(path: string, now: number): boolean {
  try {
    const { mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    const instant = BigInt(Math.floor(now)) * 1_000_000n;
    return [mtimeNs, ctimeNs].every((last) => instant - last > (last % 1_000_000n === 0n ? coarseTick : tick));
  } catch {
    return true;
  }
}
