import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** @typedef {{ path: string, major: number, version: string }} Node */

const cache = fileURLToPath(new URL('../.cache/node', import.meta.url));
const run = promisify(execFile);

/**
 * A Node of this line: the one that runs this, or else that of npm's `node` package, installed once.
 *
 * @param {number} major
 * @returns {Promise<Node>}
 */
export async function findNode(major) {
  const isThisOne = process.versions.node.startsWith(`${major}.`);
  const path = isThisOne ? process.execPath : await install(major);
  const { stdout } = await run(path, ['--version']);
  return { path, major, version: stdout.trim() };
}

/** @param {number} major */
async function install(major) {
  const prefix = join(cache, String(major));
  const path = join(prefix, 'node_modules/node/bin/node');
  if (!existsSync(path)) {
    const flags = ['--silent', '--no-save', '--no-package-lock', '--prefix', prefix];
    await run('npm', ['install', ...flags, `node@${major}`]);
  }
  return path;
}
