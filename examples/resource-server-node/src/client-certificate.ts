import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/**
 * The `x5t#S256` (RFC 8705 section 3.1) of the certificate whose key the client of this connection has proved to hold:
 * SHA-256 of its DER, base64url. Undefined without TLS and without a certificate.
 *
 * @param mustBeTrusted whether the certificate must come from the trusted CA and be valid now
 */
export function clientCertificateThumbprint(socket: Socket, mustBeTrusted: boolean): string | undefined {
  if (!(socket instanceof TLSSocket) || (mustBeTrusted && !socket.authorized)) return undefined;
  const certificate = socket.getPeerX509Certificate();
  return certificate && createHash('sha256').update(certificate.raw).digest('base64url');
}
