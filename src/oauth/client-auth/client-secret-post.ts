import type { ClientAuthentication, ClientCredentials, CredentialOf } from './client-authentication.ts';

/** Id and secret in the form, RFC 6749 section 2.3.1. */
export function clientSecretPost(
  { clientId }: ClientCredentials,
  { secret }: CredentialOf<'secret'>,
): ClientAuthentication {
  return {
    method: 'client_secret_post',
    complete: async (request) => ({
      ...request,
      form: [...request.form, ['client_id', clientId], ['client_secret', secret.reveal()]],
    }),
  };
}
