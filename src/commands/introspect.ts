import type { Context } from '../context.ts';
import { ignoreClosedPipe } from '../errors.ts';
import type { OptionRow } from '../options/option.ts';
import { outputOptions } from '../options/output-options.ts';
import { requestOptions } from '../options/request-options.ts';
import { serverCommandOptions } from '../options/server-command-options.ts';
import { cachedOption, tokenTypeHintOption } from '../options/token-options.ts';
import { safeJson } from '../render/json.ts';
import { loadSettings } from '../settings/load-settings.ts';
import { readTokenOperand } from '../settings/token-operand.ts';
import { withClient } from '../settings/with-client.ts';
import type { CommandDefinition, Invocation } from './command.ts';

const options: readonly OptionRow[] = [
  cachedOption,
  tokenTypeHintOption,
  ...requestOptions,
  ...serverCommandOptions,
  ...outputOptions('text', 'json'),
];

export const introspectCommand: CommandDefinition = {
  name: 'introspect',
  operands: ['[TOKEN]'],
  options,
  examples: [
    {
      purpose: 'as the resource server',
      line: 'echo "$TOKEN" | ccgrant introspect --client-id my-api --client-secret-file api.txt',
    },
    { purpose: 'only the answer, as exit code 0 or 5', line: 'ccgrant introspect --quiet "$TOKEN" > /dev/null' },
    { purpose: 'who a token belongs to', line: 'ccgrant introspect "$TOKEN" | jq -r .client_id' },
  ],
  run,
};

async function run({ operands, options: typed }: Invocation, ctx: Context): Promise<void> {
  const settings = await loadSettings(options, typed, ctx);
  await withClient(settings, ctx, async (client) => {
    const value = await readTokenOperand(operands[0], settings, ctx);
    const token = { value, typeHint: settings.text('token-type-hint')?.value };
    const { introspect, notActive } = await import('../client/introspect.ts');
    const response = await introspect(token, client, ctx);
    await ctx.io.print(safeJson(response, 2).value).catch(ignoreClosedPipe);
    if (!response.active) throw await notActive(token, client, ctx.now() / 1000);
  });
}
