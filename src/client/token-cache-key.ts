import type { TokenCacheKey } from '../cache/token-cache.ts';
import { filesIdentity } from '../config/credential-identity.ts';
import type { TlsFiles } from '../config/tls-files.ts';
import { pathsOf } from '../config/tls-files.ts';
import type { Context } from '../context.ts';
import type { AccessTokenRequest } from '../oauth/client-credentials.ts';
import { serverName } from '../oauth/metadata.ts';
import { identifyCredential } from './credentials.ts';
import type { DpopSettings } from './dpop-settings.ts';
import type { OAuthClient } from './oauth-client.ts';

/**
 * What tells a binding from others; null when it cannot be told. A token that was taken although it is not bound
 * is not for those who insist, and has an identity of its own.
 */
function bindingIdentity({ keyFile, isOptional }: DpopSettings): string | null {
  const name = isOptional ? 'DPoP optional' : 'DPoP';
  if (keyFile === undefined) return name;
  const identity = filesIdentity([keyFile.path]);
  return identity === undefined ? null : `${name} ${identity}`;
}

/** The key of the token that a request gets; undefined when the credential cannot be told from others. */
export async function tokenCacheKey(
  request: AccessTokenRequest,
  client: OAuthClient,
  ctx: Context,
): Promise<TokenCacheKey | undefined> {
  const { server, client: settings, dpop } = client.settings;
  const { clientId, certificate, authMethod, basicEncoding } = settings;
  const identity = await identifyCredential(client, ctx);
  const presented = certificate && certificateIdentity(certificate, ctx);
  if (dpop?.keyFile !== undefined) ctx.witness.noteFile(dpop.keyFile.path);
  const binding = dpop && bindingIdentity(dpop);
  if (identity === undefined || (certificate !== undefined && presented === undefined) || binding === null)
    return undefined;
  return {
    issuer: server.identity === undefined ? undefined : serverName(server.identity),
    token_endpoint: server.endpoints.get('token_endpoint')?.href,
    client_id: clientId,
    auth_method: authMethod,
    basic_encoding: basicEncoding,
    credential: identity,
    certificate: presented,
    binding,
    scope: request.scope.toSorted(),
    audience: request.audience.toSorted(),
    resource: request.resource.toSorted(),
    parameters: request.parameters,
  };
}

/** What tells a certificate from others: its files as they are now, and where their password is. */
function certificateIdentity(certificate: TlsFiles, { witness }: Context): string | undefined {
  const paths = pathsOf(certificate);
  const source = certificate.password?.source;
  const passwordFile = source?.kind === 'file' ? source.path : undefined;
  for (const path of paths) witness.noteFile(path);
  if (passwordFile !== undefined) witness.noteFile(passwordFile);
  const identity = filesIdentity(paths);
  return identity && JSON.stringify([identity, passwordFile ?? source?.kind ?? null]);
}
