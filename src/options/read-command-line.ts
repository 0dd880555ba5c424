import type { CommandDefinition, Invocation } from '../commands/command.ts';
import type { OptionRow, TypedValue } from './option.ts';
import { wrongValue } from './wrong-value.ts';

/**
 * Reads a command line in which nothing is wrong, as `parseCommandLine` does, and without commander, which
 * costs a third of a start.
 * @returns undefined for everything that is not plainly right, the wish for help too: that is commander's to judge
 */
export function readCommandLine(
  { operands, options }: CommandDefinition,
  args: readonly string[],
): Invocation | undefined {
  const words = readWords(args, spellingsOf(options));
  if (words === undefined || !isCountOf(operands, words.operands.length)) return undefined;
  const typed = new Map(
    options.flatMap((row): [string, TypedValue][] => {
      const last = words.last.get(settingOf(row));
      return last?.row === row ? [[row.name, last.value]] : [];
    }),
  );
  if (wrongValue(options, typed) !== undefined) return undefined;
  return { operands: words.operands, options: typed, sequence: words.sequence };
}

/** What one spelling of an option does: sets a flag, takes a setting away, or takes a value. */
interface Spelling {
  readonly row: OptionRow;
  readonly sets: boolean | 'value';
}

function spellingsOf(rows: readonly OptionRow[]): ReadonlyMap<string, Spelling> {
  const spellings = new Map<string, Spelling>();
  for (const row of rows) {
    const spelling = { row, sets: row.value === undefined || 'value' } as const;
    spellings.set(`--${row.name}`, spelling);
    if (row.short !== undefined) spellings.set(`-${row.short}`, spelling);
    if (row.negatable) spellings.set(`--no-${row.name}`, { row, sets: false });
  }
  return spellings;
}

/** `--fail` and `--no-fail` are rows of their own and one setting: the last one typed counts. */
function settingOf({ name, value }: OptionRow): string {
  return value === undefined ? name.replace(/^no-/, '') : name;
}

interface Words {
  readonly operands: readonly string[];
  readonly last: ReadonlyMap<string, { readonly row: OptionRow; readonly value: TypedValue }>;
  readonly sequence: readonly (readonly [name: string, value: string])[];
}

function readWords(args: readonly string[], spellings: ReadonlyMap<string, Spelling>): Words | undefined {
  const operands: string[] = [];
  const last = new Map<string, { row: OptionRow; value: TypedValue }>();
  const sequence: [string, string][] = [];
  const rest = [...args];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') {
      operands.push(...rest.splice(0));
    } else if (word === '-' || !word.startsWith('-')) {
      operands.push(word);
    } else {
      const { spelling, attached, cluster } = takeApart(word, spellings);
      if (spelling === undefined) return undefined;
      const { row, sets } = spelling;
      const setting = settingOf(row);
      if (sets !== 'value') {
        if (attached !== undefined) return undefined;
        last.set(setting, { row, value: sets });
        if (cluster !== undefined) rest.unshift(cluster);
      } else {
        const value = attached ?? rest.shift();
        if (value === undefined) return undefined;
        const previous = last.get(setting)?.value;
        last.set(setting, { row, value: [...(Array.isArray(previous) ? previous : []), value] });
        sequence.push([row.name, value]);
      }
    }
  }
  return { operands, last, sequence };
}

interface OptionWord {
  readonly spelling: Spelling | undefined;
  /** The value that stands in the same word. */
  readonly attached?: string;
  /** The word that is left of a cluster of short options. */
  readonly cluster?: string;
}

function takeApart(word: string, spellings: ReadonlyMap<string, Spelling>): OptionWord {
  const whole = spellings.get(word);
  if (whole !== undefined) return { spelling: whole };
  if (word.startsWith('--')) {
    const end = word.indexOf('=');
    return end < 0
      ? { spelling: undefined }
      : { spelling: spellings.get(word.slice(0, end)), attached: word.slice(end + 1) };
  }
  const spelling = spellings.get(word.slice(0, 2));
  const others = word.slice(2);
  if (spelling?.sets === 'value') return { spelling, attached: others };
  return { spelling, cluster: `-${others}` };
}

/** Whether a command that takes these operands takes so many. */
function isCountOf(operands: readonly string[], count: number): boolean {
  const needed = operands.filter((operand) => !operand.startsWith('[')).length;
  return count >= needed && count <= operands.length;
}
