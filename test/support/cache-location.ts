import { hostname } from 'node:os';
import type { CacheLocation } from '../../src/cache/cache-directory.ts';
import { identifyProcess } from '../../src/cache/process-identity.ts';
import type { Host } from '../../src/context.ts';

/** The parts of a Host that say which process this is. */
export const thisProcess: Pick<Host, 'userId' | 'processId' | 'hasProcess' | 'name'> = {
  userId: process.getuid?.(),
  processId: process.pid,
  hasProcess: (pid) => pid === process.pid,
  name: async () => hostname(),
};

/** A cache directory of this user's, used by this process. */
export function cacheLocation(path: string, warn: (reason: string) => void): CacheLocation {
  const { userId, processId, hasProcess, name } = thisProcess;
  return {
    path,
    userId,
    self: async () => identifyProcess(processId, await name(), hasProcess),
    now: Date.now,
    elapsed: () => performance.now(),
    warn,
  };
}
