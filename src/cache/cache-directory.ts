import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { keyedHash } from '../sha256.ts';
import { CacheTrouble } from './cache-trouble.ts';
import { GenerationLock } from './generation-lock.ts';
import type { Observer } from './process-identity.ts';
import { readPrivateFile, requirePrivateDirectory } from './read-private-file.ts';
import { formatVersion, openRecord, sealRecord } from './sealed-record.ts';
import { removeIdleLocks, sweepNowAndThen } from './sweep.ts';
import { createPrivateFile, preparePrivateDirectory, removeIfThere, writePrivateFile } from './write-private-file.ts';

const recordLimit = 256 * 1024;
const keyLength = 32;
const tag = `Signature: 8a477f597d28d172789f06886806bc55
# This directory holds access tokens and metadata that ccgrant can fetch again.
`;

export interface CacheLocation {
  readonly path: string;
  /** Owner that the files must have; undefined where there are no owners. */
  readonly userId: number | undefined;
  /** Who takes locks in it. */
  readonly self: () => Promise<Observer>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds by a clock that nobody sets. */
  readonly elapsed: () => number;
  /** Told once what is wrong with the cache, the first time that something is. */
  readonly warn: (reason: string) => void;
}

/** Records on disk, one file each. Trouble is told once, and from then on the cache is as if empty. */
export class CacheDirectory {
  readonly path: string;
  readonly #location: CacheLocation;
  #isOff = false;

  constructor(location: CacheLocation) {
    this.path = location.path;
    this.#location = location;
  }

  /** A record, or undefined when there is none that is whole. */
  read(folder: Folder, name: string): Readonly<Record<string, unknown>> | undefined {
    return this.attempt(() => {
      if (!this.#has(folder)) return undefined;
      const content = readPrivateFile(this.#file(folder, name), this.#location.userId, recordLimit);
      return content && openRecord(content);
    });
  }

  /** Writes a record, whole or not at all; whether it is there. */
  write(folder: Folder, name: string, record: object): boolean {
    const content = sealRecord(record);
    if (content === undefined || content.length > recordLimit) return false;
    const isWritten = this.attempt(() => {
      this.#prepare(folder);
      // What is lost when the machine stops is asked for again; only for a token that costs more than waiting for the disk.
      writePrivateFile(this.#file(folder, name), content, { isLasting: folder === 'tokens' });
      return true;
    });
    return isWritten ?? false;
  }

  /** The names of all records in a folder. */
  names(folder: Folder): string[] {
    const names = this.attempt(() => {
      const directory = join(this.path, folder);
      if (!this.#has(folder)) return [];
      return readdirSync(directory).filter((name) => name.endsWith(extension));
    });
    return (names ?? []).map((name) => name.slice(0, -extension.length));
  }

  /**
   * Removes every record in a folder, damaged ones, remains of interrupted writes and older versions too.
   * What a newer version or somebody else has put there is not ours to judge.
   * @returns how many records there were
   * @throws CacheTrouble when the folder is not fit to be touched, or something cannot be removed
   */
  clear(folder: Folder): number {
    if (!this.#has(folder)) return 0;
    const names = readdirSync(join(this.path, folder)).filter(isOurs);
    for (const name of names) {
      const path = join(this.path, folder, name);
      if (!removeIfThere(path) && existsSync(path)) throw new CacheTrouble(`${path} cannot be removed`);
    }
    return names.filter((name) => name.endsWith(extension)).length;
  }

  /** Removes a record; whether it was there. */
  remove(folder: Folder, name: string): boolean {
    const file = this.#file(folder, name);
    if (removeIfThere(file)) return true;
    if (existsSync(file)) this.#location.warn(`${file} cannot be removed`);
    return false;
  }

  /**
   * A hash of a secret under a key that only this cache has: it tells two secrets apart, and tells
   * nobody else anything. Undefined when the key can be neither read nor made.
   */
  keyedHash(value: string): string | undefined {
    const key = this.attempt(() => {
      this.#prepare();
      const path = join(this.path, 'key');
      const read = (): Uint8Array | undefined =>
        readPrivateFile(path, this.#location.userId, keyLength, { maxLinks: 2 });
      const isKey = (bytes: Uint8Array | undefined): bytes is Uint8Array => bytes?.length === keyLength;
      const known = read();
      if (isKey(known)) return known;
      const made = globalThis.crypto.getRandomValues(new Uint8Array(keyLength));
      // Somebody else may be making one just now.
      const rival = createPrivateFile(path, made) ? made : read();
      if (isKey(rival)) return rival;
      writePrivateFile(path, made);
      return made;
    });
    return key && keyedHash(key, value);
  }

  /** Removes what nobody needs any more, now and then; see `sweepNowAndThen`. */
  async sweep(): Promise<void> {
    const { path, userId, now, elapsed } = this.#location;
    const self = await this.self();
    this.attempt(() => sweepNowAndThen({ path, userId, self, now: now() }, elapsed));
  }

  /**
   * Removes all locks that nobody holds.
   * @throws CacheTrouble
   */
  async clearLocks(): Promise<void> {
    const { path, userId, now } = this.#location;
    removeIdleLocks({ path, userId, self: await this.self(), now: now() });
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.#location.now();
  }

  /** Milliseconds by a clock that nobody sets. */
  elapsed(): number {
    return this.#location.elapsed();
  }

  /** Who this process is among those that use the directory. */
  self(): Promise<Observer> {
    return this.#location.self();
  }

  /**
   * The lock that goes with a name.
   * @throws CacheTrouble
   */
  lock(name: string, self: Observer): GenerationLock {
    const { userId, now } = this.#location;
    this.#prepare('locks');
    return new GenerationLock(join(this.path, 'locks', name), self, userId, now);
  }

  /** Whether a folder is there; nothing is made by looking, but what is there must be fit for secrets. */
  #has(folder: Folder): boolean {
    for (const path of [this.path, join(this.path, folder)]) {
      if (!existsSync(path)) return false;
      requirePrivateDirectory(path, this.#location.userId);
    }
    return true;
  }

  #prepare(folder?: Folder): void {
    preparePrivateDirectory(this.path, this.#location.userId);
    if (folder === undefined) return;
    if (!existsSync(join(this.path, 'CACHEDIR.TAG'))) writePrivateFile(join(this.path, 'CACHEDIR.TAG'), tag);
    preparePrivateDirectory(join(this.path, folder), this.#location.userId);
  }

  #file(folder: Folder, name: string): string {
    return join(this.path, folder, `${name}${extension}`);
  }

  /** Does something with the directory; undefined when that is not possible, now or before. */
  attempt<T>(action: () => T): T | undefined {
    if (this.#isOff) return undefined;
    try {
      return action();
    } catch (error) {
      const { code, path = this.path } = error as NodeJS.ErrnoException;
      if (!(error instanceof CacheTrouble) && code === undefined) throw error;
      this.#isOff = true;
      this.#location.warn(error instanceof CacheTrouble ? error.message : `${path} cannot be used (${code})`);
      return undefined;
    }
  }
}

export type Folder = 'tokens' | 'keys' | 'metadata' | 'memos' | 'locks';

const extension = `.v${formatVersion}`;

/** Whether a file is a record of this version or an older one, or what an interrupted write has left. */
function isOurs(name: string): boolean {
  const version = /^[0-9a-f]{16,64}\.v(\d+)$/.exec(name)?.[1];
  return version === undefined ? name.startsWith('.tmp-') : Number(version) <= formatVersion;
}
