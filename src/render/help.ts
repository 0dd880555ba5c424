import type { Command } from 'commander';
import type { CommandExample } from '../commands/command.ts';
import type { Style } from '../io/style.ts';

/** The help of one command: its purpose, its options in groups, and examples. */
export function renderHelp(
  command: Command,
  examples: readonly CommandExample[],
  style: Style,
  columns: number,
): string {
  const title = (line: string): string => style.title(line).value;
  command.configureHelp({ helpWidth: Math.min(columns || 80, 110), styleTitle: title });
  const lines = examples.flatMap(({ purpose, line }) => [`  # ${purpose}`, `  ${line}`]);
  return [command.helpInformation().trimEnd(), '', title('Examples:'), ...lines].join('\n');
}
