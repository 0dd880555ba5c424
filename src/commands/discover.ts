import type { Context } from '../context.ts';
import type { OptionRow } from '../options/option.ts';
import { outputFormat, outputOptions } from '../options/output-options.ts';
import { serverCommandOptions } from '../options/server-command-options.ts';
import { safeJson } from '../render/json.ts';
import { loadSettings } from '../settings/load-settings.ts';
import { withClient } from '../settings/with-client.ts';
import { text } from '../text.ts';
import type { CommandDefinition, Invocation } from './command.ts';

const options: readonly OptionRow[] = [...serverCommandOptions, ...outputOptions('text', 'json')];

export const discoverCommand: CommandDefinition = {
  name: 'discover',
  operands: [],
  options,
  examples: [
    { purpose: 'what a server offers', line: 'ccgrant discover --issuer https://as.example.com' },
    {
      purpose: 'from a URL that was pasted',
      line: 'ccgrant discover --issuer https://as.example.com/.well-known/openid-configuration',
    },
    { purpose: 'one endpoint', line: 'ccgrant discover | jq -r .token_endpoint' },
  ],
  run,
};

async function run({ options: typed }: Invocation, ctx: Context): Promise<void> {
  const { io } = ctx;
  const settings = await loadSettings(options, typed, ctx);
  await withClient(settings, ctx, async ({ server }) => {
    const { metadata, metadataUrls } = await io.progress('asking for the metadata', () => server.discover([]));
    const [metadataUrl = ''] = metadataUrls;
    if (outputFormat(typed) === 'json') return io.print(safeJson({ ...metadata, metadata_url: metadataUrl }, 2).value);
    io.note(text`metadata from ${metadataUrl}`);
    return io.print(safeJson(metadata, 2).value);
  });
}
