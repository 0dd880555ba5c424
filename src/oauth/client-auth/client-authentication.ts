import type { TlsIdentity } from '../../http/types.ts';
import type { Secret } from '../../secret.ts';
import type { EndpointRequest } from '../endpoint-request.ts';

/** How a client proves who it is, RFC 6749 section 2.3. */
export interface ClientAuthentication {
  /** Registered name of the method, RFC 7591 section 2. */
  readonly method: string;
  /** Puts the proof into a request; asked anew for each try, so that nothing is sent twice that must not be. */
  readonly complete: (request: EndpointRequest) => Promise<EndpointRequest>;
  /** The certificate of the connection (RFC 8705); with one, mtls_endpoint_aliases are used. */
  readonly tls?: TlsIdentity;
}

/** What a client has to prove who it is. */
export interface ClientCredentials {
  readonly clientId: string;
  readonly secret: Secret | undefined;
  readonly basicEncoding: BasicEncoding;
}

export const basicEncodings = ['form', 'raw'] as const;
/** Whether id and secret are percent-encoded for HTTP Basic, or sent as they are. */
export type BasicEncoding = (typeof basicEncodings)[number];
