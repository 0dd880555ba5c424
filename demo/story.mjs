/**
 * The story of the README, told by the built program against servers of its own: `npm start`.
 *
 *   --keep   leaves both servers running after the story, until Ctrl-C
 */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { endWith, explain, readOptions } from './program.mjs';
import { startServers } from './start-servers.mjs';
import { Shell } from './story/shell.mjs';
import { steps } from './story/steps.mjs';
import { hasColors, print, printCommand, printComment, printOutput } from './story/terminal.mjs';
import { createWorkspace } from './story/workspace.mjs';

/** @import { Step } from './story/steps.mjs' */

/** @typedef {Awaited<ReturnType<typeof startServers>>} Servers */
/** @typedef {Awaited<ReturnType<typeof createWorkspace>>} Workspace */

const program = fileURLToPath(new URL('../bin/ccgrant.cjs', import.meta.url));
const { keep } = readOptions({ keep: { type: 'boolean' } });
if (!existsSync(program) || !existsSync(new URL('../dist', import.meta.url))) {
  endWith(2, 'dist/ is missing: `npm ci` builds it');
}

const interruption = new AbortController();
for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.once(name, () => {
    process.exitCode = 128 + constants.signals[name];
    interruption.abort();
  });
}

const workspace = await createWorkspace();
/** @type {Servers | undefined} */
let servers;
try {
  servers = await startServers();
  await tellStory(servers, workspace);
  if (keep) await keepServers(servers, workspace);
} catch (error) {
  if (!interruption.signal.aborted) {
    process.exitCode = 1;
    process.stderr.write(`the story broke off: ${explain(error)}\n`);
  }
} finally {
  await servers?.stop();
  await workspace.remove();
}

/**
 * @param {Servers} servers
 * @param {Workspace} workspace
 */
async function tellStory(servers, { directory, environment }) {
  const { signal } = interruption;
  const colors = hasColors ? { FORCE_COLOR: '1' } : {};
  const shell = new Shell({
    program,
    directory,
    environment: { ...environment, ...colors },
    signal,
  });

  printComment('an authorization server and a protected API run on this machine;');
  printComment('demo.txt and rs.txt hold the secrets of two clients;');
  printComment('tokens are shortened in what is shown here, and nothing else is');
  for (const step of steps(servers)) {
    signal.throwIfAborted();
    if (step.comment) print('\n');
    if (step.comment) printComment(step.comment);
    printCommand(step.line);
    const { output, exitCode } = await shell.run(step.line);
    printOutput(output, step.shownLines);
    checkExitCode(step, exitCode);
    if (step.tokenRequests !== undefined) await checkTokenRequests(servers, step.tokenRequests);
  }
}

/**
 * @param {Step} step
 * @param {number | null} exitCode
 */
function checkExitCode({ line, exitCode: expected = 0 }, exitCode) {
  if (exitCode === expected) return;
  throw new Error(`exit code ${exitCode} instead of ${expected} from: ${line}`);
}

/**
 * @param {Servers} servers
 * @param {number} expected
 */
async function checkTokenRequests(servers, expected) {
  const { '/token': seen = 0 } = await servers.requests();
  printComment(`token requests that the authorization server has seen: ${seen}`);
  if (seen !== expected) throw new Error(`${seen} token requests instead of ${expected}`);
}

/**
 * @param {Servers} servers
 * @param {Workspace} workspace
 */
async function keepServers({ issuer, apiUrl }, { directory, cacheDirectory }) {
  print(`
Both servers run until Ctrl-C. In another terminal (sh, bash, zsh):

  cd ${directory}
  alias ccgrant='node "${program}"'
  export CCGRANT_ISSUER=${issuer} CCGRANT_CLIENT_ID=demo CCGRANT_CLIENT_SECRET_FILE=demo.txt
  export CCGRANT_CACHE_DIR=${cacheDirectory} API=${apiUrl}

  ccgrant token --scope api:read --format json
  ccgrant call -i ${apiUrl}/private-scoped --scope api:read
  ccgrant call -i ${apiUrl}/private-scoped --scope api:write
`);
  if (!interruption.signal.aborted) await once(interruption.signal, 'abort');
  // Here Ctrl-C is how the demo is meant to end.
  process.exitCode = 0;
}
