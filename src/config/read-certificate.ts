import { readFileSync } from 'node:fs';
import { ConfigError } from '../errors.ts';

/**
 * The bytes of a certificate's file.
 * @param origin who named the file, for messages
 * @throws ConfigError file_unusable
 */
export function readCertificate({ path, origin }: { readonly path: string; readonly origin: string }): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError('file_unusable', `${path} (${origin}) cannot be read (${code})`);
  }
}
