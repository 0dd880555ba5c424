import type { ColorWhen, OutputPreferences } from '../io/io.ts';
import type { OptionRow, TypedOptions } from './option.ts';

const outputRows: readonly OptionRow[] = [
  { name: 'quiet', short: 'q', group: 'Output', summary: 'no warnings, hints and progress' },
  { name: 'verbose', short: 'v', group: 'Output', summary: 'show requests and responses, without secrets' },
  {
    name: 'color',
    value: 'WHEN',
    group: 'Output',
    summary: 'colours on standard output and standard error',
    choices: ['always', 'never', 'auto'],
  },
];

/** The output options of a command that answers in these formats, its ordinary one first. */
export function outputOptions(...formats: readonly [string, ...string[]]): readonly OptionRow[] {
  return [
    {
      name: 'format',
      value: 'FORMAT',
      group: 'Output',
      summary: `format of the answer; json shapes errors too`,
      choices: formats,
    },
    { name: 'json', group: 'Output', summary: 'the same as --format json' },
    ...outputRows,
  ];
}

/** In `call` the body is the answer: `--format json` shapes errors only, and `--json` is curl's. */
export const callOutputOptions: readonly OptionRow[] = [
  { name: 'format', value: 'FORMAT', group: 'Output', summary: 'format of errors', choices: ['text', 'json'] },
  ...outputRows,
];

/** The format that was asked for, undefined for the command's ordinary one. */
export function outputFormat(typed: TypedOptions): string | undefined {
  return typed.get('json') === true ? 'json' : lastValue(typed, 'format');
}

export function outputPreferences(typed: TypedOptions): OutputPreferences {
  return {
    color: (lastValue(typed, 'color') ?? 'auto') as ColorWhen,
    quiet: typed.get('quiet') === true,
    verbose: typed.get('verbose') === true,
  };
}

function lastValue(typed: TypedOptions, name: string): string | undefined {
  const value = typed.get(name);
  return Array.isArray(value) ? value.at(-1) : undefined;
}
