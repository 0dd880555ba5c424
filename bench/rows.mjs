import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { maximumOf, medianOf, ratio } from './measure.mjs';
import { audience, ccgrant, many } from './scene.mjs';
import { slowEndpointDelay } from './servers.mjs';

/** @import { Command, Round } from './measure.mjs' */
/** @import { Node } from './node-versions.mjs' */
/** @import { Scene } from './scene.mjs' */

/**
 * A figure and what it may be at most; without a target it is only told.
 *
 * @typedef {object} Figure
 * @property {'cpu' | 'wall' | 'memory' | 'requests' | 'tokens'} quantity
 * @property {number} value
 * @property {number} [target]
 * @property {boolean} [isExact] whether no machine is an excuse for missing it
 */

/**
 * What a row has come to; a failure counts as missed, whatever the figures.
 *
 * @typedef {object} Finding
 * @property {Figure[]} figures
 * @property {{ base: number, own: number }} [milliseconds] wall, medians
 * @property {string} [remark]
 * @property {string} [failure]
 */

/**
 * @typedef {object} Measurer
 * @property {Node} node
 * @property {Scene} scene
 * @property {(commands: Record<string, Command>, share?: number) => Promise<Round[]>} measure
 *   `share`: how many of the rounds are enough, for commands that take long
 * @property {string} curl
 */

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {string} path what is measured, and against what
 * @property {(node: Node) => string} target
 * @property {(measurer: Measurer) => Promise<Finding>} measure
 */

const empty = fileURLToPath(new URL('baseline/empty.cjs', import.meta.url));
const minimalRequest = fileURLToPath(new URL('baseline/minimal-request.cjs', import.meta.url));
const copies = 100;
export const scopeOfRound = 'round-{round}';

/** @type {readonly Row[]} */
export const rows = [
  {
    name: 'cached',
    path: 'cached `token` / empty `.cjs`',
    target: () => '1.05',
    async measure(measurer) {
      const { tokenRequests } = measurer.scene.servers;
      const before = tokenRequests();
      const rounds = await measurer.measure({ base: emptyFile(measurer), own: own(measurer, ['token']) });
      const finding = compare(rounds, 1.05);
      const asked = tokenRequests() - before;
      return asked > 1 ? { ...finding, failure: `the server was asked ${asked} times` } : finding;
    },
  },
  toEmptyFile('version', '`--version`', 1.05, () => ['--version']),
  toEmptyFile('decode', '`decode`, one token', 1.3, ({ scene }) => ['decode', scene.token]),
  toEmptyFile('verify', '`verify` with a JWKS file', 1.75, ({ scene }) => verifyArguments(scene, scene.token)),
  {
    name: 'uncached',
    path: 'uncached `token`, endpoint given / minimal `node:https` script',
    target: (node) => String(uncachedTarget(node)),
    async measure(measurer) {
      const { node, scene, measure } = measurer;
      const { servers, clientId, secretFile, caFile, bareEnvironment: environment } = scene;
      const script = [minimalRequest, servers.tokenEndpoint, clientId, secretFile, caFile, scopeOfRound];
      const rounds = await measure({
        base: { argv: [node.path, ...script], environment },
        own: own(measurer, uncachedArguments(scene, servers.tokenEndpoint), environment),
      });
      return compare(rounds, uncachedTarget(node));
    },
  },
  {
    name: 'help',
    path: 'any `--help` / empty `.cjs`',
    target: () => '1.6',
    async measure(measurer) {
      const helps = await helpLines(measurer);
      const commands = Object.fromEntries(helps.map((line) => [line, own(measurer, line.split(' '))]));
      const rounds = await measurer.measure({ base: emptyFile(measurer), ...commands }, 0.5);
      const slowest = highest(helps, (line) => Math.max(...cpuAndWall(rounds, line)));
      return { ...compare(rounds, 1.6, { name: slowest }), remark: `slowest of ${helps.length}: \`${slowest}\`` };
    },
  },
  {
    name: 'stream',
    path: '`call` of 1 GiB into a pipe / curl',
    target: () => '1.5 wall, 150 MB',
    async measure(measurer) {
      const { scene, measure, curl } = measurer;
      const { servers, token, environment } = scene;
      const header = `Authorization: Bearer ${token}`;
      const rounds = await measure(
        {
          base: { argv: [curl, '--silent', '--header', header, servers.downloadUrl], environment },
          own: own(measurer, ['call', servers.downloadUrl]),
        },
        0.1,
      );
      const { figures, ...rest } = compare(rounds, 1.5, { judged: ['wall'] });
      return { ...rest, figures: [...figures, exact('memory', maximumOf(rounds, 'own', 'rss') / 1e6, 150)] };
    },
  },
  manyTokens('decode-lines', '`decode --lines`', 6, () => ['decode', '--lines']),
  manyTokens('verify-lines', '`verify --lines`', 25, ({ scene }) => verifyArguments(scene, '--lines')),
  {
    name: 'full-cache',
    path: `cached \`token\` with ${thousands(many)} entries / with one`,
    target: () => '1.03',
    async measure(measurer) {
      const { node, scene, measure } = measurer;
      const full = await scene.fullCache(node.path);
      return compare(await measure({ base: own(measurer, ['token']), own: own(measurer, ['token'], full) }), 1.03);
    },
  },
  singleFlight('single-flight', '', ({ servers }) => servers.slowTokenEndpoint),
  singleFlight('single-flight-tls', ', over https', ({ servers }) => servers.slowTlsTokenEndpoint),
];

/**
 * The floor: what Node itself takes, in milliseconds.
 *
 * @param {Measurer} measurer
 */
export async function measureFloor(measurer) {
  const rounds = await measurer.measure({ base: emptyFile(measurer) });
  return { cpu: medianOf(rounds, 'base', 'cpu') * 1000, wall: medianOf(rounds, 'base', 'wall') * 1000 };
}

/**
 * @param {string} name
 * @param {string} what
 * @param {number} target
 * @param {(measurer: Measurer) => string[]} toArguments
 * @returns {Row}
 */
function toEmptyFile(name, what, target, toArguments) {
  return {
    name,
    path: `${what} / empty \`.cjs\``,
    target: () => String(target),
    async measure(measurer) {
      const commands = { base: emptyFile(measurer), own: own(measurer, toArguments(measurer)) };
      return compare(await measurer.measure(commands), target);
    },
  };
}

/**
 * @param {string} name
 * @param {string} what
 * @param {number} target
 * @param {(measurer: Measurer) => string[]} toArguments
 * @returns {Row}
 */
function manyTokens(name, what, target, toArguments) {
  return {
    name,
    path: `${what} of ${thousands(many)} tokens / empty \`.cjs\``,
    target: () => `${target} wall`,
    async measure(measurer) {
      const stdin = await measurer.scene.tokensFile();
      const command = { ...own(measurer, toArguments(measurer)), stdin, lines: true };
      const rounds = await measurer.measure({ base: emptyFile(measurer), own: command }, 0.2);
      const finding = compare(rounds, target, { judged: ['wall'] });
      const lines = medianOf(rounds, 'own', 'lines');
      return lines === many ? finding : { ...finding, failure: `${lines} lines came out` };
    },
  };
}

/**
 * Many processes that want the same token, which nobody has.
 *
 * @param {string} name
 * @param {string} how
 * @param {(scene: Scene) => string} toEndpoint
 * @returns {Row}
 */
function singleFlight(name, how, toEndpoint) {
  return {
    name,
    path: `${copies} cold \`token\` at once${how}, less the server's ${slowEndpointDelay / 1000} s / ${copies} empty \`.cjs\``,
    target: () => '2 wall, 1 request, 1 token',
    async measure(measurer) {
      const { scene, measure } = measurer;
      const { servers, bareEnvironment } = scene;
      const args = uncachedArguments(scene, toEndpoint(scene));
      const before = servers.tokenRequests();
      const rounds = await measure(
        { base: { ...emptyFile(measurer), copies }, own: { ...own(measurer, args, bareEnvironment), copies } },
        0.06,
      );
      // The round that warms up is a flight as well.
      const requests = (servers.tokenRequests() - before) / (rounds.length + 1);
      return {
        figures: [
          { quantity: 'cpu', value: ratio(rounds, 'own', 'base', 'cpu') },
          { quantity: 'wall', value: ratio(rounds, 'own', 'base', 'wall', slowEndpointDelay / 1000), target: 2 },
          exact('requests', requests, 1),
          exact('tokens', maximumOf(rounds, 'own', 'answers'), 1),
        ],
        milliseconds: wallMilliseconds(rounds, 'own'),
      };
    },
  };
}

/**
 * The command lines that show help, as the help itself lists the commands.
 *
 * @param {Measurer} measurer
 */
async function helpLines({ node, scene }) {
  const { stdout } = await promisify(execFile)(node.path, [ccgrant, '--help'], { env: scene.environment });
  const names = [...stdout.matchAll(/^ {2}(\w+) {2,}/gm)].map(([, name]) => name);
  return ['--help', ...names.map((name) => `${name} --help`)];
}

/**
 * @param {Measurer} measurer
 * @returns {Command}
 */
function emptyFile({ node, scene }) {
  return { argv: [node.path, empty], environment: scene.bareEnvironment };
}

/**
 * @param {Measurer} measurer
 * @param {string[]} args
 * @param {Record<string, string>} [environment]
 * @returns {Command}
 */
export function own({ node, scene }, args, environment = scene.environment) {
  return { argv: [node.path, ccgrant, ...args], environment };
}

/**
 * A scope of its own makes each round a miss of the cache, with all that is done and written then.
 *
 * @param {Scene} scene
 * @param {string} tokenEndpoint
 */
export function uncachedArguments({ clientId, secretFile, caFile }, tokenEndpoint) {
  const client = ['--client-id', clientId, '--client-secret-file', secretFile, '--cacert', caFile];
  return ['token', '--token-endpoint', tokenEndpoint, ...client, '--scope', scopeOfRound];
}

/**
 * @param {Scene} scene
 * @param {string} token
 */
export function verifyArguments({ jwksFile }, token) {
  return ['verify', token, '--jwks', jwksFile, '--audience', audience];
}

/**
 * @param {Round[]} rounds
 * @param {number} target
 * @param {{ name?: string, judged?: readonly ('cpu' | 'wall')[] }} [choice]
 * @returns {Finding}
 */
function compare(rounds, target, { name = 'own', judged = ['cpu', 'wall'] } = {}) {
  const quantities = /** @type {const} */ (['cpu', 'wall']);
  const figures = quantities.map((quantity) => ({
    quantity,
    value: ratio(rounds, name, 'base', quantity),
    ...(judged.includes(quantity) && { target }),
  }));
  return { figures, milliseconds: wallMilliseconds(rounds, name) };
}

/**
 * @param {Round[]} rounds
 * @param {string} name
 */
function wallMilliseconds(rounds, name) {
  return { base: medianOf(rounds, 'base', 'wall') * 1000, own: medianOf(rounds, name, 'wall') * 1000 };
}

/**
 * @param {Round[]} rounds
 * @param {string} name
 */
function cpuAndWall(rounds, name) {
  return [ratio(rounds, name, 'base', 'cpu'), ratio(rounds, name, 'base', 'wall')];
}

/**
 * @param {Figure['quantity']} quantity
 * @param {number} value
 * @param {number} target
 * @returns {Figure}
 */
function exact(quantity, value, target) {
  return { quantity, value, target, isExact: true };
}

/** @param {Node} node */
function uncachedTarget({ major }) {
  if (major < 22) return 1.8;
  return major < 24 ? 1.6 : 1.5;
}

/**
 * @param {string[]} names
 * @param {(name: string) => number} measure
 */
function highest(names, measure) {
  return names.reduce((best, name) => (measure(name) > measure(best) ? name : best));
}

/** @param {number} value */
function thousands(value) {
  return value.toLocaleString('en');
}
