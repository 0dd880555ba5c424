import { statSync } from 'node:fs';
import type { AssertionSource } from './secret-source.ts';

/**
 * What tells one credential from another without holding it: the kind and place of its source, for a
 * file its state, for a value a keyed hash. Undefined when it cannot be told, so that nothing is cached.
 * @param value the secret, where the source gives it away only once (standard input)
 * @param keyedHash hash of a secret under a key that stays on this machine
 */
export async function credentialIdentity(
  source: AssertionSource | undefined,
  value: () => Promise<string>,
  keyedHash: (value: string) => string | undefined,
): Promise<string | undefined> {
  if (source === undefined) return 'none';
  switch (source.kind) {
    case 'file':
      return fileIdentity(source.path);
    case 'command': {
      // Its arguments may be as secret as what it prints, and relative ones start at its directory.
      const hash = keyedHash(JSON.stringify([source.directory, ...source.argv]));
      return hash && JSON.stringify(['command', hash]);
    }
    case 'variable': {
      const hash = keyedHash(source.value.reveal());
      return hash && JSON.stringify(['variable', source.variable, hash]);
    }
    case 'github-actions': {
      // Each job has a URL of its own: what one job may do is not for another one on the same machine.
      const hash = source.requestUrl === undefined ? undefined : keyedHash(source.requestUrl);
      return hash && JSON.stringify(['github-actions', hash]);
    }
    case 'standard input': {
      const hash = keyedHash(await value());
      return hash && JSON.stringify(['standard input', hash]);
    }
  }
}

/**
 * What tells a file that is replaced all the time, and goes on speaking for the same client: its path. Undefined for
 * a pipe, and for the name of a descriptor, which are the same for whatever comes from there.
 */
export function placeIdentity(path: string): string | undefined {
  if (/^\/(dev|proc)\//.test(path)) return undefined;
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === false ? undefined : path;
  } catch {
    return undefined;
  }
}

/** What tells these files, as they are now, from others; undefined when one of them has no state that would tell. */
export function filesIdentity(paths: readonly string[]): string | undefined {
  const identities = paths.map(fileIdentity);
  return identities.includes(undefined) ? undefined : JSON.stringify(identities);
}

/** A pipe has another identity each time, and a file that is not there is reported by whoever reads it. */
function fileIdentity(path: string): string | undefined {
  try {
    const stats = statSync(path, { bigint: true });
    if (!stats.isFile()) return undefined;
    return JSON.stringify([
      'file',
      path,
      ...[stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].map(String),
    ]);
  } catch {
    return undefined;
  }
}
