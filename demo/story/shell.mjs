import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/**
 * The few forms of shell in which the story is written, so that what is shown is what is run, also
 * where there is no POSIX shell:
 *
 *     export NAME=value
 *     ccgrant word "$NAME" $NAME/path
 *     echo "$NAME" | ccgrant word
 *     NAME=$(ccgrant word)
 *     ccgrant word; echo $?
 */
export class Shell {
  /** @type {Record<string, string>} */
  #variables = {};
  #environment;
  #program;
  #directory;
  #signal;

  /**
   * @param {{ program: string, directory: string, environment: Record<string, string>,
   *   signal: AbortSignal }} setting
   */
  constructor({ program, directory, environment, signal }) {
    this.#program = program;
    this.#directory = directory;
    this.#environment = environment;
    this.#signal = signal;
  }

  /**
   * @param {string} line
   * @returns {Promise<{ output: string, exitCode: number | null }>} what a terminal would show
   */
  async run(line) {
    const exported = /^export (\w+)=(\S*)$/.exec(line);
    if (exported) {
      const [, name = '', value = ''] = exported;
      this.#environment = { ...this.#environment, [name]: value };
      return { output: '', exitCode: 0 };
    }

    const substitution = /^(\w+)=\$\((.*)\)$/.exec(line);
    if (substitution) {
      const [, name = '', command = ''] = substitution;
      const { output, captured, exitCode } = await this.#pipeline(command, true);
      this.#variables[name] = captured.trimEnd();
      return { output, exitCode };
    }

    const [command = '', echo] = line.split(/(; echo \$\?)$/);
    const { output, exitCode } = await this.#pipeline(command, false);
    return { output: echo ? `${output}${exitCode}\n` : output, exitCode };
  }

  /**
   * @param {string} command
   * @param {boolean} isCaptured
   */
  #pipeline(command, isCaptured) {
    const [, echoed, rest = ''] = /^(?:echo (\S+) \| )?ccgrant (.*)$/.exec(command) ?? [];
    if (!rest) throw new Error(`the story's shell does not understand: ${command}`);
    const input = echoed === undefined ? undefined : `${this.#expand(echoed)}\n`;
    const args = rest.split(' ').map((word) => this.#expand(word));
    return this.#spawn(args, input, isCaptured);
  }

  /** @param {string} word */
  #expand(word) {
    const known = { ...this.#environment, ...this.#variables };
    return word.replace(/^"(.*)"$/, '$1').replaceAll(/\$(\w+)/g, (_, name) => known[name] ?? '');
  }

  /**
   * @param {string[]} args
   * @param {string | undefined} input
   * @param {boolean} isCaptured
   */
  async #spawn(args, input, isCaptured) {
    // One file for both streams keeps their lines in the order in which they were written.
    const path = join(this.#directory, 'screen');
    const screen = await open(path, 'w');
    try {
      const child = spawn(process.execPath, [this.#program, ...args], {
        cwd: this.#directory,
        env: this.#environment,
        signal: this.#signal,
        stdio: [input === undefined ? 'ignore' : 'pipe', isCaptured ? 'pipe' : screen.fd, screen.fd],
        timeout: 10_000,
      });
      child.stdin?.on('error', ignoreClosedPipe).end(input);
      const [captured, [exitCode]] = await Promise.all([
        child.stdout ? text(child.stdout) : '',
        /** @type {Promise<[number | null]>} */ (once(child, 'exit')),
      ]);
      return { output: await readFile(path, 'utf8'), captured, exitCode };
    } finally {
      await screen.close();
    }
  }
}

/** The command may end without having read its input; its exit code tells the rest. */
function ignoreClosedPipe() {}
