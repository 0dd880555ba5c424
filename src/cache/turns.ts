import type { CacheDirectory } from './cache-directory.ts';
import { ChangeWatch } from './change-watch.ts';
import type { Ending, GenerationLock, Turn } from './generation-lock.ts';
import { isTurn } from './generation-lock.ts';

/** How long somebody waits for a turn. */
export interface Patience {
  /** Endings after this instant, in epoch milliseconds, are those of requests that were made for us too. */
  readonly since: number;
  /** Milliseconds to wait at most. */
  readonly limit: number;
  /** When the one who gets the turn has given up by itself, in epoch milliseconds; undefined for never. */
  readonly until: number | undefined;
}

const shortestPause = 10;
/** Milliseconds within which the death of an owner is noticed, which nothing announces. */
const longestPause = 500;

/** Whose turn it is to ask for what a name stands for, among all processes that share a cache directory. */
export class Turns {
  readonly #directory: CacheDirectory;

  constructor(directory: CacheDirectory) {
    this.#directory = directory;
  }

  /** A turn that can be had at once; undefined when somebody has it, or there are none to be had. */
  async take(name: string, until: number | undefined): Promise<Turn | undefined> {
    const self = await this.#directory.self();
    return this.#directory.attempt(() => {
      const turn = this.#directory.lock(name, self).take(until);
      return turn && this.#guarded(turn);
    });
  }

  /**
   * Waits until it is our turn, or the turn of somebody else has ended that was ours too.
   * @returns undefined when it took too long, or no turns are to be had: then everybody is alone
   * @throws the reason of the signal
   */
  async wait(name: string, patience: Patience, signal: AbortSignal): Promise<Turn | Ending | undefined> {
    const self = await this.#directory.self();
    const lock = this.#directory.attempt(() => this.#directory.lock(name, self));
    return lock && this.#waitFor(lock, patience, signal);
  }

  async #waitFor(
    lock: GenerationLock,
    { since, limit, until }: Patience,
    signal: AbortSignal,
  ): Promise<Turn | Ending | undefined> {
    const start = this.#directory.elapsed();
    let watch: ChangeWatch | undefined;
    let announced = 0;
    try {
      for (let pause = shortestPause; ; ) {
        const found = this.#directory.attempt(() => {
          const { generation, isHeld, lastEnding } = lock.look();
          // After a clock was set back, what has ended before may lie ahead.
          const isOurs = lastEnding !== undefined && lastEnding.on > since && lastEnding.on <= this.#directory.now();
          if (isOurs) return lastEnding;
          if (!isHeld) return lock.take(until) ?? 'taken';
          if (announced !== generation) lock.announceWaiting(generation);
          announced = generation;
          return 'taken';
        });
        if (found === undefined) return undefined;
        if (found !== 'taken') return 'on' in found ? found : this.#guarded(found);
        const left = start + limit - this.#directory.elapsed();
        if (left <= 0) return undefined;
        watch ??= new ChangeWatch(lock.directory, isTurn);
        await watch.next(Math.min(pause, left), signal);
        // The first pause is for what has happened before the watch began. From then on it wakes us, and looking all
        // the same would take the processor from whoever has the turn.
        pause = watch.isWatching ? longestPause : Math.min(longestPause, pause * 2);
      }
    } finally {
      watch?.close();
    }
  }

  #guarded(turn: Turn): Turn {
    return {
      isMine: () => this.#directory.attempt(() => turn.isMine()) ?? false,
      isAwaited: () => turn.isAwaited(),
      release: (outcome) => void this.#directory.attempt(() => turn.release(outcome)),
    };
  }
}
