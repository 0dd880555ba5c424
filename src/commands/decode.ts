import type { LineAnswer } from '../answer-lines.ts';
import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import type { DecodedJwe, DecodedJwt } from '../jwt/decode.ts';
import { decodeJwt, splitCompact, tokenLimit } from '../jwt/decode.ts';
import { cacheDirectoryOption } from '../options/cache-options.ts';
import { clientIdOption } from '../options/client-options.ts';
import type { OptionRow } from '../options/option.ts';
import { outputFormat, outputOptions } from '../options/output-options.ts';
import { requestOptions } from '../options/request-options.ts';
import { issuerOptions, tokenEndpointOption } from '../options/server-options.ts';
import { cachedOption, linesOption } from '../options/token-options.ts';
import { renderDecoded } from '../render/decoded-token.ts';
import { safeJson } from '../render/json.ts';
import { loadSettings } from '../settings/load-settings.ts';
import { Settings } from '../settings/settings.ts';
import { readTokenOperand } from '../settings/token-operand.ts';
import { text } from '../text.ts';
import type { CommandDefinition, Invocation } from './command.ts';

const options: readonly OptionRow[] = [
  cachedOption,
  linesOption,
  { name: 'raw', group: 'Output', summary: 'header and payload byte for byte, a line each; not to a terminal' },
  ...outputOptions('text', 'json'),
  ...issuerOptions,
  tokenEndpointOption,
  clientIdOption,
  ...requestOptions,
  cacheDirectoryOption,
];

export const decodeCommand: CommandDefinition = {
  name: 'decode',
  operands: ['[TOKEN]'],
  options,
  examples: [
    { purpose: 'a token that was pasted', line: 'ccgrant decode eyJhbGciOiJub25lIn0.eyJzdWIiOiJjaS1ib3QifQ.' },
    { purpose: 'one claim', line: 'ccgrant token | ccgrant decode --json | jq -r .payload.sub' },
    { purpose: 'the token that a script is using', line: 'ccgrant decode --cached --scope api:read' },
  ],
  run,
};

async function run({ operands, options: typed }: Invocation, ctx: Context): Promise<void> {
  const { io } = ctx;
  // A configuration file says which cached token is meant, and nothing of one that is given.
  const needsProfile = ['cached', 'profile', 'config'].some((name) => typed.has(name));
  const settings = needsProfile
    ? await loadSettings(options, typed, ctx)
    : new Settings(options, typed, ctx.env, undefined);
  const [operand] = operands;
  if (settings.flag('lines')) {
    const { readTokenLines } = await import('../settings/token-lines.ts');
    return decodeLines(readTokenLines(operand, typed, settings, tokenLimit, ctx), ctx);
  }
  const token = await readTokenOperand(operand, settings, ctx);
  const decoded = decodeJwt(token);
  if (settings.flag('raw')) return printRaw(token, ctx);
  noteNotVerified(ctx);
  if (decoded.kind === 'JWE') io.note(text`the token is encrypted: only its header can be read`);
  if (outputFormat(typed) !== 'json') return io.show(renderDecoded(decoded, io.style, ctx.now() / 1000));
  return io.print(safeJson(toDocument(decoded), 2).value);
}

async function decodeLines(lines: AsyncIterable<readonly string[]>, ctx: Context): Promise<void> {
  let isNoted = false;
  const answer = (token: string): LineAnswer => {
    const value = toDocument(decodeJwt(token));
    if (!isNoted) {
      isNoted = true;
      noteNotVerified(ctx);
    }
    return { value, isValid: true };
  };
  const { answerLines } = await import('../answer-lines.ts');
  await answerLines(lines, answer, ctx);
}

function noteNotVerified({ io }: Context): void {
  io.note(text`${io.errorStyle.caution('NOT VERIFIED')}: anybody can write such a token; ccgrant verify checks it`);
}

/** What `--format json` says of a token. */
function toDocument({ kind: _, ...parts }: DecodedJwt | DecodedJwe): object {
  return parts;
}

async function printRaw(token: string, { io }: Context): Promise<void> {
  if (io.stdout.isTerminal) {
    throw new UsageError('usage', '--raw does not write to a terminal: the bytes of a token can take it over', {
      hint: 'pipe it into a file or a program',
    });
  }
  const { encodedHeader, payload } = splitCompact(token);
  const header = Buffer.from(encodedHeader, 'base64url');
  await io.stdout.write(Buffer.concat([header, Buffer.from('\n'), payload, Buffer.from('\n')]));
}
