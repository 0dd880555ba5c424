import { isAbsolute } from 'node:path';
import type { Environment, Host } from '../context.ts';
import { fileState } from './file-state.ts';

/** What an answer depends on. */
export interface Evidence {
  readonly variables: ReadonlyMap<string, string | undefined>;
  readonly files: ReadonlyMap<string, string | null>;
  readonly workingDirectory: string | undefined;
}

/** Watches what a run looks at while it finds out which token is meant. */
export class Witness {
  readonly env: Environment;
  readonly host: Host;
  readonly #variables = new Map<string, string | undefined>();
  readonly #files = new Map<string, string | null>();
  #workingDirectory: string | undefined;
  #isSpoilt = false;
  #evidence: Evidence | undefined;

  constructor(env: Environment, host: Host) {
    const note = (name: string): string | undefined => {
      this.#variables.set(name, env[name]);
      return env[name];
    };
    this.env = new Proxy(env, {
      get: (_, name) => (typeof name === 'string' ? note(name) : undefined),
    });
    const noteDirectory = (): string => {
      this.#workingDirectory = host.workingDirectory;
      return host.workingDirectory;
    };
    const spoil = (): void => this.noteUnrepeatable();
    this.host = {
      ...host,
      get home() {
        // Whatever else says where the home is cannot be watched.
        if (!isAbsolute(note('HOME') ?? '')) spoil();
        return host.home;
      },
      get workingDirectory() {
        return noteDirectory();
      },
    };
  }

  /** Notes a file that decides what is done, whether it is there or not. */
  noteFile(path: string): void {
    this.#files.set(path, fileState(path));
  }

  /** Notes that something decides which cannot be looked at again, such as standard input. */
  noteUnrepeatable(): void {
    this.#isSpoilt = true;
  }

  /** Ends the watch: it is known now which token is meant, and nothing later decides about that. */
  close(): void {
    if (this.#isSpoilt) return;
    this.#evidence ??= {
      variables: new Map(this.#variables),
      files: new Map(this.#files),
      workingDirectory: this.#workingDirectory,
    };
  }

  /** What was looked at until then; undefined when it never became known, or not all of it was seen. */
  get evidence(): Evidence | undefined {
    return this.#evidence;
  }
}
