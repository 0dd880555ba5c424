import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyOptions } from '../../../src/options/key-options.ts';
import type { TypedOptions } from '../../../src/options/option.ts';
import { outputOptions } from '../../../src/options/output-options.ts';
import { cachedOption, linesOption } from '../../../src/options/token-options.ts';
import { Settings } from '../../../src/settings/settings.ts';
import { readTokenLines } from '../../../src/settings/token-lines.ts';
import { failureOf } from '../support/failure.ts';
import { createContext } from '../support/test-context.ts';

const limit = 20_000;
const rows = [linesOption, cachedOption, ...keyOptions, ...outputOptions('text', 'json')];

interface Reading {
  readonly operand?: string;
  readonly typed?: TypedOptions;
  readonly isTerminal?: boolean;
}

/** The tokens of standard input that comes in these pieces. */
async function read(pieces: Iterable<string | Uint8Array>, reading: Reading = {}): Promise<string[]> {
  const { operand, typed = new Map(), isTerminal = false } = reading;
  const { ctx } = await createContext();
  const stdin = {
    isTerminal,
    read: async () => Buffer.of(),
    async *stream() {
      for (const piece of pieces) yield Buffer.from(piece as string);
    },
  };
  const settings = new Settings(rows, typed, {}, undefined);
  const batches = readTokenLines(operand, typed, settings, limit, { ...ctx, io: { ...ctx.io, stdin } });
  const tokens: string[] = [];
  for await (const batch of batches) tokens.push(...batch);
  return tokens;
}

describe('the tokens of standard input', () => {
  it.each<[string, string, string[]]>([
    ['one a line', 'a.b.c\nd.e.f\n', ['a.b.c', 'd.e.f']],
    ['without an end of the last line', 'a\nb', ['a', 'b']],
    ['with CRLF', 'a\r\nb\r\n', ['a', 'b']],
    ['with white space around them', ' a\t\n\tb \u00a0\n', ['a', 'b']],
    ['with empty lines', '\n\na\n \t\r\n\nb\n\n', ['a', 'b']],
    ['with a byte order mark', '\ufeffa\nb\n', ['a', 'b']],
    ['as they are pasted', 'Bearer a\n"b"\nAuthorization: Bearer c\n', ['a', 'b', 'c']],
  ])('are read %s', async (_, input, tokens) => {
    expect(await read([input])).toEqual(tokens);
  });

  it('are the same wherever the pieces of the input begin', async () => {
    const line = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('', ' ', '\r', 'é.ü.漢', '🦊'));
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.array(fc.nat(60)), async (lines, cuts) => {
        const bytes = Buffer.from(`a\n${lines.join('\n')}`);
        const starts = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b)];
        const pieces = starts.map((start, index) => bytes.subarray(start, starts[index + 1]));
        expect(await read(pieces)).toEqual(await read([bytes]));
      }),
    );
  });

  it('may be of the greatest length, whatever stands around them', async () => {
    const longest = 'a'.repeat(limit);
    expect(await read([`  Bearer ${longest}\r\n`, 'b'])).toEqual([longest, 'b']);
  });

  it('are cut where they are longer, so that they stay too long, and the next line is read as ever', async () => {
    const piece = `${' '.repeat(900)}.b.c`.repeat(10);
    const tokens = await read([...Array(100).fill(piece), '\nlast\n']);

    expect(tokens).toEqual([expect.stringMatching(/^ {900}\.b\.c/), 'last']);
    expect(tokens[0]).toHaveLength(limit + 1);
  });

  it.each([[['']], [[' \n\r\n\t\n']], [[]]])('must be there: %j', async (pieces) => {
    expect(await failureOf(() => read(pieces))).toMatchObject({
      code: 'missing_token',
      message: 'standard input is empty',
      hint: 'pipe the tokens in, one a line',
    });
  });

  it('are not typed at a terminal', async () => {
    expect(await failureOf(() => read(['a'], { isTerminal: true }))).toMatchObject({
      code: 'missing_token',
      message: 'standard input is a terminal',
    });
  });

  it('may be asked for by the operand that means standard input', async () => {
    expect(await read(['a'], { operand: '-' })).toEqual(['a']);
  });

  it.each<[string, Reading, string]>([
    ['a token as operand', { operand: 'a.b.c' }, 'an operand is given'],
    ['--cached', { typed: new Map([['cached', true]]) }, '--cached is for one token'],
    ['--format text', { typed: new Map([['format', ['text']]]) }, 'not in text'],
  ])('do not go with %s', async (_, reading, words) => {
    const failure = await failureOf(() => read([], reading));
    expect(failure.code).toBe('usage');
    expect(failure.message).toContain(words);
    expect(failure.message).not.toContain('a.b.c');
  });

  it('do not go with another reader of standard input', async () => {
    const typed = new Map([['verify-secret-file', ['-']]]);
    expect(await failureOf(() => read([], { typed }))).toMatchObject({
      code: 'standard_input_conflict',
      message: 'standard input cannot be both the tokens and --verify-secret-file -',
    });
  });

  it('are cut as well when a long line comes in one piece', async () => {
    const tokens = await read([`${' '.repeat(limit + 2000)}a.b.c\nlast\n`]);
    expect(tokens).toEqual([' '.repeat(limit + 1), 'last']);
  });
});
