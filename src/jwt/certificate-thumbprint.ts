import type { KeyObject } from 'node:crypto';
import { ConfigError } from '../errors.ts';

/**
 * The SHA-256 thumbprint of a certificate for the header of what its key signs, RFC 7515 section 4.1.8.
 * @param certificate PEM or DER
 * @param place `cert.pem (--cert)`
 * @param now milliseconds since the epoch
 * @throws ConfigError file_unusable for one that is none, is of another key, or not of this time
 */
export async function certificateThumbprint(
  certificate: Uint8Array,
  privateKey: KeyObject,
  place: string,
  now: number,
): Promise<string> {
  const { createHash, X509Certificate } = await import('node:crypto');
  const fail = (fault: string, hint?: string): ConfigError =>
    new ConfigError('file_unusable', `the certificate in ${place} ${fault}`, { hint });
  let x509: InstanceType<typeof X509Certificate>;
  try {
    x509 = new X509Certificate(certificate);
  } catch {
    throw fail('cannot be read', 'it takes PEM (-----BEGIN CERTIFICATE-----) or DER');
  }
  if (!x509.checkPrivateKey(privateKey)) {
    throw fail('is not the one of --private-key', 'the server looks up by the certificate which key must have signed');
  }
  if (Date.parse(x509.validTo) <= now) throw fail(`has expired: ${x509.validTo}`, 'register another one at the server');
  if (Date.parse(x509.validFrom) > now) throw fail(`is not valid before ${x509.validFrom}`);
  return createHash('sha256').update(x509.raw).digest('base64url');
}
