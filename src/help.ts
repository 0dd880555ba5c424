import { Command } from 'commander';
import type { CommandDefinition } from './commands/command.ts';
import type { Io } from './io/io.ts';
import { ownOutput, toCommander, toOptions } from './options/to-commander.ts';
import { renderHelp } from './render/help.ts';

/** A command's name and what it is for, in one line. */
export interface CommandSummary {
  readonly name: string;
  readonly summary: string;
}

/** What `ccgrant --help` prints. */
export function programHelp(commands: readonly CommandSummary[], io: Io): string {
  const program = new Command('ccgrant')
    .configureOutput(ownOutput)
    .usage('COMMAND [OPTIONS]')
    .description('the OAuth 2.0 client credentials grant: get, cache, check and use access tokens')
    .helpOption(false)
    .helpCommand(false);
  for (const { name, summary } of commands) program.command(name).usage(' ').description(summary);
  const examples = [
    {
      purpose: 'a token for a script',
      line: 'TOKEN=$(ccgrant token --issuer https://as.example.com --client-id ci-bot --client-secret-file secret.txt)',
    },
    { purpose: 'call an API with it', line: 'ccgrant call https://api.example.com/orders --scope orders:read' },
    { purpose: 'all options of a command', line: 'ccgrant token --help' },
  ];
  return renderHelp(program, examples, io.style, io.stdout.columns);
}

/** What `--help` of one command prints. */
export function commandHelp(definition: CommandDefinition, summary: string, io: Io): string {
  const options = toOptions(definition.options);
  return renderHelp(
    toCommander(definition).description(summary),
    definition.examples,
    io.style,
    io.stdout.columns,
    options,
  );
}
