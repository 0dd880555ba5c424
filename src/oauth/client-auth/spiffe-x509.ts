import { ConfigError } from '../../errors.ts';
import type { TlsIdentity } from '../../http/types.ts';
import type { Claimant, ClientAuthentication, CredentialOf, PossibleClient } from './client-authentication.ts';
import { byCertificate } from './tls-client-auth.ts';

/**
 * An X.509-SVID, draft-ietf-oauth-spiffe-client-auth-02 section 3.2: the certificate says which workload it is.
 * @throws ConfigError as spiffeIdOf does
 */
export function spiffeX509(client: PossibleClient, credential: CredentialOf<'certificate'>): ClientAuthentication {
  const spiffeId = spiffeIdOf(client, credential);
  const { clientId = spiffeId } = client;
  const known = clientId === spiffeId ? `the client ${spiffeId}` : `${spiffeId} as the client ${clientId}`;
  const shown = byCertificate('spiffe_x509', { ...client, clientId }, credential);
  return {
    ...shown,
    clientId,
    advise: (refusal) =>
      refusal.asksForCertificate === false
        ? shown.advise?.(refusal)
        : `does the server know ${known}, and the bundle of its trust domain?`,
  };
}

/**
 * The SPIFFE ID of a certificate: its one URI, with a path, as it is written (SPIFFE-ID section 2, X509-SVID section 2).
 * @throws ConfigError missing_setting where there is no client id either, else file_unusable
 */
export function spiffeIdOf({ clientId }: Claimant, { identity }: CredentialOf<'certificate'>): string {
  const [uri = '', ...others] = identity.uris;
  if (others.length === 0 && isSpiffeId(uri)) return uri;
  const reason = `the certificate from ${identity.origin} ${describeUris(identity)}`;
  const hint = 'spiffe_x509 takes an X.509-SVID, whose one URI is spiffe://TRUST-DOMAIN/PATH';
  if (clientId !== undefined) throw new ConfigError('file_unusable', reason, { hint });
  throw new ConfigError('missing_setting', `no client id is given, and ${reason}`, {
    hint: `--client-id ID or CCGRANT_CLIENT_ID; ${hint}`,
  });
}

function isSpiffeId(uri: string): boolean {
  return uri.length <= 2048 && /^spiffe:\/\/[a-z0-9._-]{1,255}(\/(?!\.{1,2}(\/|$))[\w.-]+)+$/.test(uri);
}

function describeUris({ uris }: TlsIdentity): string {
  const [first, ...others] = uris;
  if (first === undefined) return 'has no URI among its subject alternative names';
  return others.length === 0
    ? `names ${first}, which is no SPIFFE ID`
    : `has ${uris.length} URIs among its subject alternative names`;
}
