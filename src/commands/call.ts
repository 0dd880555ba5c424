import type { Context } from '../context.ts';
import { minimumLifetimeOption } from '../options/cache-options.ts';
import { callOptions, foreignOptions } from '../options/call-options.ts';
import type { OptionRow } from '../options/option.ts';
import { callOutputOptions } from '../options/output-options.ts';
import { requestOptions } from '../options/request-options.ts';
import { serverCommandOptions } from '../options/server-command-options.ts';
import { loadSettings } from '../settings/load-settings.ts';
import type { CommandDefinition, Invocation } from './command.ts';

const options: readonly OptionRow[] = [
  ...callOptions,
  ...requestOptions,
  ...serverCommandOptions,
  minimumLifetimeOption,
  ...callOutputOptions,
];

export const callCommand: CommandDefinition = {
  name: 'call',
  operands: ['URL'],
  options,
  foreignOptions,
  examples: [
    { purpose: 'read', line: 'ccgrant call https://api.example.com/orders --scope orders:read' },
    {
      purpose: 'send JSON',
      line: `ccgrant call https://api.example.com/orders --json '{"sku":"a1"}' --scope orders:write`,
    },
    {
      purpose: 'only the status',
      line: "ccgrant call https://api.example.com/health -o /dev/null -w '%{http_code}\\n'",
    },
  ],
  run,
};

async function run(invocation: Invocation, ctx: Context): Promise<void> {
  const settings = await loadSettings(options, invocation.options, ctx);
  const { call } = await import('../call/call.ts');
  await call(invocation, settings, ctx);
}
