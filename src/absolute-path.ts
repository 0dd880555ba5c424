import { isAbsolute, normalize, resolve } from 'node:path';
import type { Host } from './context.ts';

/** A path as the person gave it, from the working directory; an absolute one does not depend on where we are. */
export function absolutePath(path: string, host: Pick<Host, 'workingDirectory'>): string {
  return isAbsolute(path) ? normalize(path) : resolve(host.workingDirectory, path);
}
