import type { OAuthClient } from '../client/oauth-client.ts';
import type { Invocation } from '../commands/command.ts';
import type { Context } from '../context.ts';
import { buildApiRequest } from '../curl/api-request.ts';
import type { ExchangePolicy } from '../curl/exchange.ts';
import { readInput } from '../curl/request-body.ts';
import { ignoreClosedPipe, UsageError } from '../errors.ts';
import { boundThumbprint, presenting } from '../oauth/certificate-binding.ts';
import { bearerAuthorization } from '../oauth/protected-resource.ts';
import { resolveRequest } from '../settings/resolve-request.ts';
import type { Settings } from '../settings/settings.ts';
import { claimStandardInput } from '../settings/standard-input.ts';
import { cleanToken } from '../settings/token-operand.ts';
import { withClient } from '../settings/with-client.ts';
import { fingerprint } from '../token-fingerprint.ts';
import type { Authorizer, Token, TokenSource } from './authorized-exchange.ts';
import { exchangeWithToken } from './authorized-exchange.ts';
import { output } from './output.ts';
import { requireSuccess } from './require-success.ts';
import { inputReaders } from './standard-input-readers.ts';

const headerTime = 30_000;

/**
 * Requests a protected resource with a token (RFC 6750, RFC 9449), and writes what it answers.
 * @throws HttpStatusError for status 400 and above; what the options, the authorization server and the network give rise to
 */
export async function call(invocation: Invocation, settings: Settings, ctx: Context): Promise<void> {
  claimStandardInput(settings, ...inputReaders(invocation));
  const request = await buildApiRequest(invocation, settings, ctx);
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
    const start = ctx.elapsed();
    try {
      const { exchanged, token } = await exchangeWithToken(request, policy, tokens, authorize, transport, ctx);
      await output(exchanged, start, settings, ctx).catch(ignoreClosedPipe);
      requireSuccess(exchanged, token.boundTo?.alg, settings, ctx.now());
    } finally {
      await transport.close();
    }
  });
}

async function tokenFromFile(file: string, client: OAuthClient, ctx: Context): Promise<Token> {
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

function toCount(settings: Settings, name: string): number | undefined {
  const setting = settings.text(name);
  if (setting === undefined) return undefined;
  if (/^\d{1,6}$/.test(setting.value)) return Number(setting.value);
  throw new UsageError('usage', `${setting.origin.name} takes a whole number`);
}
