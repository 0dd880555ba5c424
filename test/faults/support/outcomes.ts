import { expect } from 'vitest';
import type { Outcome } from './processes.ts';

/** The token that each process has printed; what else it did must be nothing. */
export function tokensOf(outcomes: readonly Outcome[]): string[] {
  return outcomes.map(({ exitCode, stderr, stdout, hung }) => {
    expect({ exitCode, stderr, hung }).toEqual({ exitCode: 0, stderr: '', hung: false });
    return stdout.trimEnd();
  });
}

/** The one token that all have printed. */
export function sharedToken(outcomes: readonly Outcome[]): string {
  const tokens = [...new Set(tokensOf(outcomes))];
  expect(tokens).toHaveLength(1);
  return tokens[0] ?? '';
}
