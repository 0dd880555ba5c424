import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The paths of everything below a directory that is not itself a directory. */
export function filesBelow(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

/** Everything below a directory with its mode, its times of change and its content: equal only if nothing was written. */
export function snapshot(directory: string): Readonly<Record<string, string>> {
  const paths = [
    directory,
    ...readdirSync(directory, { recursive: true }).map((name) => join(directory, String(name))),
  ];
  return Object.fromEntries(
    paths.map((path) => {
      const stats = lstatSync(path, { bigint: true });
      const content = stats.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : '';
      return [path, `${stats.ino} ${stats.mode} ${stats.mtimeNs} ${stats.ctimeNs} ${content}`];
    }),
  );
}
