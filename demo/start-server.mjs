import { fork } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { cleanEnvironment } from './environment.mjs';

/** @import { ChildProcess } from 'node:child_process' */

const readyWithin = 10_000;
const closedWithin = 3_000;

/**
 * Starts one of the demo's servers as a process of its own; resolves when it has said, in a line
 * of JSON, that it is ready.
 *
 * @param {string} program file name in this folder
 * @param {string[]} args
 * @returns {Promise<{ facts: Record<string, string>, stop: () => Promise<void> }>}
 */
export async function startServer(program, args) {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const child = fork(path, args, {
    env: cleanEnvironment(),
    execArgv: [],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const stop = () => end(child);
  try {
    return { facts: JSON.parse(await readFirstLine(child)), stop };
  } catch (cause) {
    await stop();
    throw new Error(`${basename(path)} did not start`, { cause });
  }
}

/**
 * @param {ChildProcess} child
 * @returns {Promise<string>}
 */
async function readFirstLine({ stdout }) {
  if (stdout === null) throw new Error('standard output is not a pipe');
  const lines = createInterface({ input: stdout });
  const signal = AbortSignal.timeout(readyWithin);
  try {
    const closed = once(lines, 'close', { signal }).then(() => {
      throw new Error('it ended before it was ready');
    });
    const [line] = await Promise.race([once(lines, 'line', { signal }), closed]);
    return line;
  } finally {
    lines.close();
    stdout.resume();
  }
}

/** @param {ChildProcess} child */
async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const impatience = setTimeout(() => child.kill('SIGKILL'), closedWithin);
  await exited;
  clearTimeout(impatience);
}
