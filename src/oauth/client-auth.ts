import { ConfigError } from '../errors.ts';
import type { TlsIdentity } from '../http/types.ts';
import type { Secret } from '../secret.ts';
import type { EndpointRequest } from './endpoint-request.ts';

/** Client authentication methods, by their registered names (RFC 7591 section 2). */
export const authMethods = ['client_secret_basic', 'client_secret_post', 'none'] as const;
export type AuthMethod = (typeof authMethods)[number];

export const basicEncodings = ['form', 'raw'] as const;
export type BasicEncoding = (typeof basicEncodings)[number];

/** How a client proves who it is, RFC 6749 section 2.3. */
export interface ClientAuthentication {
  readonly method: AuthMethod;
  /** Puts the proof into a request; asked anew for each try. */
  readonly complete: (request: EndpointRequest) => Promise<EndpointRequest>;
  /** The certificate of the connection (RFC 8705); with one, mtls_endpoint_aliases are used. */
  readonly tls?: TlsIdentity;
}

/** RFC 6749 section 2.3.1: id and secret in the Authorization field. */
export function clientSecretBasic(clientId: string, secret: Secret, encoding: BasicEncoding): ClientAuthentication {
  return {
    method: 'client_secret_basic',
    complete: async (request) => ({
      ...request,
      headers: request.headers.with('authorization', `Basic ${basicCredentials(clientId, secret, encoding)}`),
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

/** RFC 6749 section 2.3.1: id and secret in the form. */
export function clientSecretPost(clientId: string, secret: Secret): ClientAuthentication {
  return {
    method: 'client_secret_post',
    complete: async (request) => ({
      ...request,
      form: [...request.form, ['client_id', clientId], ['client_secret', secret.reveal()]],
    }),
  };
}

/** The client says who it is and proves nothing (RFC 7591 section 2, `none`). */
export function noAuthentication(clientId: string): ClientAuthentication {
  return {
    method: 'none',
    complete: async (request) => ({ ...request, form: [...request.form, ['client_id', clientId]] }),
  };
}

/**
 * Chooses how to use a client secret where nobody said it: Basic when the server lists it or lists
 * nothing (RFC 8414 section 2 makes it the default), else what it lists. The order of a list means nothing.
 * @param supported the method names that the metadata lists for the endpoint
 * @throws ConfigError missing_setting when the server takes no client secret
 */
export function chooseSecretMethod(supported: readonly string[] | undefined): AuthMethod {
  if (supported === undefined || supported.includes('client_secret_basic')) return 'client_secret_basic';
  if (supported.includes('client_secret_post')) return 'client_secret_post';
  throw new ConfigError('missing_setting', `this server takes no client secret: it lists ${supported.join(', ')}`, {
    hint: 'to try all the same say --auth-method client_secret_basic',
  });
}
