import { sha256Hex } from '../sha256.ts';
import type { CacheDirectory } from './cache-directory.ts';

/** Seconds that metadata and keys are used without asking anew. */
const maxAge = 600;

/** Metadata and keys of authorization servers on disk, for ten minutes. */
export class DocumentCache {
  readonly #directory: CacheDirectory;
  readonly #mayRead: boolean;
  readonly #now: () => number;

  /** @param now milliseconds since the epoch */
  constructor(directory: CacheDirectory, mayRead: boolean, now: () => number) {
    this.#directory = directory;
    this.#mayRead = mayRead;
    this.#now = now;
  }

  /** The document stored for a place, unless it is old. */
  read<T extends object>(place: string): T | undefined {
    if (!this.#mayRead) return undefined;
    const record = this.#directory.read('metadata', sha256Hex(place));
    if (record?.place !== place) return undefined;
    const age = this.#now() / 1000 - Number(record.fetchedOn);
    return age >= 0 && age < maxAge ? (record.document as T) : undefined;
  }

  write(place: string, document: object): void {
    this.#directory.write('metadata', sha256Hex(place), { place, fetchedOn: this.#now() / 1000, document });
  }
}
