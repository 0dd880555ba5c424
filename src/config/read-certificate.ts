import type { Context } from '../context.ts';
import { privateKeyBlocks } from '../pem.ts';
import { isPkcs12 } from './certificate.ts';
import { readFileOnce } from './read-file-once.ts';

/**
 * The content of a certificate's file, in which its private key may be too.
 * @param file its absolute path, and who named it
 * @throws ConfigError secret_unusable
 */
export function readCertificate(
  file: { readonly path: string; readonly origin: string },
  ctx: Context,
): Promise<Buffer> {
  const holdsSecret = (content: Uint8Array): boolean => isPkcs12(content) || privateKeyBlocks(content).length > 0;
  return readFileOnce({ ...file, noun: 'certificate', holdsSecret }, ctx);
}
