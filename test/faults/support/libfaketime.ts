import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Where libfaketime is; undefined when it is not installed. */
export function libfaketime(): string | undefined {
  const directories = ['/usr/lib', '/usr/lib64', '/usr/local/lib'].filter((directory) => existsSync(directory));
  const places = directories.flatMap((directory) => [
    directory,
    ...readdirSync(directory).map((name) => join(directory, name)),
  ]);
  return places.map((place) => join(place, 'faketime/libfaketime.so.1')).find((path) => existsSync(path));
}
