import { parseCertificates, thumbprintOf } from '../config/certificate.ts';
import { ownCertificate } from '../config/own-certificate.ts';
import { readCertificate } from '../config/read-certificate.ts';
import type { Context } from '../context.ts';
import type { SigningKey } from '../jwt/signing-key.ts';

/**
 * The SHA-256 thumbprint of the certificate of a key, for the header of what the key signs, RFC 7515 section 4.1.8.
 * @param file the absolute path of the certificate, and who named it
 * @param keyPlace where the key comes from, for messages
 * @throws ConfigError file_unusable, secret_unusable for one that is none, is of another key, or not of this time
 */
export async function certificateThumbprint(
  file: { readonly path: string; readonly origin: string },
  { privateKey: key }: SigningKey,
  keyPlace: string,
  ctx: Context,
): Promise<string> {
  const place = `${file.path} (${file.origin})`;
  const certificates = await parseCertificates(await readCertificate(file, ctx), place);
  return thumbprintOf(ownCertificate(certificates, place, { key, place: keyPlace }, ctx.now()));
}
