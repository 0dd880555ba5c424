import type { Secret } from '../../secret.ts';
import type { BasicEncoding, ClientAuthentication, ClientCredentials, CredentialOf } from './client-authentication.ts';

/** Id and secret in the Authorization field, RFC 6749 section 2.3.1. */
export function clientSecretBasic(
  { clientId, basicEncoding }: ClientCredentials,
  { secret }: CredentialOf<'secret'>,
): ClientAuthentication {
  return {
    method: 'client_secret_basic',
    complete: async (request) => ({
      ...request,
      headers: request.headers.with('authorization', `Basic ${basicCredentials(clientId, secret, basicEncoding)}`),
    }),
  };
}

/** The credentials of HTTP Basic, for sending and for concealing them. */
export function basicCredentials(clientId: string, secret: Secret, encoding: BasicEncoding): string {
  // Every server takes encodeURIComponent's form. Some refuse `+` for a blank, which the RFC's own
  // form encoding makes, or `%2D` for a hyphen.
  const encode = encoding === 'form' ? encodeURIComponent : (value: string) => value;
  return Buffer.from(`${encode(clientId)}:${encode(secret.reveal())}`).toString('base64');
}
