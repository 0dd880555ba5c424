import { describe, expect, it } from 'vitest';
import type { OptionRow } from '../../../src/options/option.ts';
import { Settings } from '../../../src/settings/settings.ts';
import { claimStandardInput } from '../../../src/settings/standard-input.ts';
import { failureOf } from '../support/failure.ts';

const rows: OptionRow[] = ['client-secret-file', 'token-file', 'upload-file', 'verify-secret-file'].map((name) => ({
  name,
  value: 'FILE',
  group: 'Client',
  summary: '',
  readsStandardInput: true,
}));

const claim = (typed: Record<string, string[]>, ...others: string[]) =>
  claimStandardInput(new Settings(rows, new Map(Object.entries(typed)), {}, undefined), ...others);

describe('standard input', () => {
  it.each<[Record<string, string[]>, string[]]>([
    [{}, []],
    [{}, ['the token']],
    [{ 'client-secret-file': ['-'] }, []],
    [{ 'client-secret-file': ['-'], 'token-file': ['file'] }, []],
  ])('has one reader at the most: %j and %j', (typed, others) => {
    expect(() => claim(typed, ...others)).not.toThrow();
  });

  it.each<[Record<string, string[]>, string[], string[]]>([
    [{ 'client-secret-file': ['-'] }, ['the token'], ['the token', '--client-secret-file -']],
    [{ 'client-secret-file': ['-'], 'token-file': ['-'] }, [], ['--client-secret-file -', '--token-file -']],
    [{ 'upload-file': ['-'], 'client-secret-file': ['-'] }, [], ['--client-secret-file -', '--upload-file -']],
    [{ 'token-file': ['-'] }, ['--data @-'], ['--data @-', '--token-file -']],
    [{ 'verify-secret-file': ['-'] }, ['the token'], ['the token', '--verify-secret-file -']],
    [{}, ['--data @-', '--header @-'], ['--data @-', '--header @-']],
  ])('cannot be both: %j and %j', async (typed, others, names) => {
    const failure = await failureOf(() => claim(typed, ...others));
    expect(failure.code).toBe('standard_input_conflict');
    for (const name of names) expect(failure.message).toContain(name);
  });
});
