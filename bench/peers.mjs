import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { CommandFailed, medianOf, ratio } from './measure.mjs';
import { own, scopeOfRound, uncachedArguments, verifyArguments } from './rows.mjs';
import { audience } from './scene.mjs';

/** @import { Command } from './measure.mjs' */
/** @import { Measurer } from './rows.mjs' */
/** @import { Scene } from './scene.mjs' */

/** @typedef {'uncached' | 'cached' | 'decode' | 'verify'} Task */

/**
 * How somebody would do with another program what ccgrant does, in the shell; only the tasks that it can do.
 *
 * @typedef {Partial<Record<Task, (scene: Scene) => string>>} Peer
 */

/**
 * A program beside ccgrant: milliseconds of both, and how many times as much ccgrant took; or how the program failed.
 *
 * @typedef {{ task: string, program: string } & ({ failure: string } |
 *   { wall: { own: number, program: number }, ratio: { cpu: number, wall: number } })} Comparison
 */

const loops = 200;

/** @type {Record<Task, string>} */
const titles = {
  uncached: 'token, uncached',
  cached: `token, ${loops} in a loop`,
  decode: 'decode one token',
  verify: 'verify with a JWKS file',
};

/** @type {Readonly<Record<string, { needs: string[], tasks: Peer }>>} */
export const peers = {
  curl: {
    needs: ['curl', 'jq'],
    tasks: {
      uncached: requestByCurl,
      cached: (scene) => inLoop(requestByCurl(scene)),
      decode: ({ token }) => `printf %s ${token} | jq -R '${decodeByJq}'`,
    },
  },
  // Neither of these two keeps tokens: in a loop they ask each time.
  oauth2c: {
    needs: ['oauth2c'],
    tasks: { uncached: requestByOauth2c, cached: (scene) => inLoop(requestByOauth2c(scene)) },
  },
  // Its `step oauth` has no client credentials grant.
  step: {
    needs: ['step'],
    tasks: {
      decode: ({ token }) => `printf %s ${token} | step crypto jwt inspect --insecure`,
      verify: ({ token, jwksFile, servers }) =>
        `printf %s ${token} | step crypto jwt verify --jwks ${jwksFile} --iss ${servers.issuer} --aud ${audience}`,
    },
  },
  // jwt-cli, the one written in Rust; it verifies neither iss nor aud.
  jwt: {
    needs: ['jwt'],
    tasks: {
      decode: ({ token }) => `exec jwt decode ${token}`,
      verify: ({ token, jwksFile }) => `exec jwt decode --alg RS256 --secret @${jwksFile} ${token}`,
    },
  },
};

const decodeByJq =
  'split(".")[0:2] | map(gsub("-"; "+") | gsub("_"; "/") | . + "===" | .[0:(length - length % 4)] | @base64d | fromjson)';

/** @param {Scene} scene */
function requestByCurl({ caFile, clientId, clientSecret, servers }) {
  const form = `-d grant_type=client_credentials -d scope=${scopeOfRound}`;
  return `curl -s --cacert ${caFile} -u ${clientId}:${clientSecret} ${form} ${servers.tokenEndpoint} | jq -er .access_token`;
}

/** @param {Scene} scene */
function requestByOauth2c({ caFile, clientId, clientSecret, servers }) {
  const server = `${servers.issuer} --token-endpoint ${servers.tokenEndpoint} --tls-root-ca ${caFile}`;
  const client = `--client-id ${clientId} --client-secret ${clientSecret} --auth-method client_secret_basic`;
  return `oauth2c ${server} ${client} --grant-type client_credentials --scopes ${scopeOfRound} --silent`;
}

/** @param {string} line */
function inLoop(line) {
  return `n=0; while [ $n -lt ${loops} ]; do ${line} || exit; n=$((n + 1)); done`;
}

/**
 * Measures these peers beside ccgrant, each with the tasks that it can do.
 *
 * @param {Measurer} measurer
 * @param {string[]} names
 */
export async function comparePeers(measurer, names) {
  const comparisons = [];
  for (const task of /** @type {Task[]} */ (Object.keys(titles))) {
    const able = names.filter((name) => peers[name]?.tasks[task] !== undefined);
    comparisons.push(...(await compareIn(task, measurer, able)));
  }
  return comparisons;
}

/**
 * @param {Task} task
 * @param {Measurer} measurer
 * @param {string[]} able
 * @returns {Promise<Comparison[]>}
 */
async function compareIn(task, measurer, able) {
  if (able.length === 0) return [];
  const { scene, measure } = measurer;
  const lines = able.map((name) => [name, inShell(peers[name]?.tasks[task]?.(scene) ?? '', scene)]);
  const commands = { own: ownCommand(task, measurer), ...Object.fromEntries(lines) };
  try {
    const rounds = await measure(commands, task === 'cached' ? 0.06 : 1);
    const wall = (/** @type {string} */ name) => medianOf(rounds, name, 'wall') * 1000;
    return able.map((program) => ({
      task: titles[task],
      program,
      wall: { own: wall('own'), program: wall(program) },
      ratio: { cpu: ratio(rounds, 'own', program, 'cpu'), wall: ratio(rounds, 'own', program, 'wall') },
    }));
  } catch (error) {
    if (!(error instanceof CommandFailed) || !able.includes(error.command)) throw error;
    // The others are measured without the one that failed.
    const { command: program, message: failure } = error;
    const others = able.filter((name) => name !== program);
    return [...(await compareIn(task, measurer, others)), { task: titles[task], program, failure }];
  }
}

/**
 * @param {Task} task
 * @param {Measurer} measurer
 * @returns {Command}
 */
function ownCommand(task, measurer) {
  const { scene } = measurer;
  switch (task) {
    case 'uncached':
      return own(measurer, uncachedArguments(scene, scene.servers.tokenEndpoint), scene.bareEnvironment);
    case 'cached':
      return inShell(inLoop(own(measurer, ['token']).argv.join(' ')), scene);
    case 'decode':
      return own(measurer, ['decode', scene.token]);
    case 'verify':
      return own(measurer, verifyArguments(scene, scene.token));
  }
}

/**
 * @param {string} line
 * @param {Scene} scene
 * @returns {Command}
 */
function inShell(line, { environment }) {
  return { argv: ['/bin/sh', '-c', line], environment };
}

/**
 * Where a program is.
 *
 * @param {string} name
 * @throws when it is nowhere on PATH
 */
export function findProgram(name) {
  for (const directory of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(directory, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {}
  }
  throw new Error(`${name} is not on PATH`);
}
