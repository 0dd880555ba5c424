import { closeSync, constants, existsSync, openSync, readdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import type { Observer, ProcessIdentity } from './process-identity.ts';
import { livenessOf } from './process-identity.ts';
import { readPrivateFile } from './read-private-file.ts';
import { openRecord, sealRecord } from './sealed-record.ts';
import { createPrivateFile, preparePrivateDirectory, removeIfThere, writePrivateFile } from './write-private-file.ts';

/** What somebody who held the lock has left for those who waited. Instants in epoch milliseconds. */
export interface Ending {
  readonly on: number;
  readonly outcome: unknown;
}

/** A lock as it was at one instant. */
export interface LockState {
  /** Number of the newest generation, 0 when there was none. */
  readonly generation: number;
  readonly isHeld: boolean;
  /** How the newest generation that has ended has ended. */
  readonly lastEnding: Ending | undefined;
}

interface Generation {
  /** Random: the number alone may come again, where the directory was made anew. */
  readonly id: string;
  readonly owner: ProcessIdentity;
  readonly since: number;
  /** When its owner has given up by itself; null for never. */
  readonly until: number | null;
  readonly ending?: Ending;
}

const recordLimit = 512 * 1024;
const waiting = '.waiting';
/** Milliseconds that clocks of machines may differ. */
const clockTolerance = 60_000;
/** Milliseconds after which an owner that cannot be seen, or has been stopped, is waited for no longer, whatever it said. */
const longestUnseen = 600_000;

/**
 * A lock between processes, in a directory of its own. Each turn is a file with the next number, made
 * by link(2) so that only one process can make it; the highest number is the truth. It is never
 * removed, only replaced by how the turn has ended: so nobody can remove a lock that somebody else has
 * just taken. A turn whose owner has died counts as ended. The directory goes as a whole, taken and moved out of
 * the way by a sweep; then the numbers begin anew, and an owner that comes late finds that its turn is gone.
 */
export class GenerationLock {
  readonly directory: string;
  readonly #self: Observer;
  readonly #userId: number | undefined;
  readonly #now: () => number;

  /** @param now milliseconds since the epoch */
  constructor(directory: string, self: Observer, userId: number | undefined, now: () => number) {
    this.directory = directory;
    this.#self = self;
    this.#userId = userId;
    this.#now = now;
  }

  look(): LockState {
    const [generation = 0, previous = 0] = this.#numbers();
    const newest = this.#read(generation);
    return {
      generation,
      isHeld: newest !== undefined && this.#isHeld(newest),
      lastEnding: newest?.ending ?? this.#read(previous)?.ending,
    };
  }

  /**
   * Takes the lock if nobody holds it.
   * @param until when the owner will have given up by itself, in epoch milliseconds; undefined for never
   * @returns undefined when somebody holds it, or was faster
   * @throws CacheTrouble
   */
  take(until: number | undefined): Turn | undefined {
    const { generation, isHeld } = this.look();
    if (isHeld) return undefined;
    const mine = generation + 1;
    const id = Math.random().toString(36).slice(2);
    const record: Generation = { id, owner: this.#self, since: this.#now(), until: until ?? null };
    if (!this.#create(mine, record)) return undefined;
    const others = this.#numbers().filter((number) => number !== mine);
    // Whoever was so slow that others had their turns since it looked has made a number of the past. And
    // where the directory was made anew since, the numbers have begun anew: then an older one may be held.
    if (others.some((number) => number > mine || this.#isHeldAt(number))) {
      removeIfThere(this.#file(mine));
      return undefined;
    }
    for (const number of others) if (number < mine - 1) this.#remove(number);
    return {
      isMine: () => this.#numbers()[0] === mine && this.#isThere(mine, record),
      isAwaited: () => existsSync(`${this.#file(mine)}${waiting}`),
      release: (outcome) => this.#end(mine, { ...record, ending: { on: this.#now(), outcome } }),
    };
  }

  /** Tells the owner of a turn that somebody waits for its end. */
  announceWaiting(generation: number): void {
    const file = `${this.#file(generation)}${waiting}`;
    const flags = constants.O_WRONLY | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);
    try {
      // Each change of the directory wakes all who wait.
      if (!existsSync(file)) closeSync(openSync(file, flags, 0o600));
    } catch {
      // On a full disk, or where the directory has just gone, waiting goes on all the same.
    }
  }

  /** Makes the file of a turn; false when somebody was faster, or the directory was taken away meanwhile. */
  #create(number: number, record: Generation): boolean {
    preparePrivateDirectory(this.directory, this.#userId);
    try {
      return createPrivateFile(this.#file(number), sealRecord(record) ?? '');
    } catch (error) {
      if (existsSync(this.directory)) throw error;
      return false;
    }
  }

  /** Whether a number is still that of this turn, and not of one in a directory made anew. */
  #isThere(number: number, { id }: Generation): boolean {
    return this.#read(number)?.id === id;
  }

  #remove(number: number): void {
    removeIfThere(this.#file(number));
    removeIfThere(`${this.#file(number)}${waiting}`);
  }

  #end(number: number, record: Generation): void {
    if (!this.#isThere(number, record)) return;
    const file = this.#file(number);
    try {
      writePrivateFile(file, sealRecord(record) ?? '', { isLasting: false });
    } catch {
      // On a full disk there is still room for less.
      truncateSync(file, 0);
    }
  }

  #isHeldAt(number: number): boolean {
    const record = this.#read(number);
    return record !== undefined && this.#isHeld(record);
  }

  #isHeld({ owner, since, until, ending }: Generation): boolean {
    if (ending !== undefined) return false;
    const isOverdue = this.#now() > Math.min(until ?? Number.POSITIVE_INFINITY, since + longestUnseen);
    switch (livenessOf(owner, this.#self)) {
      case 'running':
        return true;
      case 'stopped':
        return !isOverdue;
      case 'dead':
        return false;
      case 'unknown':
        return !isOverdue && since <= this.#now() + clockTolerance;
    }
  }

  /** A turn whose file cannot be understood is nobody's: files are made whole. */
  #read(number: number): Generation | undefined {
    if (number === 0) return undefined;
    const content = readPrivateFile(this.#file(number), this.#userId, recordLimit, { maxLinks: 2 });
    const record = content && openRecord(content);
    return isGeneration(record) ? record : undefined;
  }

  /** The numbers of all turns, the newest first. */
  #numbers(): number[] {
    return this.#names()
      .filter(isTurn)
      .map(Number)
      .sort((a, b) => b - a);
  }

  #names(): string[] {
    try {
      return readdirSync(this.directory);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  #file(number: number): string {
    return join(this.directory, String(number));
  }
}

/** Whether a file of this name stands for a turn. */
export function isTurn(name: string): boolean {
  return /^\d{1,15}$/.test(name);
}

/** The checksum tells damage, and not whether the record is one of ours. */
function isGeneration(record: object | undefined): record is Generation {
  const { owner, since, until } = (record ?? {}) as Partial<Generation>;
  const isUntil = until === null || typeof until === 'number';
  return typeof owner === 'object' && owner !== null && typeof since === 'number' && isUntil;
}

/** The lock while it is held. */
export interface Turn {
  /** Whether it is still held: others may have given this process up. */
  isMine(): boolean;
  /** Whether somebody waits for its end. */
  isAwaited(): boolean;
  /**
   * Ends the turn; called again it replaces what was left.
   * @param outcome for those who wait, as JSON; undefined when they are to look for themselves
   */
  release(outcome?: object): void;
}
