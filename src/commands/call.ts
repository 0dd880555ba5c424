import type { AccessToken } from '../client/access-token.ts';
import type { OAuthClient } from '../client/oauth-client.ts';
import type { Context } from '../context.ts';
import type { ApiRequest } from '../curl/api-request.ts';
import { buildApiRequest } from '../curl/api-request.ts';
import { callOptions, foreignOptions } from '../curl/call-options.ts';
import type { Exchanged, ExchangePolicy } from '../curl/exchange.ts';
import { exchange } from '../curl/exchange.ts';
import { readInput } from '../curl/request-body.ts';
import type { OutputPlan } from '../curl/response-output.ts';
import { outputResponse } from '../curl/response-output.ts';
import { writerOf } from '../curl/terminal-writer.ts';
import { writeOut } from '../curl/write-out.ts';
import { HttpStatusError, ignoreClosedPipe, UsageError } from '../errors.ts';
import type { Transport } from '../http/transport.ts';
import { boundThumbprint, presenting, unaskedHint } from '../oauth/certificate-binding.ts';
import { presentationHint } from '../oauth/dpop-refusal.ts';
import type { ResourceAuthorization } from '../oauth/protected-resource.ts';
import {
  bearerAuthorization,
  challengeResponse,
  isTokenRefused,
  refusalReason,
  resourceHint,
} from '../oauth/protected-resource.ts';
import { minimumLifetimeOption } from '../options/cache-options.ts';
import { loadSettings, serverCommandOptions, withClient } from '../options/load-settings.ts';
import type { OptionRow } from '../options/option.ts';
import { callOutputOptions } from '../options/output-options.ts';
import { requestOptions, resolveRequest } from '../options/request-options.ts';
import type { Settings } from '../options/settings.ts';
import { claimStandardInput } from '../options/standard-input.ts';
import { cleanToken } from '../options/token-operand.ts';
import { text } from '../text.ts';
import { fingerprint } from '../token-fingerprint.ts';
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

type Token = Pick<AccessToken, 'accessToken' | 'isFromCache' | 'boundTo'>;

/** An access token, asked for a fresh one where the first was refused. */
/** @param refused a token that was used in vain */
type TokenSource = (refused?: string) => Promise<Token>;

/** How a token is shown to the API. */
type Authorizer = (token: Token) => Promise<ResourceAuthorization>;

const headerTime = 30_000;

async function run(invocation: Invocation, ctx: Context): Promise<void> {
  const settings = await loadSettings(options, invocation.options, ctx);
  claimStandardInput(settings, ...inputReaders(invocation));
  const request = await buildApiRequest(invocation, settings, ctx);
  const plan = outputPlan(settings);
  await withClient(settings, ctx, async (client) => {
    const { obtainAccessToken } = await import('../client/access-token.ts');
    const { createTransport } = await import('../client/oauth-client.ts');
    const showsCertificate = settings.flag('api-cert');
    if (showsCertificate)
      (await import('../client/api-certificate.ts')).requireApiCertificate(request.url, client.settings.client);
    const { connection } = client.settings;
    // A limit that was given holds for the token and the API together; without one, only the headers have to hurry.
    const transport = connection.maxTime === undefined ? createTransport(connection, 0, ctx) : client.transport;
    const policy: ExchangePolicy = {
      followRedirects: settings.flag('location'),
      maxRedirects: toCount(settings, 'max-redirs') ?? 50,
      retries: toCount(settings, 'retry') ?? 0,
      headerTime: connection.maxTime === undefined ? headerTime : 0,
    };
    const tokenFile = settings.text('token-file')?.value;
    const tokens: TokenSource =
      tokenFile === undefined
        ? (refused) => obtainAccessToken(resolveRequest(settings), client, ctx, refused)
        : () => tokenFromFile(tokenFile, client, ctx);
    const hasCertificate = client.settings.client.certificate !== undefined;
    const authorize: Authorizer = async ({ accessToken, boundTo }) => {
      const authorization =
        boundTo === undefined
          ? bearerAuthorization(accessToken)
          : await (await import('../client/dpop.ts')).authorizationWithProof(accessToken, boundTo, client, ctx);
      if (!hasCertificate && boundThumbprint(accessToken) === undefined) return authorization;
      const { apiCertificate } = await import('../client/api-certificate.ts');
      const certificate = await apiCertificate(request.url, accessToken, showsCertificate, client, ctx);
      return certificate === undefined ? authorization : presenting(authorization, certificate);
    };
    const start = performance.now();
    const output = async (exchanged: Exchanged): Promise<void> => {
      const size = await outputResponse(exchanged.response, plan(exchanged.response.status), ctx);
      await report(exchanged, size, performance.now() - start, settings, ctx);
    };
    try {
      const { exchanged, token } = await callWithToken(request, policy, tokens, authorize, transport, ctx);
      await output(exchanged).catch(ignoreClosedPipe);
      requireSuccess(exchanged, token.boundTo?.alg, settings, ctx.now());
    } finally {
      await transport.close();
    }
  });
}

/** Sends the request with a token, and once more with a fresh one if a cached token was refused as such. */
async function callWithToken(
  request: ApiRequest,
  policy: ExchangePolicy,
  tokens: TokenSource,
  authorize: Authorizer,
  transport: Transport,
  ctx: Context,
): Promise<{ token: Token; exchanged: Exchanged }> {
  const send = async (refused?: string) => {
    const token = await tokens(refused);
    const authorization = await authorize(token);
    const exchanged = await ctx.io.progress(`waiting for ${request.url.host}`, () =>
      exchange(request, authorization, policy, transport, ctx.now),
    );
    return { token, exchanged };
  };
  const first = await send();
  const { token, exchanged } = first;
  const isWorthAnother =
    token.isFromCache && isTokenRefused(exchanged.response) && request.body?.isRepeatable !== false;
  return isWorthAnother ? send(token.accessToken) : first;
}

async function tokenFromFile(file: string, client: OAuthClient, ctx: Context): ReturnType<TokenSource> {
  if (file === '-' && ctx.io.stdin.isTerminal) {
    throw new UsageError('missing_token', '--token-file - reads standard input, which is a terminal', {
      hint: 'pipe the token in',
    });
  }
  const accessToken = cleanToken(new TextDecoder().decode(await readInput(file, ctx)));
  if (!/^[\x21-\x7e]+$/.test(accessToken)) throw new UsageError('missing_token', `--token-file ${file} holds no token`);
  ctx.io.conceal(accessToken, () => fingerprint(accessToken, ctx.sha256));
  const { bindingOfForeignToken } = await import('../client/foreign-token.ts');
  const boundTo = await bindingOfForeignToken(accessToken, '--token-file', client, ctx);
  return { accessToken, isFromCache: false, boundTo };
}

/** The options that read standard input, as they were typed. */
function inputReaders({ sequence }: Invocation): string[] {
  return sequence.flatMap(([name, value]) => {
    const reads = readersOfInput[name]?.test(value) === true;
    return reads ? [`--${name} @-`] : [];
  });
}

const readersOfInput: Readonly<Record<string, RegExp>> = {
  header: /^@-$/,
  data: /^@-$/,
  'data-binary': /^@-$/,
  json: /^@-$/,
  'data-urlencode': /^[^=@]*@-$/,
  form: /^[^=]+=[@<]-(;|$)/,
};

function outputPlan(settings: Settings): (status: number) => OutputPlan {
  const isHead = settings.flag('head');
  return (status) => ({
    bodyFile: settings.text('output')?.value,
    headerFile: settings.text('dump-header')?.value,
    showsHeaders: settings.flag('include') || isHead,
    showsBody: !isHead && !(settings.flag('fail') && !settings.flag('fail-with-body') && status >= 400),
    decodes: settings.flag('compressed'),
  });
}

function toCount(settings: Settings, name: string): number | undefined {
  const setting = settings.text(name);
  if (setting === undefined) return undefined;
  if (/^\d{1,6}$/.test(setting.value)) return Number(setting.value);
  throw new UsageError('usage', `${setting.origin.name} takes a whole number`);
}

async function report(
  { request, response, ...rest }: Exchanged,
  size: number,
  total: number,
  settings: Settings,
  { io }: Context,
): Promise<void> {
  const format = settings.text('write-out')?.value;
  if (format === undefined) return;
  const { stdout, stderr, unknown } = writeOut(format, {
    method: request.method,
    url: request.url.href,
    status: response.status,
    headers: response.headers,
    timeStartTransfer: rest.startTransfer / 1000,
    timeTotal: total / 1000,
    sizeDownload: size,
    redirects: rest.redirects,
    retries: rest.retries,
  });
  await writerOf(io.stdout).write(stdout);
  if (stderr !== '') for (const line of stderr.replace(/\n$/, '').split('\n')) io.report(text`${line}`);
  for (const name of unknown) io.warn(text`--write-out does not know %{${name}}`);
}

/**
 * @param alg algorithm of the proof, undefined for a bearer token
 * @param now milliseconds since the epoch
 */
function requireSuccess(
  { request, response }: Exchanged,
  alg: string | undefined,
  settings: Settings,
  now: number,
): void {
  const { status } = response;
  if (status < 400 || settings.flag('no-fail')) return;
  const { method, url } = request;
  const tokenFile = settings.text('token-file')?.value;
  const reason = refusalReason(response);
  throw new HttpStatusError(`the API answered ${status}`, {
    response: challengeResponse(response),
    status,
    server: `${status} from ${method} ${url.origin}${url.pathname}${reason === undefined ? '' : `: ${reason}`}`,
    hint:
      unaskedHint(response) ??
      presentationHint(response, { alg, isRepeatable: request.body?.isRepeatable !== false, now }) ??
      resourceHint(response, tokenFile === undefined ? 'ccgrant decode --cached' : `ccgrant decode - < ${tokenFile}`),
  });
}
