import type { AccessToken } from '../client/access-token.ts';
import type { Context } from '../context.ts';
import type { ApiRequest } from '../curl/api-request.ts';
import type { Exchanged, ExchangePolicy } from '../curl/exchange.ts';
import { exchange } from '../curl/exchange.ts';
import type { Transport } from '../http/transport.ts';
import type { ResourceAuthorization } from '../oauth/protected-resource.ts';
import { isTokenRefused } from '../oauth/protected-resource.ts';

/** A token, and what is needed to use it. */
export type Token = Pick<AccessToken, 'accessToken' | 'isFromCache' | 'boundTo'>;

/**
 * An access token, asked for a fresh one where the first was refused.
 * @param refused a token that was used in vain
 */
export type TokenSource = (refused?: string) => Promise<Token>;

/** How a token is shown to the API. */
export type Authorizer = (token: Token) => Promise<ResourceAuthorization>;

/** Sends the request with a token, and once more with a fresh one if a cached token was refused as such. */
export async function exchangeWithToken(
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
      exchange(request, authorization, policy, transport, ctx),
    );
    return { token, exchanged };
  };
  const first = await send();
  const { token, exchanged } = first;
  const isWorthAnother =
    token.isFromCache && isTokenRefused(exchanged.response) && request.body?.isRepeatable !== false;
  return isWorthAnother ? send(token.accessToken) : first;
}
