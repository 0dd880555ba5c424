import type { Context } from '../context.ts';
import type { BoundKey } from '../oauth/client-credentials.ts';
import type { Prover } from '../oauth/dpop.ts';
import { dpopAuthorization, dpopConstraint } from '../oauth/dpop.ts';
import type { ResourceAuthorization } from '../oauth/protected-resource.ts';
import type { SenderConstraint } from '../oauth/sender-constraint.ts';
import { text } from '../text.ts';
import { concealProof } from './conceal-proof.ts';
import type { DpopSettings } from './dpop-settings.ts';
import type { OAuthClient } from './oauth-client.ts';

/** What a token is to be bound to, RFC 9449. */
export interface TokenBinding {
  readonly constraint: SenderConstraint;
  readonly boundTo: BoundKey;
}

/**
 * Makes or reads the key that a token is to be bound to.
 * @throws ConfigError file_unusable, secret_unusable, missing_setting; what asking for the metadata throws
 */
export async function openBinding(settings: DpopSettings, client: OAuthClient, ctx: Context): Promise<TokenBinding> {
  const isOwn = settings.keyFile === undefined;
  const key = await client.dpopKeys.forRequest(() =>
    client.server.listed('dpop_signing_alg_values_supported', 'token_endpoint'),
  );
  const origin = isOwn ? 'made for this token' : `from ${settings.keyFile.origin}`;
  ctx.io.trace(text`* DPoP: ${key.alg}, key ${origin}, jkt ${key.thumbprint}`);
  return {
    constraint: concealing(dpopConstraint(proverWith(key, client, ctx), settings.isOptional), ctx),
    boundTo: { thumbprint: key.thumbprint, alg: key.alg, isOwn },
  };
}

/**
 * How a token that is bound to a key is shown to an API.
 * @throws ConfigError file_unusable, secret_unusable
 */
export async function authorizationWithProof(
  accessToken: string,
  boundTo: BoundKey,
  client: OAuthClient,
  ctx: Context,
): Promise<ResourceAuthorization> {
  return concealing(dpopAuthorization(accessToken, proverWith(await client.dpopKeys.of(boundTo), client, ctx)), ctx);
}

/** The same; no proof that it makes appears in a report, or is kept of an answer. */
function concealing<T extends Pick<ResourceAuthorization, 'complete'>>(proving: T, { io }: Context): T {
  return {
    ...proving,
    complete: async (request) => {
      const completed = await proving.complete(request);
      concealProof(completed.headers.get('dpop') ?? '', '[proof]', io);
      return completed;
    },
  };
}

function proverWith(key: Prover['key'], client: OAuthClient, ctx: Context): Prover {
  return { key, nonces: client.nonces, now: ctx.now };
}
