import type { FSWatcher } from 'node:fs';
import { watch } from 'node:fs';

/** Waits for something to happen in a directory. */
export class ChangeWatch {
  #watcher: FSWatcher | undefined;
  #isChanged = false;
  #wake = (): void => {};

  constructor(directory: string) {
    try {
      this.#watcher = watch(directory, { persistent: false }, () => this.#onChange());
      this.#watcher.on('error', () => this.close());
    } catch {
      // The system watches only so many directories; then time alone must do.
    }
  }

  /**
   * Resolves when something has happened since the last call, or the time is over.
   * @throws the reason of the signal
   */
  async next(milliseconds: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.#isChanged) {
      const { promise, resolve } = withResolver();
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = resolve;
      signal.addEventListener('abort', resolve, { once: true });
      await promise;
      clearTimeout(timer);
      signal.removeEventListener('abort', resolve);
      signal.throwIfAborted();
    }
    this.#isChanged = false;
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #onChange(): void {
    this.#isChanged = true;
    this.#wake();
  }
}

function withResolver(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
