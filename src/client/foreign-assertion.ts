import { readSecret } from '../config/read-secret.ts';
import type { AssertionSource, Credential } from '../config/secret-source.ts';
import type { Context } from '../context.ts';
import { ConfigError } from '../errors.ts';
import { decodeJwt } from '../jwt/decode.ts';
import type { Secret } from '../secret.ts';
import { assertionAudience } from './assertion-terms.ts';
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
    if (isJwtType(type)) requireLiveJwt(assertion.reveal().trim(), origin, ctx.now() / 1000);
    return assertion;
  };
  if (source.kind === 'github-actions') {
    const ask = await openRunner(source, origin, client, ctx);
    return (target) => checked(ask(target));
  }
  const read = (): Promise<Secret> => checked(readSecret(source, origin, ctx, 'assertion'));
  let first: Secret | undefined = await read();
  return async () => {
    const assertion = first ?? (await read());
    first = undefined;
    return assertion;
  };
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

function requireLiveJwt(assertion: string, origin: string, now: number): void {
  const unusable = (fault: string, hint: string): ConfigError =>
    new ConfigError('secret_unusable', `the assertion from ${origin} ${fault}`, { hint });
  const { exp } = claimsOf(assertion, unusable);
  if (typeof exp === 'number' && exp <= now) {
    const age = Math.ceil(now - exp);
    throw unusable(`expired ${age} s ago`, 'whoever gives it out must replace it in time; or is the clock wrong?');
  }
}

function claimsOf(
  assertion: string,
  unusable: (fault: string, hint: string) => ConfigError,
): Readonly<Record<string, unknown>> {
  try {
    const decoded = decodeJwt(assertion);
    // Only the server can read an encrypted one.
    return decoded.kind === 'JWS' ? decoded.payload : {};
  } catch {
    throw unusable('is no JWT', 'it must be the bare token: three parts between dots, without JSON or a prefix');
  }
}
