import type { FSWatcher } from 'node:fs';
import { watch } from 'node:fs';

/** Waits for something to happen to some of the files in a directory. */
export class ChangeWatch {
  #watcher: FSWatcher | undefined;
  #isChanged = false;
  #wake = (): void => {};

  /** @param concerns whether what happens to a file of this name matters */
  constructor(directory: string, concerns: (name: string) => boolean) {
    try {
      this.#watcher = watch(directory, { persistent: false }, (_, name) => {
        if (name === null || concerns(name)) this.#onChange();
      });
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
      await new Promise<void>((resolve) => {
        const end = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', end);
          resolve();
        };
        const timer = setTimeout(end, milliseconds);
        this.#wake = end;
        signal.addEventListener('abort', end, { once: true });
      });
      signal.throwIfAborted();
    }
    this.#isChanged = false;
  }

  /** Whether changes are seen as they happen. */
  get isWatching(): boolean {
    return this.#watcher !== undefined;
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
