import type { Context } from '../context.ts';
import { NegativeResultError } from '../errors.ts';
import type { OptionRow } from '../options/option.ts';
import { outputOptions } from '../options/output-options.ts';
import { requestOptions } from '../options/request-options.ts';
import { serverCommandOptions } from '../options/server-command-options.ts';
import { cachedOption, tokenTypeHintOption } from '../options/token-options.ts';
import { loadSettings } from '../settings/load-settings.ts';
import { readTokenOperand } from '../settings/token-operand.ts';
import { withClient } from '../settings/with-client.ts';
import { text } from '../text.ts';
import type { CommandDefinition, Invocation } from './command.ts';

const options: readonly OptionRow[] = [
  cachedOption,
  tokenTypeHintOption,
  { name: 'check', group: 'Token', summary: 'introspect afterwards, and fail if the token is still active' },
  ...requestOptions,
  ...serverCommandOptions,
  ...outputOptions('text', 'json'),
];

export const revokeCommand: CommandDefinition = {
  name: 'revoke',
  operands: ['[TOKEN]'],
  options,
  examples: [
    { purpose: 'a token that has leaked', line: 'ccgrant revoke "$TOKEN"' },
    { purpose: 'the cached one, and make sure', line: 'ccgrant revoke --cached --check' },
    { purpose: 'from a file', line: 'ccgrant revoke - < token.txt' },
  ],
  run,
};

async function run({ operands, options: typed }: Invocation, ctx: Context): Promise<void> {
  const { io } = ctx;
  const settings = await loadSettings(options, typed, ctx);
  await withClient(settings, ctx, async (client) => {
    const value = await readTokenOperand(operands[0], settings, ctx);
    const token = { value, typeHint: settings.text('token-type-hint')?.value };
    const { revoke } = await import('../client/revoke.ts');
    const { objection } = await revoke(token, client, ctx);
    if (objection !== undefined) {
      io.warn(text`the server did not know this token ("${objection}"): it may have expired or be another server's`);
    }
    if (!settings.flag('check')) return;
    const { introspect } = await import('../client/introspect.ts');
    const { active } = await introspect({ value }, client, ctx);
    if (active) throw new NegativeResultError('token_still_active', 'the token is still active after its revocation');
    io.note(text`the token is not active; a server that shows tokens only to clients in aud says so of any token`);
  });
}
