import type { CommandDefinition, Invocation } from './commands/command.ts';
import type { Environment, Outside } from './context.ts';
import { UsageError } from './errors.ts';
import { createIo, type StandardStreams } from './io/create-io.ts';
import type { Io, OutputPreferences } from './io/io.ts';
import { Witness } from './memo/witness.ts';
import type { OptionRow } from './options/option.ts';
import { outputFormat, outputPreferences } from './options/output-options.ts';
import { readCommandLine } from './options/read-command-line.ts';
import { reportError } from './report-error.ts';
import { version } from './version.ts';

interface CommandEntry {
  readonly name: string;
  /** What it is for, in one line. */
  readonly summary: string;
  readonly load: () => Promise<CommandDefinition>;
}

/** The commands. Each is loaded only when it is asked for. */
const commands: readonly CommandEntry[] = [
  {
    name: 'token',
    summary: 'print an access token, from the cache while it is good',
    load: async () => (await import('./commands/token.ts')).tokenCommand,
  },
  {
    name: 'decode',
    summary: 'show what a token says; trusts nothing and asks nobody',
    load: async () => (await import('./commands/decode.ts')).decodeCommand,
  },
  {
    name: 'verify',
    summary: 'check the signature and every claim of a token',
    load: async () => (await import('./commands/verify.ts')).verifyCommand,
  },
  {
    name: 'introspect',
    summary: 'ask the authorization server whether a token is active',
    load: async () => (await import('./commands/introspect.ts')).introspectCommand,
  },
  {
    name: 'revoke',
    summary: 'revoke a token and drop it from the cache',
    load: async () => (await import('./commands/revoke.ts')).revokeCommand,
  },
  {
    name: 'call',
    summary: 'request a protected resource with the token, as curl; fails for status >= 400',
    load: async () => (await import('./commands/call.ts')).callCommand,
  },
  {
    name: 'discover',
    summary: "print the authorization server's metadata",
    load: async () => (await import('./commands/discover.ts')).discoverCommand,
  },
  {
    name: 'cache',
    summary: 'list what is cached, clear it, or print where it is',
    load: async () => (await import('./commands/cache.ts')).cacheCommand,
  },
];

/** Runs one command line and returns the exit code of the process. */
export async function run(argv: readonly string[], streams: StandardStreams, outside: Outside): Promise<number> {
  const openIo = (preferences: OutputPreferences): Promise<Io> => createIo(streams, preferences, outside.env);
  // Until the command line is understood, what it says about the output can only be guessed.
  let io = await openIo({ color: 'auto', quiet: false, verbose: false });
  let format = guessFormat(argv);
  try {
    const request = await findCommand(argv);
    if (request === 'help') await io.print((await import('./help.ts')).programHelp(commands, io));
    else if (request === 'version') await io.print(`ccgrant ${version}`);
    else {
      const { definition, summary, args } = request;
      const invocation = isHelpOnly(args)
        ? 'help'
        : (readCommandLine(definition, args) ?? (await parse(definition, args)));
      if (invocation === 'help') await io.print((await import('./help.ts')).commandHelp(definition, summary, io));
      else {
        io = await openIo(outputPreferences(invocation.options));
        format = outputFormat(invocation.options) === 'json' ? 'json' : 'text';
        const witness = new Witness(outside.env, outside.host);
        const { env, host } = witness;
        const { connect, now, elapsed, startedOn, sha256 } = outside;
        await definition.run(invocation, {
          io,
          argv,
          env,
          connect,
          now,
          elapsed,
          startedOn,
          sha256,
          host,
          witness,
          // Not asked for before the command does: the handlers of signals cost a third of a millisecond.
          get signal() {
            return outside.signal;
          },
        });
      }
    }
    return 0;
  } catch (error) {
    return reportError(error, io, format);
  }
}

/** Whether the help is asked for so plainly that nobody has to look into the options first. */
function isHelpOnly(args: readonly string[]): boolean {
  return args.length === 1 && (args[0] === '--help' || args[0] === '-h');
}

/** Has commander read the command line, which knows what is wrong with it. */
async function parse(definition: CommandDefinition, args: readonly string[]): Promise<Invocation | 'help'> {
  const { HelpRequested, parseCommandLine } = await import('./options/parse-command-line.ts');
  try {
    return parseCommandLine(definition, args);
  } catch (error) {
    if (error instanceof HelpRequested) return 'help';
    throw error;
  }
}

/** Writes the rest of an answer, and returns the exit code of the process. */
export async function finish(rest: Uint8Array, streams: StandardStreams, env: Environment): Promise<number> {
  try {
    await streams.stdout.write(rest);
    return 0;
  } catch (error) {
    return reportError(error, await createIo(streams, { color: 'auto', quiet: false, verbose: false }, env), 'text');
  }
}

interface CommandRequest {
  readonly definition: CommandDefinition;
  readonly summary: string;
  readonly args: readonly string[];
}

/** Finds the command: the first operand, wherever the options stand. */
async function findCommand(argv: readonly string[]): Promise<CommandRequest | 'help' | 'version'> {
  const [first] = argv;
  if (first === undefined || first === '-h' || first === '--help') return 'help';
  if (first === '-V' || first === '--version') return 'version';
  if (first === 'help') return argv[1] === undefined ? 'help' : findCommand([argv[1], '--help']);
  const index = first.startsWith('-') ? await indexOfCommand(argv) : 0;
  const name = argv[index];
  const entry = commands.find((command) => command.name === name);
  if (entry === undefined) throw await unknownCommand(name);
  return { definition: await entry.load(), summary: entry.summary, args: argv.toSpliced(index, 1) };
}

/** Skips the options in front of the command, and the values that belong to them. */
async function indexOfCommand(argv: readonly string[]): Promise<number> {
  const definitions = await Promise.all(commands.map(({ load }) => load()));
  const rows = definitions.flatMap(({ options }) => options);
  const isName = (arg: string | undefined): boolean => commands.some(({ name }) => name === arg);
  for (let index = 0; index < argv.length; index += 1) {
    const arg = argv[index] ?? '';
    if (!arg.startsWith('-')) return index;
    const named = rows.filter((row) => arg === `--${row.name}` || arg === `-${row.short}`);
    // Where commands differ, as in --json, or nobody knows the option, a command's name behind it is the command.
    const mayTakeValue = named.length === 0 ? !arg.includes('=') : named.some(hasValue);
    const takesValue = named.length > 0 && named.every(hasValue);
    if (takesValue || (mayTakeValue && !isName(argv[index + 1]))) index += 1;
  }
  return argv.length;
}

function hasValue({ value }: OptionRow): boolean {
  return value !== undefined;
}

/** Positional arguments are not quoted: a token or a secret can stand in a command's place. */
async function unknownCommand(typed: string | undefined): Promise<UsageError> {
  if (typed === undefined) return new UsageError('usage', 'no command is given', { hint: 'ccgrant --help lists them' });
  const { closestMatch } = await import('leven');
  const names = commands.map(({ name }) => name);
  const nearest = closestMatch(typed.toLowerCase(), names, { maxDistance: 2 });
  return new UsageError('unknown_command', 'there is no such command', {
    hint: nearest === undefined ? `the commands are ${names.join(', ')}` : `did you mean ccgrant ${nearest}`,
  });
}

function guessFormat(argv: readonly string[]): 'text' | 'json' {
  const isJson = argv.some(
    (arg, index) => arg === '--format=json' || (arg === '--format' && argv[index + 1] === 'json'),
  );
  return isJson || (argv.includes('--json') && !argv.includes('call')) ? 'json' : 'text';
}
