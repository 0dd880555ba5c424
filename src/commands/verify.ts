import type { LineAnswer } from '../answer-lines.ts';
import type { OAuthClient } from '../client/oauth-client.ts';
import type { Context } from '../context.ts';
import { ignoreClosedPipe, NegativeResultError } from '../errors.ts';
import { tokenLimit } from '../jwt/decode.ts';
import type { Check, KeySource, Verification, VerifyRequirements } from '../jwt/verify.ts';
import { verifyJwt, verifyToken } from '../jwt/verify.ts';
import { keyOptions } from '../options/key-options.ts';
import type { OptionRow, TypedOptions } from '../options/option.ts';
import { outputFormat, outputOptions } from '../options/output-options.ts';
import { requestOptions } from '../options/request-options.ts';
import { serverCommandOptions } from '../options/server-command-options.ts';
import { cachedOption, linesOption } from '../options/token-options.ts';
import { safeJson } from '../render/json.ts';
import { renderVerification } from '../render/verification.ts';
import { loadSettings } from '../settings/load-settings.ts';
import type { Settings } from '../settings/settings.ts';
import { readTokenOperand } from '../settings/token-operand.ts';
import { withClientOnDemand } from '../settings/with-client.ts';
import { text } from '../text.ts';
import type { CommandDefinition, Invocation } from './command.ts';

const options: readonly OptionRow[] = [
  cachedOption,
  linesOption,
  {
    name: 'audience',
    value: 'AUDIENCE',
    repeats: true,
    group: 'Checks',
    summary: 'must be in aud, all of them',
  },
  {
    name: 'scope',
    value: 'SCOPE',
    repeats: true,
    group: 'Checks',
    summary: 'must be granted, all of them',
  },
  { name: 'typ', value: 'TYPE', group: 'Checks', summary: 'must be the typ of the header (at+jwt)' },
  {
    name: 'alg',
    value: 'LIST',
    group: 'Checks',
    summary: 'algorithms allowed, separated by commas; by default those that fit the key',
  },
  {
    name: 'leeway',
    value: 'DURATION',
    group: 'Checks',
    summary: 'difference of clocks that is forgiven (60s), 300s at the most',
  },
  { name: 'max-age', value: 'DURATION', group: 'Checks', summary: 'must not have been issued longer ago' },
  {
    name: 'bound-to-cert',
    value: 'FILE',
    group: 'Checks',
    summary: 'must be bound to this certificate (PEM or DER), by cnf.x5t#S256',
  },
  { name: 'at-jwt', group: 'Checks', summary: 'must be an access token by all of RFC 9068' },
  {
    name: 'bound-to-key',
    value: 'FILE',
    group: 'Checks',
    summary: 'must be bound to this key (DPoP): public or private, PEM or JWK',
  },
  { name: 'signature-only', group: 'Checks', summary: 'check the signature and no claim; the payload may be anything' },
  { name: 'introspect', group: 'Checks', summary: 'also ask the server whether the token is active' },
  ...keyOptions,
  ...serverCommandOptions,
  ...outputOptions('text', 'json'),
];

/** Which cached token is meant: one asked for with the scope that is required of it, and --audience is a requirement alone. */
const selectionOptions: readonly OptionRow[] = [...requestOptions, ...serverCommandOptions];

function withoutAudience(typed: TypedOptions): TypedOptions {
  return new Map([...typed].filter(([name]) => name !== 'audience'));
}

export const verifyCommand: CommandDefinition = {
  name: 'verify',
  operands: ['[TOKEN]'],
  options,
  examples: [
    { purpose: 'as an API should', line: 'ccgrant verify "$TOKEN" --audience my-api --scope api:read' },
    { purpose: 'without a network', line: 'ccgrant verify "$TOKEN" --jwks keys.json' },
    { purpose: 'in a script, by the exit code', line: 'ccgrant verify --quiet "$TOKEN" > /dev/null || exit 1' },
  ],
  run,
};

async function run({ operands, options: typed }: Invocation, ctx: Context): Promise<void> {
  const { io } = ctx;
  const settings = await loadSettings(options, typed, ctx);
  const { requiredIssuer, resolveChecks } = await import('../settings/resolve-verification.ts');
  const { resolveKeySource } = await import('../settings/verification-keys.ts');
  const checks = await resolveChecks(settings, ctx);
  const [operand] = operands;
  const lines = settings.flag('lines') ? await tokenLines(operand, typed, settings, ctx) : undefined;
  await withClientOnDemand(settings, ctx, async (openClient) => {
    const keys = await resolveKeySource(settings, openClient, ctx);
    const resolveRequirements = async (): Promise<VerifyRequirements> => ({
      ...checks,
      issuer: checks.signatureOnly ? undefined : await requiredIssuer(settings, openClient),
    });
    if (lines !== undefined) return verifyLines(lines, keys, await resolveRequirements(), ctx);
    const selection = settings.flag('cached')
      ? await loadSettings(selectionOptions, withoutAudience(typed), ctx)
      : settings;
    const token = await readTokenOperand(operand, settings, ctx, selection);
    const verified = await verifyToken(token, keys, await resolveRequirements(), ctx.now() / 1000);
    const result =
      settings.flag('introspect') && verified.valid
        ? await alsoIntrospect(verified, token, await openClient(), ctx)
        : verified;
    const printed =
      outputFormat(typed) === 'json'
        ? io.print(safeJson(result, 2).value)
        : io.show(renderVerification(result, io.style, ctx.now() / 1000));
    await printed.catch(ignoreClosedPipe);
    noteUnchecked(result, ctx);
    if (!result.valid) throw new NegativeResultError('token_not_valid', `the token is not valid: ${failures(result)}`);
  });
}

async function tokenLines(
  operand: string | undefined,
  typed: TypedOptions,
  settings: Settings,
  ctx: Context,
): Promise<AsyncIterable<readonly string[]>> {
  const { readTokenLines } = await import('../settings/token-lines.ts');
  return readTokenLines(operand, typed, settings, tokenLimit, ctx);
}

/** Verifies each token by the same keys and requirements; what is not checked is the same for all, and said once. */
async function verifyLines(
  lines: AsyncIterable<readonly string[]>,
  keys: KeySource,
  requirements: VerifyRequirements,
  ctx: Context,
): Promise<void> {
  let isNoted = false;
  const toAnswer = (verified: Verification): LineAnswer => {
    if (verified.valid && !isNoted) {
      isNoted = true;
      noteUnchecked(verified, ctx);
    }
    return { value: verified, isValid: verified.valid };
  };
  const answer = (token: string): Promise<LineAnswer> =>
    verifyJwt(token, keys, requirements, ctx.now() / 1000).then(toAnswer);
  const { answerLines } = await import('../answer-lines.ts');
  await answerLines(lines, answer, ctx);
}

async function alsoIntrospect(
  verified: Verification,
  token: string,
  client: OAuthClient,
  ctx: Context,
): Promise<Verification> {
  const { introspect } = await import('../client/introspect.ts');
  const { active } = await introspect({ value: token }, client, ctx);
  const check: Check = active
    ? { check: 'active', ok: true }
    : { check: 'active', ok: false, reason: 'the authorization server says it is not active, to this client' };
  return { ...verified, valid: active, checks: [...verified.checks, check] };
}

function noteUnchecked({ checks, valid }: Verification, { io }: Context): void {
  const unchecked = checks.filter(({ ok }) => ok === null);
  if (!valid || unchecked.length === 0) return;
  io.note(text`not checked: ${unchecked.map(({ check, reason }) => `${check} (${reason})`).join(', ')}`);
}

function failures({ checks }: Verification): string {
  return checks.flatMap(({ ok, reason }) => (ok === false ? [reason ?? ''] : [])).join('; ');
}
