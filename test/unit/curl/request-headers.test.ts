import { describe, expect, it } from 'vitest';
import { applyHeaderLines } from '../../../src/curl/request-headers.ts';
import { HttpHeaders } from '../../../src/http/headers.ts';
import { failureOf, wordsOf } from '../support/failure.ts';

const defaults = new HttpHeaders([
  ['User-Agent', 'ccgrant'],
  ['Accept', '*/*'],
]);

const apply = (...lines: string[]) => [...applyHeaderLines(defaults, lines)];

describe('-H', () => {
  it.each<[string, string[], [string, string][]]>([
    [
      'adds a header',
      ['X-A: 1'],
      [
        ['User-Agent', 'ccgrant'],
        ['Accept', '*/*'],
        ['X-A', '1'],
      ],
    ],
    [
      'replaces a header in any case',
      ['accept: text/csv'],
      [
        ['User-Agent', 'ccgrant'],
        ['accept', 'text/csv'],
      ],
    ],
    ['takes a header away', ['Accept:'], [['User-Agent', 'ccgrant']]],
    ['takes a header away with blanks behind', ['User-Agent:  '], [['Accept', '*/*']]],
    ['takes nothing away that is not there', ['X-A:'], [...defaults] as [string, string][]],
    [
      'sends a header without a value',
      ['X-A;'],
      [
        ['User-Agent', 'ccgrant'],
        ['Accept', '*/*'],
        ['X-A', ''],
      ],
    ],
    [
      'sends a header twice',
      ['X-A: 1', 'X-A: 2'],
      [
        ['User-Agent', 'ccgrant'],
        ['Accept', '*/*'],
        ['X-A', '1'],
        ['X-A', '2'],
      ],
    ],
    [
      'replaces one header by two',
      ['Accept: a', 'ACCEPT: b'],
      [
        ['User-Agent', 'ccgrant'],
        ['Accept', 'a'],
        ['ACCEPT', 'b'],
      ],
    ],
    [
      'needs no blank behind the colon',
      ['X-A:1'],
      [
        ['User-Agent', 'ccgrant'],
        ['Accept', '*/*'],
        ['X-A', '1'],
      ],
    ],
    [
      'keeps colons and semicolons in the value',
      ['X-A: b:c; d="e"'],
      [
        ['User-Agent', 'ccgrant'],
        ['Accept', '*/*'],
        ['X-A', 'b:c; d="e"'],
      ],
    ],
    [
      'keeps a tab in the value',
      ['X-A: b\tc'],
      [
        ['User-Agent', 'ccgrant'],
        ['Accept', '*/*'],
        ['X-A', 'b\tc'],
      ],
    ],
    [
      'keeps Latin-1',
      ['X-A: ü'],
      [
        ['User-Agent', 'ccgrant'],
        ['Accept', '*/*'],
        ['X-A', 'ü'],
      ],
    ],
  ])('%s', (_, lines, headers) => {
    expect(apply(...lines)).toEqual(headers);
  });

  it.each(['X-A', 'X A: 1', ': 1', '', ' ', 'X-Ä: 1', 'X-A; 1', 'X\n-A: 1', '(x): 1'])('refuses %j', async (line) => {
    expect(await failureOf(() => apply(line))).toMatchObject({
      code: 'usage',
      message: expect.stringContaining('--header'),
    });
  });

  it.each([
    'X-A: S3cr3t\nX-Injected: 1',
    'X-A: S3cr3t\r\nX-Injected: 1',
    'X-A: S3cr3t\0',
    'X-A: S3cr3t\u007f',
    'X-A: S3cr3t\u001b[2J',
    'X-A: S3cr3t 🦊',
    'X-A: S3cr3t €',
  ])('refuses what no header can carry, and does not repeat it: %j', async (line) => {
    const failure = await failureOf(() => apply(line));
    expect(failure).toMatchObject({ code: 'usage', message: expect.stringContaining('X-A') });
    expect(wordsOf(failure)).not.toContain('S3cr3t');
  });

  it.each(['Authorization: Bearer S3cr3t', 'authorization: x', 'AUTHORIZATION:', 'Authorization;'])(
    'refuses %s: that header is ours',
    async (line) => {
      const failure = await failureOf(() => apply(line));
      expect(failure).toMatchObject({ code: 'usage', hint: expect.stringContaining('--token-file') });
      expect(wordsOf(failure)).not.toContain('S3cr3t');
    },
  );
});
