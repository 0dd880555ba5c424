import { UsageError } from '../../errors.ts';
import type { TlsIdentity } from '../../http/types.ts';
import type { ClientAuthentication, ClientCredentials, CredentialOf, Refusal } from './client-authentication.ts';

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
export function byCertificate(
  method: string,
  { clientId }: ClientCredentials,
  { identity }: CredentialOf<'certificate'>,
): ClientAuthentication {
  return {
    method,
    tls: identity,
    complete: async (request) => {
      requireTls(request.url, identity);
      return { ...request, form: [...request.form, ['client_id', clientId]] };
    },
    advise: (refusal) => advise(refusal, clientId, identity),
    caveat: ({ asksForCertificate }) =>
      asksForCertificate === false ? 'the server accepted the client without asking for its certificate' : undefined,
  };
}

/** Some servers list their plain addresses even as mtls_endpoint_aliases (Keycloak, when it is asked over http). */
function requireTls(url: URL, { origin }: TlsIdentity): void {
  if (url.protocol === 'https:') return;
  throw new UsageError(
    'http_not_allowed',
    `the certificate from ${origin} cannot be shown over plain http: ${url.href}`,
    {
      hint: 'has the server an https address? name it with --issuer, whose metadata names the endpoints, or with an option such as --token-endpoint',
    },
  );
}

function advise({ asksForCertificate }: Refusal, clientId: string, { subject }: TlsIdentity): string {
  if (asksForCertificate === false) {
    return 'the server did not ask for the certificate: it takes them at another port or host, or has to be told to ask for them (on Keycloak: --https-client-auth=request)';
  }
  return `is this the certificate that ${clientId} is registered with? its subject is ${subject}, which some servers compare letter by letter`;
}
