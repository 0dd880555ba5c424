/**
 * Start time and throughput of the built program, beside an empty file, a minimal script and other programs:
 * `npm run bench -- --help`.
 */
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { endWith, explain, readOptions } from '../demo/program.mjs';
import { CommandFailed, measure } from './measure.mjs';
import { findNode } from './node-versions.mjs';
import { comparePeers, findProgram, peers } from './peers.mjs';
import { describeMachine, isMet, passesGate, renderReport } from './report.mjs';
import { measureFloor, rows } from './rows.mjs';
import { createScene } from './scene.mjs';

/** @import { Command } from './measure.mjs' */
/** @import { Node } from './node-versions.mjs' */
/** @import { NodeReport } from './report.mjs' */
/** @import { Finding, Measurer, Row } from './rows.mjs' */
/** @import { Scene } from './scene.mjs' */

const help = `Usage: npm run bench -- [OPTIONS]

measures the built ccgrant against an empty file, and prints a table in Markdown

  --node LIST      lines of Node: 20,22,24; those that do not run this are installed into .cache/node
  --rows LIST      which of them, or none:
                   ${rows.map(({ name }) => name).join(', ')}
  --against LIST   beside other programs on PATH: ${Object.keys(peers).join(', ')}
  --runs N         runs of each quick command, 50; slow ones run a part of them
  --gate           for CI: few runs on the Node that runs this; exit code 1 if a row is further from 1 than
                   twice what its target allows, in two measurements
  --json           the figures as JSON

It needs Linux or macOS, Python 3.9, openssl and curl. Figures of a busy machine are worth little.
`;

const options = readOptions({
  node: { type: 'string' },
  rows: { type: 'string' },
  against: { type: 'string', default: '' },
  runs: { type: 'string' },
  gate: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
});
if (options.help) {
  process.stdout.write(help);
  process.exit();
}

const thisLine = process.versions.node.split('.')[0] ?? '';
const { node = options.gate ? thisLine : '20,22,24', runs = options.gate ? '12' : '50' } = options;
const programs = toList(options.against);
const chosenRows = chooseRows(options.rows);
checkSurroundings();

const interruption = new AbortController();
for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.once(name, () => {
    process.exitCode = 128 + constants.signals[name];
    interruption.abort();
  });
}

/** @type {Scene | undefined} */
let scene;
try {
  const nodes = await Promise.all(toList(node).map((line) => findNode(Number(line))));
  scene = await createScene();
  const reports = [];
  for (const found of nodes) {
    const report = await measureNode(found, scene);
    reports.push(report);
    if (!options.json) process.stdout.write(`${renderReport(report)}\n`);
  }
  if (options.json) process.stdout.write(`${JSON.stringify({ machine: describeMachine(), reports }, undefined, 2)}\n`);
  if (options.gate && !reports.every(({ findings }) => findings.every(({ finding }) => passesGate(finding)))) {
    process.exitCode = 1;
  }
} catch (error) {
  if (!interruption.signal.aborted) {
    process.exitCode = 1;
    process.stderr.write(`the bench broke off: ${explain(error)}\n`);
  }
} finally {
  await scene?.remove();
}

/**
 * @param {Node} measuredNode
 * @param {Scene} place
 * @returns {Promise<NodeReport>}
 */
async function measureNode(measuredNode, place) {
  const measurer = createMeasurer(measuredNode, place);
  const floor = await measureFloor(measurer);
  const findings = [];
  for (const row of chosenRows) {
    progress(`Node ${measuredNode.version}: ${row.name}`);
    let finding = await tryRow(row, measurer);
    if (options.gate && !passesGate(finding)) finding = await tryRow(row, measurer);
    findings.push({ row, finding, isMet: isMet(finding) });
  }
  if (programs.length > 0) progress(`Node ${measuredNode.version}: against ${programs.join(', ')}`);
  return { node: measuredNode, floor, findings, comparisons: await comparePeers(measurer, programs) };
}

/**
 * @param {Node} measuredNode
 * @param {Scene} place
 * @returns {Measurer}
 */
function createMeasurer(measuredNode, place) {
  const where = { directory: place.directory, signal: interruption.signal };
  return {
    node: measuredNode,
    scene: place,
    curl: findProgram('curl'),
    /** @param {Record<string, Command>} commands */
    measure: (commands, share = 1) => measure(commands, Math.max(1, Math.ceil(Number(runs) * share)), where),
  };
}

/**
 * A command that fails is a row that is missed, and no reason to leave out the others.
 *
 * @param {Row} row
 * @param {Measurer} measurer
 * @returns {Promise<Finding>}
 */
async function tryRow(row, measurer) {
  try {
    return await row.measure(measurer);
  } catch (error) {
    if (error instanceof CommandFailed && error.command !== 'base') return { figures: [], failure: error.message };
    throw error;
  }
}

function checkSurroundings() {
  try {
    for (const name of ['python3', 'openssl', 'curl']) findProgram(name);
    for (const name of programs) {
      const peer = peers[name];
      if (peer === undefined) throw new Error(`--against ${name} is not known: ${Object.keys(peers).join(', ')}`);
      for (const needed of peer.needs) findProgram(needed);
    }
    if (!/^[1-9]\d*$/.test(runs)) throw new Error('--runs is not a number');
    if (!toList(node).every((line) => /^\d+$/.test(line))) throw new Error('--node is not a list of lines of Node');
    if (!existsSync(new URL('../dist/main.cjs', import.meta.url))) {
      throw new Error('dist/ is missing: `npm run build` makes it');
    }
  } catch (error) {
    endWith(2, explain(error));
  }
}

/** @param {string | undefined} list */
function chooseRows(list) {
  if (list === undefined) return rows;
  const names = list === 'none' ? [] : toList(list);
  const unknown = names.find((name) => !rows.some((row) => row.name === name));
  if (unknown !== undefined) endWith(2, `--rows ${unknown} is not known: ${rows.map(({ name }) => name).join(', ')}`);
  return rows.filter(({ name }) => names.includes(name));
}

/** @param {string} list */
function toList(list) {
  return list.split(',').filter(Boolean);
}

/** @param {string} text */
function progress(text) {
  process.stderr.write(`${text}\n`);
}
