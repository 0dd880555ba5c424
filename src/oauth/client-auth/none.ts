import type { ClientAuthentication, ClientCredentials } from './client-authentication.ts';

/** The client says who it is and proves nothing, `none` of RFC 7591 section 2. */
export function noAuthentication({ clientId }: ClientCredentials): ClientAuthentication {
  return {
    method: 'none',
    complete: async (request) => ({ ...request, form: [...request.form, ['client_id', clientId]] }),
  };
}
