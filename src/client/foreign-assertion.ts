import { readSecret } from '../config/read-secret.ts';
import type { Context } from '../context.ts';
import { ConfigError } from '../errors.ts';
import { decodeJwt } from '../jwt/decode.ts';
import type { Secret } from '../secret.ts';
import { assertionAudience } from './assertion-terms.ts';
import type { Credential, OAuthClient } from './oauth-client.ts';

type AssertionCredential = Extract<Credential, { readonly kind: 'assertion' }>;

/**
 * The assertion of now that somebody else has signed, once it is sure that it can be of use.
 * @throws ConfigError secret_unusable; what asking for one throws
 */
export async function readForeignAssertion(
  credential: AssertionCredential,
  client: OAuthClient,
  ctx: Context,
): Promise<Secret> {
  const assertion = await obtain(credential, client, ctx);
  const { type } = client.settings.client.assertion;
  if (isJwtType(type)) requireLiveJwt(assertion.reveal().trim(), credential.origin, ctx.now() / 1000);
  return assertion;
}

async function obtain({ source, origin }: AssertionCredential, client: OAuthClient, ctx: Context): Promise<Secret> {
  if (source.kind === 'github-actions') {
    const { requestIdToken } = await import('../oauth/github-actions.ts');
    const token = ctx.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN;
    if (token) ctx.io.conceal(token, '[secret]');
    return requestIdToken({ url: source.requestUrl, token }, origin, await assertionAudience(client), client.transport);
  }
  // Standard input gives it once; all other places give the one of now.
  const kept = source.kind === 'standard input' ? client.credentials.secret() : undefined;
  return kept ?? readSecret(source, origin, ctx, 'assertion');
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
