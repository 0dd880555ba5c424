import { availableParallelism, cpus, type } from 'node:os';

/** @import { Comparison } from './peers.mjs' */
/** @import { Figure, Finding, Row } from './rows.mjs' */
/** @import { Node } from './node-versions.mjs' */

/**
 * @typedef {object} NodeReport
 * @property {Node} node
 * @property {{ cpu: number, wall: number }} floor milliseconds of an empty file
 * @property {{ row: Row, finding: Finding }[]} findings
 * @property {Comparison[]} comparisons
 */

const rowColumns = ['path', 'cpu', 'wall', 'beside', 'target', 'met', 'wall, ms / ms'];
const peerColumns = [
  'task',
  'program',
  'its wall, ms',
  "ccgrant's wall, ms",
  'cpu, ccgrant / it',
  'wall, ccgrant / it',
];

export function describeMachine() {
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: cpus()[0]?.model.trim() ?? 'unknown cpu',
    cores: `${availableParallelism()} cores`,
    system: type(),
  };
}

/** @param {Finding} finding */
export function isMet({ figures, failure }) {
  return failure === undefined && figures.every(({ value, target = Infinity }) => value <= target);
}

/**
 * Whether a row is within twice the distance that its targets allow: what a busy machine is forgiven.
 *
 * @param {Finding} finding
 */
export function passesGate({ figures, failure }) {
  return failure === undefined && figures.every((figure) => figure.value <= gateOf(figure));
}

/** @param {Figure} figure */
function gateOf({ target = Infinity, isExact = false }) {
  return isExact ? target : (target - 1) * 2 + 1;
}

/**
 * What was measured as Markdown, to be pasted into docs/performance.md as it is.
 *
 * @param {NodeReport} report
 */
export function renderReport({ node, floor, findings, comparisons }) {
  const lines = [
    `### Node ${node.version}`,
    '',
    `${Object.values(describeMachine()).join(', ')}.`,
    `Floor (an empty \`.cjs\`): ${floor.cpu.toFixed(1)} ms cpu, ${floor.wall.toFixed(1)} ms wall.`,
  ];
  if (findings.length > 0)
    lines.push(
      '',
      ...table(
        rowColumns,
        findings.map((each) => toCells(node, each)),
      ),
    );
  if (comparisons.length > 0) lines.push('', ...table(peerColumns, comparisons.map(toPeerCells)));
  return `${lines.join('\n')}\n`;
}

/**
 * @param {Node} node
 * @param {{ row: Row, finding: Finding }} measured
 */
function toCells(node, { row, finding }) {
  const { figures, milliseconds, remark, failure } = finding;
  const beside = figures.filter(({ quantity }) => !['cpu', 'wall'].includes(quantity)).map(toText);
  const notes = [...beside, remark, failure].filter((note) => note !== undefined);
  return [
    row.path,
    ...['cpu', 'wall'].map((name) =>
      figures
        .filter(({ quantity }) => quantity === name)
        .map(toText)
        .join(),
    ),
    notes.join('; '),
    `<= ${row.target(node)}`,
    isMet(finding) ? 'yes' : '**no**',
    milliseconds === undefined ? '' : `${milliseconds.own.toFixed(0)} / ${milliseconds.base.toFixed(0)}`,
  ];
}

/** @param {Figure} figure */
function toText({ quantity, value }) {
  if (quantity === 'memory') return `${value.toFixed(0)} MB`;
  if (quantity === 'cpu' || quantity === 'wall') return value.toFixed(2);
  return `${quantity}: ${Number(value.toFixed(2))}`;
}

/** @param {Comparison} comparison */
function toPeerCells(comparison) {
  const { task, program } = comparison;
  if ('failure' in comparison) return [task, program, comparison.failure, '', '', ''];
  const { wall, ratio } = comparison;
  return [task, program, wall.program.toFixed(0), wall.own.toFixed(0), ratio.cpu.toFixed(2), ratio.wall.toFixed(2)];
}

/**
 * @param {string[]} columns
 * @param {string[][]} cells
 */
function table(columns, cells) {
  const rule = columns.map(() => '---');
  return [columns, rule, ...cells].map((row) => `| ${row.map(escapeCell).join(' | ')} |`);
}

/** @param {string} text */
function escapeCell(text) {
  return text.replaceAll('|', '\\|');
}
