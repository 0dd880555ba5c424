import type { X509Certificate } from 'node:crypto';
import { ConfigError } from '../errors.ts';
import type { PemBlock } from '../pem.ts';
import { pemBlocks } from '../pem.ts';

/**
 * The certificates of a file, in their order: PEM, or one as DER.
 * @param place the file's path and who named it, for messages
 * @throws ConfigError file_unusable
 */
export async function parseCertificates(content: Uint8Array, place: string): Promise<readonly X509Certificate[]> {
  const { X509Certificate } = await import('node:crypto');
  const blocks = pemBlocks(content);
  const pems = blocks.filter(({ label }) => /^(X509 )?CERTIFICATE$/.test(label)).map(({ text }) => text);
  try {
    return (pems.length === 0 ? [content] : pems).map((source) => new X509Certificate(source));
  } catch {
    throw pems.length === 0
      ? new ConfigError('file_unusable', `there is no certificate in ${place}`, { hint: whatElse(content, blocks) })
      : new ConfigError('file_unusable', `a certificate in ${place} is damaged`, {
          hint: 'copy all of it, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----',
        });
  }
}

/** The certificate's SHA-256 thumbprint, `x5t#S256` of RFC 8705 section 3.1. */
export function thumbprintOf({ fingerprint256 }: Pick<X509Certificate, 'fingerprint256'>): string {
  return Buffer.from(fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
}

/** Whether the file is PKCS#12 (RFC 7292 section 4): a DER sequence that begins with the version 3. */
export function isPkcs12(content: Uint8Array): boolean {
  return startOfSequence(content)?.join() === '2,1,3';
}

/** What the file is instead of a PEM certificate, and how one is made of it. */
function whatElse(content: Uint8Array, blocks: readonly PemBlock[]): string {
  const labels = blocks.map(({ label }) => label);
  if (labels.some((label) => label.endsWith('PRIVATE KEY'))) {
    return 'it holds a private key: that is --key FILE, and the certificate --cert FILE';
  }
  if (labels.some((label) => label.endsWith('CERTIFICATE REQUEST'))) {
    return 'it is a request for a certificate: its authority makes the certificate of it';
  }
  if (labels.some((label) => label.endsWith('PUBLIC KEY'))) return 'it holds a public key without its certificate';
  const bytes = Buffer.from(content);
  if (bytes.length === 0) return 'it is empty';
  if (bytes.readUIntBE(0, Math.min(bytes.length, 4)) === 0xfeedfeed) {
    return 'it is a Java keystore: keytool -importkeystore -srckeystore OLD -destkeystore NEW.p12 -deststoretype PKCS12 makes PKCS#12 of it';
  }
  if (isPkcs12(content))
    return 'it is PKCS#12: openssl pkcs12 -in OLD -clcerts -nokeys -out NEW.pem takes the certificate out of it';
  if (startOfSequence(content)?.[0] === 0x30)
    return 'it is DER, and no whole certificate: openssl asn1parse -inform DER -in FILE shows what it is';
  if (bytes.includes('\0')) return 'it is no text: save a PEM file as UTF-8';
  return 'it takes PEM (-----BEGIN CERTIFICATE-----) or DER, and for --cert PKCS#12 too';
}

/** The first three bytes inside of a DER sequence. */
function startOfSequence(content: Uint8Array): Uint8Array | undefined {
  const [tag, length] = content;
  if (tag !== 0x30 || length === undefined) return undefined;
  const head = length < 0x80 ? 2 : 2 + (length & 0x7f);
  return content.subarray(head, head + 3);
}
