import type { ClientAuthentication, ClientCredentials, CredentialOf } from './client-authentication.ts';

/** A certificate of an authority that the server trusts, RFC 8705 section 2.1. */
export function tlsClientAuth(
  client: ClientCredentials,
  credential: CredentialOf<'certificate'>,
): ClientAuthentication {
  return byCertificate('tls_client_auth', client, credential);
}

/** A certificate that the server knows, whoever has signed it, RFC 8705 section 2.2. */
export function selfSignedTlsClientAuth(
  client: ClientCredentials,
  credential: CredentialOf<'certificate'>,
): ClientAuthentication {
  return byCertificate('self_signed_tls_client_auth', client, credential);
}

/** The connection proves it all; the form says which client is meant. */
function byCertificate(
  method: string,
  { clientId }: ClientCredentials,
  { identity }: CredentialOf<'certificate'>,
): ClientAuthentication {
  return {
    method,
    tls: identity,
    complete: async (request) => ({ ...request, form: [...request.form, ['client_id', clientId]] }),
  };
}
