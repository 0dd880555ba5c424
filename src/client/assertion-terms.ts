import type { Context } from '../context.ts';
import { ConfigError } from '../errors.ts';
import type { AssertionTerms } from '../oauth/client-auth/client-assertion.ts';
import type { ClientCredential } from '../oauth/client-auth/client-authentication.ts';
import type { EndpointName } from '../oauth/endpoint-names.ts';
import type { OAuthClient } from './oauth-client.ts';
import { nameOf } from './read-signing-key.ts';

/**
 * What the assertions of a client say that it signs itself.
 * @throws ConfigError file_unusable for the certificate that is to be named in it
 */
export async function assertionTerms(
  endpoint: EndpointName,
  credential: ClientCredential | undefined,
  client: OAuthClient,
  ctx: Context,
): Promise<AssertionTerms> {
  const { audience = 'issuer', algorithm, keyId } = client.settings.client.assertion;
  return {
    audience: (target) => assertionAudience(target, client),
    otherAudience: audience === 'issuer' ? 'token-endpoint' : 'issuer',
    algorithm,
    supportedAlgorithms: await client.server.accepted('auth_signing_alg_values', endpoint),
    keyId,
    certificateThumbprint: await thumbprintOf(credential, client, ctx),
    now: ctx.now,
  };
}

/**
 * Whom an assertion is meant for: the issuer (draft-ietf-oauth-rfc7523bis section 4) unless something else was said.
 * @param target where it is sent
 * @throws ConfigError missing_setting; what asking for the metadata throws
 */
export async function assertionAudience(target: URL, { server, settings }: OAuthClient): Promise<string> {
  const { audience = 'issuer' } = settings.client.assertion;
  if (audience !== 'issuer' && audience !== 'token-endpoint') return audience;
  const known = audience === 'issuer' ? await server.issuer() : await server.tokenEndpointFor(target);
  if (known !== undefined) return known;
  throw new ConfigError('missing_setting', `no audience for the assertion is known: the ${audience} is not given`, {
    hint: 'give --issuer URL, or say whom the assertion is for: --assertion-audience URL',
  });
}

async function thumbprintOf(
  credential: ClientCredential | undefined,
  { settings }: OAuthClient,
  ctx: Context,
): Promise<string | undefined> {
  const { assertion, credential: named } = settings.client;
  if (assertion.certificate === undefined || credential?.kind !== 'private key' || named?.kind !== 'private key')
    return undefined;
  const { certificateThumbprint } = await import('./certificate-thumbprint.ts');
  return certificateThumbprint(assertion.certificate, credential.key, nameOf(named), ctx);
}
