import { spawn } from 'node:child_process';

const keptCharacters = 8000;

export interface ToolOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** A program that the tests need on the machine, and how to find out whether it is there. */
export interface Tool {
  /** What the person who lacks it has to install, or can do without it. */
  readonly name: string;
  readonly probe: readonly [command: string, ...args: string[]];
}

/**
 * Looks for all the tools before any of them is used.
 *
 * @throws Error that names every missing one
 */
export async function requireTools(tools: readonly Tool[]): Promise<void> {
  const missing = await Promise.all(
    tools.map(async ({ name, probe: [command, ...args] }) => {
      try {
        await runTool(command, args);
        return [];
      } catch {
        return [`  ${name} (tried: ${[command, ...args].join(' ')})`];
      }
    }),
  );
  if (missing.flat().length > 0) {
    throw new Error(`the tests against Keycloak cannot run here; missing:\n${missing.flat().join('\n')}`);
  }
}

/**
 * Runs a tool to its end and returns its standard output.
 *
 * @throws Error with the end of its output when it fails
 */
export function runTool(
  command: string,
  args: readonly string[],
  { cwd, env = process.env }: ToolOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      output = (output + text).slice(-keptCharacters);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-keptCharacters);
    });
    child.once('error', (error) => reject(new Error(`${command} cannot be run: ${error.message}`)));
    child.once('close', (code, signal) => {
      if (code === 0) resolve(stdout);
      else reject(new Error(`${[command, ...args].join(' ')} ended with ${signal ?? code}:\n${output}`));
    });
  });
}

/** Tells the person who waits what takes so long. */
export function say(message: string): void {
  process.stderr.write(`keycloak tests: ${message}\n`);
}
