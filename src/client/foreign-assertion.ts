import { readSecret } from '../config/read-secret.ts';
import type { AssertionSource, Credential } from '../config/secret-source.ts';
import type { Context } from '../context.ts';
import type { Secret } from '../secret.ts';
import { assertionAudience } from './assertion-terms.ts';
import { readAnew, requireLiveJwt } from './foreign-jwt.ts';
import type { OAuthClient } from './oauth-client.ts';

type AssertionCredential = Extract<Credential, { readonly kind: 'assertion' }>;
type Runner = Extract<AssertionSource, { readonly kind: 'github-actions' }>;

/**
 * What gives the assertion of now that somebody else has signed. The one for the first try is read at
 * once, so that what cannot be used is said before anything is sent; a server is asked when it is needed.
 * @throws ConfigError secret_unusable, missing_setting; so does what is returned, and what asking a server throws
 */
export async function openForeignAssertion(
  { source, origin }: AssertionCredential,
  client: OAuthClient,
  ctx: Context,
): Promise<(target: URL) => Promise<Secret>> {
  const { type } = client.settings.client.assertion;
  const checked = async (obtained: Promise<Secret>): Promise<Secret> => {
    const assertion = await obtained;
    if (isJwtType(type)) requireLiveJwt(assertion.reveal().trim(), `the assertion from ${origin}`, ctx.now() / 1000);
    return assertion;
  };
  if (source.kind === 'github-actions') {
    const ask = await openRunner(source, origin, client, ctx);
    return (target) => checked(ask(target));
  }
  const read = (): Promise<Secret> => checked(readSecret(source, origin, ctx, 'assertion'));
  return readAnew(await read(), read);
}

async function openRunner(
  { requestUrl }: Runner,
  origin: string,
  client: OAuthClient,
  { env, io }: Context,
): Promise<(target: URL) => Promise<Secret>> {
  const { requestIdToken, requireIdTokenEndpoint } = await import('../oauth/github-actions.ts');
  const endpoint = requireIdTokenEndpoint(requestUrl, env.ACTIONS_ID_TOKEN_REQUEST_TOKEN, origin);
  io.conceal(endpoint.token, '[secret]');
  return async (target) => requestIdToken(endpoint, await assertionAudience(target, client), client.transport);
}

/** RFC 7523 section 2.2, and the one of SPIFFE; an assertion of SAML is no JWT. */
function isJwtType(type: string): boolean {
  return /:jwt-[a-z]+$/.test(type);
}
