import type { OutputConfiguration } from 'commander';
import { Command, Option } from 'commander';
import type { CommandDefinition } from '../commands/command.ts';
import type { OptionRow } from './option.ts';
import { profileKey } from './option.ts';

/**
 * What commander is to know of the output: nothing, for it would ask node's own streams, which cost a fifth
 * of a start. Its messages are not shown, and the style of the help is made for the stream it goes to.
 */
export const ownOutput: OutputConfiguration = {
  writeOut: () => {},
  writeErr: () => {},
  getOutHasColors: () => true,
  getOutHelpWidth: () => 0,
};

/** The commander Command of a definition, its options aside. */
export function toCommander({ name, operands }: CommandDefinition): Command {
  const command = new Command(`ccgrant ${name}`)
    .exitOverride()
    .configureOutput(ownOutput)
    .helpOption('-h, --help', 'show this help')
    .action(() => {});
  for (const operand of operands) command.argument(operand.startsWith('[') ? operand : `<${operand}>`);
  return command;
}

/**
 * The commander Options of a table: for parsing, and for the help.
 * @param onValue told of each value as it is met
 */
export function toOptions(
  rows: readonly OptionRow[],
  onValue: (name: string, value: string) => void = () => {},
): Option[] {
  return rows.flatMap((row) => (row.negatable ? [toOption(row, onValue), negationOf(row)] : [toOption(row, onValue)]));
}

function toOption(row: OptionRow, onValue: (name: string, value: string) => void): Option {
  const short = row.short === undefined ? '' : `-${row.short}, `;
  const value = row.value === undefined ? '' : ` <${row.value}>`;
  const option = new Option(`${short}--${row.name}${value}`, describe(row)).helpGroup(`${row.group}:`);
  if (row.hidden) option.hideHelp();
  if (row.value === undefined) return option;
  return option.argParser((next: string, previous: readonly string[] | false | undefined) => {
    onValue(row.name, next);
    // What `--no-NAME` has taken away before is false.
    return [...(previous || []), next];
  });
}

function negationOf(row: OptionRow): Option {
  return new Option(`--no-${row.name}`, `none, whatever ${whereFrom(row)} says`).helpGroup(`${row.group}:`);
}

function describe({ summary, repeats, choices, variable }: OptionRow): string {
  const parts = [
    repeats ? `${summary}; repeatable` : summary,
    choices && `(${choices.join(', ')})`,
    variable && `[${variable}]`,
  ];
  return parts.filter((part) => part !== undefined).join(' ');
}

function whereFrom(row: OptionRow): string {
  return [row.variable, row.inProfile && `${profileKey(row)} of a profile`].filter(Boolean).join(' or ');
}
