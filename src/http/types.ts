/** The structural HTTP types of ccgrant; `undici-client.ts` is the only file that knows a library's. */

import type { Secret } from '../secret.ts';
import type { HttpHeaders } from './headers.ts';

export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: HttpHeaders;
  readonly body?: HttpBody | undefined;
  /** The client certificate to present, RFC 8705 section 2. */
  readonly tls?: TlsIdentity | undefined;
}

/** What a request carries. */
export type HttpBody = string | Uint8Array | AsyncIterable<Uint8Array> | Blob;

export interface HttpResponse {
  readonly status: number;
  /** The reason phrase, which may be empty. */
  readonly statusText: string;
  readonly headers: HttpHeaders;
  /** The bytes as they came; must be read to the end or destroyed by leaving the loop. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Whether the server asked for the client certificate of the request; undefined when that was not to be seen. */
  readonly asksForCertificate?: boolean | undefined;
}

export interface HttpClient {
  /**
   * Sends one request and resolves with the response headers; follows no redirect and retries nothing.
   * @throws NetworkError; or the signal's reason
   */
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse>;
  /** Drops all connections. */
  close(): void;
}

/** A client certificate with its private key. */
export interface TlsIdentity {
  readonly material:
    | { readonly kind: 'PEM'; readonly certificates: string; readonly privateKey: Secret }
    | { readonly kind: 'PKCS#12'; readonly pfx: Buffer; readonly passphrase: Secret | undefined };
  /** `x5t#S256` of RFC 8705 section 3.1. */
  readonly thumbprint: string;
  /** The subject's distinguished name, the most specific part first. */
  readonly subject: string;
  /** The URIs among its subject alternative names. */
  readonly uris: readonly string[];
  /** Who named it: `--cert`. */
  readonly origin: string;
}

/** How connections are made. Durations in milliseconds, 0 for no limit. */
export interface TransportSettings {
  /** Certificates (PEM) trusted instead of the built-in roots. */
  readonly certificateAuthorities?: string | undefined;
  readonly verifyCertificates: boolean;
  /** The proxy for a URL, undefined for a direct connection. */
  readonly proxyFor: (url: URL) => URL | undefined;
  readonly connectTimeout: number;
  /** `host:port` to the address that is connected to instead, as curl's --resolve. */
  readonly resolve: ReadonlyMap<string, string>;
}
