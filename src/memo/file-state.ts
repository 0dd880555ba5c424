import { statSync } from 'node:fs';

/** What changes when a file is written, replaced, or made another one by a link; null when there is none. */
export function fileState(path: string): string | null {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return null;
    const { dev, ino, size, mode, mtimeMs, ctimeMs } = stats;
    return `${dev} ${ino} ${size} ${mode} ${mtimeMs} ${ctimeMs}`;
  } catch (error) {
    // Where a missing file is passed over, one that cannot be looked at is an error.
    return (error as NodeJS.ErrnoException).code ?? '';
  }
}
