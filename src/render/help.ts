import type { Command, Option } from 'commander';
import type { CommandExample } from '../commands/command.ts';
import type { Style } from '../io/style.ts';

/**
 * The help of one command: its purpose, its options in groups, and examples.
 * @param options shown beside those that the command has: commander takes longer to register them than to lay them out
 */
export function renderHelp(
  command: Command,
  examples: readonly CommandExample[],
  style: Style,
  columns: number,
  options: readonly Option[] = [],
): string {
  const title = (line: string): string => style.title(line).value;
  const help = command.createHelp();
  command.configureHelp({
    helpWidth: Math.min(columns || 80, 110),
    styleTitle: title,
    visibleOptions: (shown) => [...options.filter(({ hidden }) => !hidden), ...help.visibleOptions(shown)],
  });
  const lines = examples.flatMap(({ purpose, line }) => [`  # ${purpose}`, `  ${line}`]);
  return [command.helpInformation().trimEnd(), '', title('Examples:'), ...lines].join('\n');
}
