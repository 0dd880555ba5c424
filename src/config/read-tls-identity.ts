import { readFileSync } from 'node:fs';
import type { Context } from '../context.ts';
import { ConfigError } from '../errors.ts';
import type { TlsIdentity } from '../http/types.ts';
import { readSecret } from './read-secret.ts';
import type { TlsFiles } from './tls-files.ts';

/**
 * Reads a client certificate and its private key, PEM.
 * @throws ConfigError file_unusable, secret_unusable
 */
export async function readTlsIdentity(
  { certificate, origin, privateKey = certificate }: TlsFiles,
  ctx: Context,
): Promise<TlsIdentity> {
  const key = await readSecret({ kind: 'file', path: privateKey }, origin, ctx);
  return { certificate: readCertificate(certificate, origin), privateKey: key.reveal() };
}

function readCertificate(path: string, origin: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError('file_unusable', `${path} (${origin}) cannot be read (${code})`);
  }
}
