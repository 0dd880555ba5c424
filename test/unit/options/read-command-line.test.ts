import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CommandDefinition } from '../../../src/commands/command.ts';
import type { OptionRow } from '../../../src/options/option.ts';
import { parseCommandLine } from '../../../src/options/parse-command-line.ts';
import { readCommandLine } from '../../../src/options/read-command-line.ts';

const definitions = await loadDefinitions();

describe.each(definitions)('the command line of $name', (definition) => {
  it('is read as commander reads it, or left to commander', () => {
    fc.assert(
      fc.property(anyLine(definition), (args) => {
        const read = readCommandLine(definition, args);
        if (read !== undefined) expect(entriesOf(read)).toStrictEqual(entriesOf(parseCommandLine(definition, args)));
      }),
      { numRuns: 2000 },
    );
  });

  it('is read where nothing is wrong with it', () => {
    fc.assert(
      fc.property(rightLine(definition), (args) => {
        const read = readCommandLine(definition, args);
        expect(read && entriesOf(read)).toStrictEqual(entriesOf(parseCommandLine(definition, args)));
      }),
      { numRuns: 500 },
    );
  });

  it.each(['--help', '-h', '--nonsense', '-?', '--=x', '---'])('is left to commander with %s in it', (word) => {
    const operands = definition.operands.map(() => 'x');
    expect(readCommandLine(definition, operands)).toBeDefined();
    expect(readCommandLine(definition, [word, ...operands])).toBeUndefined();
    expect(readCommandLine(definition, [...operands, word])).toBeUndefined();
  });
});

/** Every command that there is: a new one needs no line here. */
async function loadDefinitions(): Promise<CommandDefinition[]> {
  const folder = new URL('../../../src/commands/', import.meta.url);
  const modules = await Promise.all(
    readdirSync(folder)
      .filter((file) => file !== 'command.ts')
      .map((file): Promise<object> => import(new URL(file, folder).href)),
  );
  return modules.flatMap((module) => Object.values(module)).filter((value) => 'operands' in value);
}

/** The options in the order of the table too, which a comparison of maps would not tell apart. */
function entriesOf({ options, ...others }: ReturnType<typeof parseCommandLine>): object {
  return { ...others, options: [...options] };
}

/** A line of words that resemble what the command takes. */
function anyLine({ options }: CommandDefinition): fc.Arbitrary<string[]> {
  const spellings = options.flatMap(({ name, short }) => [
    `--${name}`,
    `--no-${name}`,
    ...(short === undefined ? [] : [`-${short}`]),
  ]);
  const spelling = fc.constantFrom(...spellings);
  const shorts = options.flatMap(({ short }) => (short === undefined ? [] : [short]));
  const choices = options.flatMap((row) => row.choices ?? []);
  const odd = fc.constantFrom('', '-', '--', '---', '-5', '-.5e3', '=', '--=', '-=', '-h', '--help', 'é', '\u{1f98a}');
  const value = fc.oneof(odd, fc.constantFrom('x', 'a=b', '-x', ...choices), spelling, fc.string({ unit: 'binary' }));
  const cluster = fc
    .array(fc.oneof(fc.constantFrom(...shorts), fc.constantFrom('-', '=', 'h', '\u{1f98a}')), { maxLength: 5 })
    .map((letters) => `-${letters.join('')}`);
  const word = fc.oneof(
    { weight: 4, arbitrary: spelling },
    { weight: 3, arbitrary: value },
    { weight: 2, arbitrary: cluster },
    fc.tuple(spelling, value).map(([name, text]) => `${name}=${text}`),
    fc.tuple(spelling, value).map(([name, text]) => `${name}${text}`),
    fc.tuple(spelling, fc.nat(30)).map(([name, length]) => name.slice(0, length)),
  );
  return fc.array(word, { maxLength: 7 });
}

/** A line that says what the command takes, in all the ways in which it may be said. */
function rightLine({ operands, options }: CommandDefinition): fc.Arbitrary<string[]> {
  const operand = fc.oneof(fc.constantFrom('-', '', 'x', 'https://api.example'), word());
  const needed = operands.filter((name) => !name.startsWith('[')).length;
  return fc
    .record({
      typed: fc.array(fc.oneof(...options.map((row) => rightOption(row, options))), { maxLength: 6 }),
      operands: fc.array(operand, { minLength: needed, maxLength: operands.length }),
      place: fc.nat(6),
      isLast: fc.boolean(),
    })
    .map(({ typed, operands, place, isLast }) =>
      isLast ? [...typed.flat(), '--', ...operands] : typed.toSpliced(place, 0, operands).flat(),
    );
}

function rightOption(row: OptionRow, rows: readonly OptionRow[]): fc.Arbitrary<string[]> {
  const long = `--${row.name}`;
  const negated = row.negatable ? [fc.constant<string[]>([`--no-${row.name}`])] : [];
  const flags = rows.flatMap(({ short, value }) => (short === undefined || value !== undefined ? [] : [short]));
  const before = fc.array(fc.constantFrom(...flags), { maxLength: 3 }).map((letters) => letters.join(''));
  if (row.value === undefined) {
    const short = row.short === undefined ? [] : [before.map((letters) => [`-${letters}${row.short}`])];
    return fc.oneof(fc.constant<string[]>([long]), ...short, ...negated);
  }
  const value = row.choices === undefined ? word() : fc.constantFrom(...row.choices);
  const short =
    row.short === undefined
      ? []
      : [
          fc.tuple(before, value).map(([letters, text]) => [`-${letters}${row.short}`, text]),
          fc.tuple(before, value).map(([letters, text]) => [`-${letters}${row.short}${text}`]),
        ];
  return fc.oneof(
    value.map((text) => [long, text]),
    value.map((text) => [`${long}=${text}`]),
    ...short,
    ...negated,
  );
}

/** A value that can be mistaken for nothing else. */
function word(): fc.Arbitrary<string> {
  return fc.string({ unit: 'binary', minLength: 1 }).filter((text) => !text.startsWith('-'));
}
