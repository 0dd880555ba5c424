import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { cleanEnvironment } from '../demo/environment.mjs';

/**
 * What is run: a program by its path and its arguments, in which `{round}` stands for what no other
 * round is called.
 *
 * @typedef {object} Command
 * @property {string[]} argv
 * @property {Record<string, string>} environment all of it
 * @property {string} [stdin] a file; by default there is nothing to read
 * @property {number} [copies] how many are started at once
 * @property {boolean} [lines] whether the lines of its output are counted
 */

/**
 * One run: seconds of CPU and from start to end, peak resident set in bytes, lines of output, different outputs.
 *
 * @typedef {{ cpu: number, wall: number, rss: number, lines: number, answers: number }} Run
 * @typedef {Record<string, Run>} Round one run of each command, close together in time
 */

const program = fileURLToPath(new URL('measure.py', import.meta.url));

let jobs = 0;

/** A measured command ended with an error, or not at all: its time means nothing. */
export class CommandFailed extends Error {
  /** @param {{ command: string, reason: string }} failure */
  constructor({ command, reason }) {
    super(reason);
    this.command = command;
  }
}

/**
 * Runs each command once in each round, in an order of its own, after one round that does not count.
 *
 * @param {Record<string, Command>} commands
 * @param {number} rounds
 * @param {{ directory: string, signal: AbortSignal }} place where they run, and what ends them early
 * @returns {Promise<Round[]>}
 * @throws {CommandFailed}
 */
export async function measure(commands, rounds, { directory, signal }) {
  const defaults = { stdin: '/dev/null', copies: 1, lines: false };
  const filled = Object.entries(commands).map(([name, command]) => [name, { ...defaults, ...command }]);
  const child = spawn('python3', [program], { env: cleanEnvironment(), stdio: ['pipe', 'pipe', 'inherit'], signal });
  const exited = once(child, 'exit');
  jobs += 1;
  child.stdin.end(JSON.stringify({ id: jobs, directory, rounds, commands: Object.fromEntries(filled) }));
  const [output, [exitCode]] = await Promise.all([text(child.stdout), exited]);
  if (exitCode !== 0) throw new Error('bench/measure.py broke off');
  /** @type {{ rounds: Round[], failure?: { command: string, reason: string } }} */
  const { rounds: measured, failure } = JSON.parse(output);
  if (failure !== undefined) throw new CommandFailed(failure);
  return measured;
}

/**
 * How many times as much one command took as another: the median of the ratios of the rounds.
 *
 * @param {Round[]} rounds
 * @param {string} name
 * @param {string} base
 * @param {'cpu' | 'wall'} quantity
 * @param {number} [less] seconds that are not held against the one
 */
export function ratio(rounds, name, base, quantity, less = 0) {
  return median(rounds.map((round) => (runOf(round, name)[quantity] - less) / runOf(round, base)[quantity]));
}

/**
 * @param {Round[]} rounds
 * @param {string} name
 * @param {keyof Run} quantity
 */
export function medianOf(rounds, name, quantity) {
  return median(rounds.map((round) => runOf(round, name)[quantity]));
}

/**
 * @param {Round[]} rounds
 * @param {string} name
 * @param {keyof Run} quantity
 */
export function maximumOf(rounds, name, quantity) {
  return Math.max(...rounds.map((round) => runOf(round, name)[quantity]));
}

/** @param {number[]} values */
function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

/**
 * @param {Round} round
 * @param {string} name
 */
function runOf(round, name) {
  const run = round[name];
  if (run === undefined) throw new Error(`${name} was not measured`);
  return run;
}
