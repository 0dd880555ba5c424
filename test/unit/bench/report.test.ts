import { expect, test } from 'vitest';
import { ratio } from '../../../bench/measure.mjs';
import { isMet, passesGate, renderReport } from '../../../bench/report.mjs';
import type { Finding, Row } from '../../../bench/rows.mjs';

const node = { path: '/usr/bin/node', major: 20, version: 'v20.20.2' };

function wall(value: number, target?: number): Finding {
  return { figures: [{ quantity: 'wall', value, ...(target !== undefined && { target }) }] };
}

function run(cpu: number) {
  return { cpu, wall: cpu, rss: 0, lines: 0, answers: 1 };
}

test('a ratio is the median of those of the rounds, so that one slow round changes nothing', () => {
  const rounds = [
    { base: run(1), own: run(2) },
    { base: run(2), own: run(4) },
    { base: run(1), own: run(90) },
  ];
  expect(ratio(rounds, 'own', 'base', 'cpu')).toBe(2);
  expect(ratio(rounds, 'own', 'base', 'wall', 1)).toBe(1.5);
});

test('a target is met up to its value, and a figure without one is only told', () => {
  expect(isMet(wall(1.05, 1.05))).toBe(true);
  expect(isMet(wall(1.06, 1.05))).toBe(false);
  expect(isMet(wall(99))).toBe(true);
});

test('the gate forgives twice the distance of the target', () => {
  expect(passesGate(wall(1.99, 1.5))).toBe(true);
  expect(passesGate(wall(2.01, 1.5))).toBe(false);
});

test('the gate forgives nothing that does not depend on the machine', () => {
  const requests = (value: number): Finding => ({
    figures: [{ quantity: 'requests', value, target: 1, isExact: true }],
  });
  expect(passesGate(requests(1))).toBe(true);
  expect(passesGate(requests(2))).toBe(false);
});

test('a command that fails misses its row and the gate', () => {
  const finding = { figures: [], failure: 'exit code 2' };
  expect(isMet(finding)).toBe(false);
  expect(passesGate(finding)).toBe(false);
});

test('the table says for each row what was measured, the target and whether it is met', () => {
  const row: Row = { name: 'any', path: 'a | b', target: () => '1.5', measure: async () => wall(1) };
  const finding: Finding = { ...wall(1.608, 1.5), milliseconds: { base: 40, own: 64.3 } };
  const report = renderReport({ node, floor: { cpu: 30, wall: 31 }, findings: [{ row, finding }], comparisons: [] });
  expect(report).toContain('### Node v20.20.2\n');
  expect(report).toContain('Floor (an empty `.cjs`): 30.0 ms cpu, 31.0 ms wall.\n');
  expect(report).toContain('| a \\| b |  | 1.61 |  | <= 1.5 | **no** | 64 / 40 |\n');
});
