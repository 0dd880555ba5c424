import type { Command } from 'commander';
import { CommanderError } from 'commander';
import { closestMatch } from 'leven';
import type { CommandDefinition, Invocation } from '../commands/command.ts';
import { UsageError } from '../errors.ts';
import type { OptionRow, TypedValue } from './option.ts';
import { counterpartWithValue } from './option.ts';
import { toCommander, toOptions } from './to-commander.ts';
import type { WrongValue } from './wrong-value.ts';
import { wrongValue } from './wrong-value.ts';

/** Raised when the person asked for the help instead. */
export class HelpRequested extends Error {}

/**
 * Reads what was typed after a command's name, and says what is wrong with it.
 * @throws UsageError; HelpRequested
 */
export function parseCommandLine(definition: CommandDefinition, args: readonly string[]): Invocation {
  const sequence: [string, string][] = [];
  const command = toCommander(definition);
  for (const option of toOptions(definition.options, (name, value) => sequence.push([name, value])))
    command.addOption(option);
  // That the help was asked for is all that is wanted here.
  command.configureHelp({ formatHelp: () => '' });
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) throw translate(error, definition, args);
    throw error;
  }
  const options = new Map(
    definition.options.flatMap((row): [string, TypedValue][] => {
      const value = typedValue(row, command);
      return value === undefined ? [] : [[row.name, value]];
    }),
  );
  const wrong = wrongValue(definition.options, options);
  if (wrong !== undefined) throw refusal(wrong);
  return { operands: command.args, options, sequence };
}

function typedValue(row: OptionRow, command: Command): TypedValue | undefined {
  // Commander reads `--no-x` as the option x taken back; where that is an option of its own, it is set.
  const isNegation = row.name.startsWith('no-') && row.value === undefined;
  const attribute = (isNegation ? row.name.slice(3) : row.name).replace(/-(.)/g, (_, letter: string) =>
    letter.toUpperCase(),
  );
  if (command.getOptionValueSource(attribute) !== 'cli') return undefined;
  const value: TypedValue = command.getOptionValue(attribute);
  if (!isNegation) return value === false && !row.negatable ? undefined : value;
  return value === false ? true : undefined;
}

function refusal(wrong: WrongValue): UsageError {
  const { name } = wrong.row;
  const isUnset = 'is the variable set that it comes from?';
  switch (wrong.fault) {
    case 'is another option':
      return new UsageError('usage', `--${name} needs a value`, { hint: isUnset });
    case 'is empty':
      return new UsageError('usage', `--${name} is empty`, {
        hint: name === 'scope' ? 'to ask without a scope say --no-scope' : isUnset,
      });
    case 'is none of the choices': {
      const { value, choices } = wrong;
      return new UsageError('usage', `--${name} takes one of ${choices.join(', ')}`, { hint: near(value, choices) });
    }
  }
}

/** Commander's own messages quote what was typed, which may be a secret: only its codes are used. */
function translate(error: CommanderError, definition: CommandDefinition, args: readonly string[]): Error {
  const name = /'(?:-\w, )?(--?[\w-]*)/.exec(error.message)?.[1] ?? '';
  switch (error.code) {
    case 'commander.helpDisplayed':
    case 'commander.help':
      return new HelpRequested();
    case 'commander.unknownOption':
      return unknownOption(name, definition);
    case 'commander.optionMissingArgument':
      return new UsageError('usage', `${name} needs a value`);
    case 'commander.missingArgument':
      return new UsageError('usage', `ccgrant ${definition.name} needs ${definition.operands.join(' ')}`, {
        hint: definition.examples[0]?.line,
      });
    case 'commander.excessArguments':
      return new UsageError('usage', `too many arguments for ccgrant ${definition.name}`, {
        hint:
          valueOfFlag(definition, args) ??
          (definition.operands.length === 0
            ? `ccgrant ${definition.name} takes options only: see ccgrant ${definition.name} --help`
            : 'a value with blanks in it needs quotes'),
      });
    default:
      return new UsageError('usage', `ccgrant ${definition.name} does not understand this`, {
        hint: `ccgrant ${definition.name} --help`,
      });
  }
}

/** Which option takes the value that stands behind a flag. */
function valueOfFlag({ options }: CommandDefinition, args: readonly string[]): string | undefined {
  const followed = args.filter((_, index) => args[index + 1]?.startsWith('-') === false);
  const flags = options.filter(({ name, value }) => value === undefined && followed.includes(`--${name}`));
  return flags.map((flag) => hintForValue(flag, options)).find((hint) => hint !== undefined);
}

function hintForValue(flag: OptionRow, options: readonly OptionRow[]): string | undefined {
  const other = counterpartWithValue(flag, options);
  return other && `did you mean --${other.name} ${other.value}`;
}

function unknownOption(typed: string, { name, options, foreignOptions }: CommandDefinition): UsageError {
  const option = typed.startsWith('--') ? typed : typed.slice(0, 2);
  const foreign = foreignOptions?.get(option);
  if (foreign !== undefined)
    return new UsageError('unknown_option', `${option} is not an option of ccgrant ${name}`, { hint: foreign });
  const flag = options.find((row) => option === `--${row.name}` && row.value === undefined);
  if (flag !== undefined)
    return new UsageError('usage', `${option} takes no value`, { hint: hintForValue(flag, options) });
  const known = options
    .filter(({ hidden }) => !hidden)
    .flatMap((row) => [`--${row.name}`, ...(row.negatable ? [`--no-${row.name}`] : [])]);
  const placeOfSecret = placeForSecret(option);
  if (placeOfSecret !== undefined && near(option, known, 1) === undefined) {
    return new UsageError(
      'secret_on_command_line',
      'no option takes a secret as its value: other users can read the command line',
      { hint: `use ${placeOfSecret}` },
    );
  }
  // What is no option's name may be anything, a secret too.
  const shown = /^--[A-Za-z][A-Za-z_-]{0,30}$|^-[A-Za-z0-9]$/.test(option) ? option : 'an option';
  const nearest = near(option, known);
  return new UsageError('unknown_option', `ccgrant ${name} does not know ${shown}`, {
    hint: nearest ?? `ccgrant ${name} --help lists them`,
  });
}

/** Where a secret belongs that somebody meant to give: by `--client-secret`, `--password`, `--passphrase` and the like. */
function placeForSecret(option: string): string | undefined {
  if (/^--((private[-_]?)?key[-_]?pass(w(or)?d|phrase)?|pass(phrase|in))$/i.test(option)) return '--pass-file FILE';
  const [, signed] = /^--(?:client[-_]?)?(assertion|attestation)$/.exec(option.toLowerCase()) ?? [];
  if (signed !== undefined) return `--client-${signed}-file FILE or CCGRANT_CLIENT_${signed.toUpperCase()}_FILE`;
  const isClientSecret =
    /^--(client[-_]?)?(sec\w*|pass(w(or)?d)?)$/i.test(option) || near(option, ['--client-secret']) !== undefined;
  return isClientSecret
    ? '--client-secret-file FILE (- for standard input), CCGRANT_CLIENT_SECRET_FILE or CCGRANT_CLIENT_SECRET'
    : undefined;
}

/** The nearest candidate, if it is near enough to be what was meant; dashes in front do not count. */
function near(typed: string, candidates: readonly string[], maxDistance = 3): string | undefined {
  const bare = (name: string): string => name.replace(/^-+/, '');
  const word = bare(typed).toLowerCase();
  const nearest = closestMatch(word, candidates.map(bare), {
    maxDistance: Math.min(maxDistance, Math.ceil(word.length / 3)),
  });
  return nearest === undefined ? undefined : `did you mean ${candidates.find((name) => bare(name) === nearest)}`;
}
