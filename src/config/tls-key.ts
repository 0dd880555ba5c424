import type { KeyObject } from 'node:crypto';
import { ConfigError } from '../errors.ts';
import { pemBlocks } from './certificate.ts';

/**
 * The private key in a PEM file: PKCS#8, PKCS#1 or SEC1, encrypted or not.
 * @param place the file's path and who named it, for messages
 * @param password undefined when none was given
 * @throws ConfigError secret_unusable
 */
export async function parseTlsKey(
  content: Uint8Array,
  place: string,
  password: string | undefined,
): Promise<KeyObject> {
  const blocks = pemBlocks(content);
  const block = blocks.find(({ label }) => label.endsWith('PRIVATE KEY'));
  if (block === undefined) throw noKey(place, blocks.map(({ label }) => label).join());
  if (block.label === 'OPENSSH PRIVATE KEY') {
    throw new ConfigError('secret_unusable', `the private key in ${place} is in the format of OpenSSH`, {
      hint: 'TLS takes PKCS#8: on a copy of it, ssh-keygen -p -m PKCS8 -f COPY rewrites it',
    });
  }
  const isEncrypted = block.label === 'ENCRYPTED PRIVATE KEY' || /^Proc-Type: 4,ENCRYPTED/m.test(block.text);
  if (isEncrypted && password === undefined) {
    throw new ConfigError('secret_unusable', `the private key in ${place} is encrypted, and no password is given`, {
      hint: 'put the password into a file of its own: --pass-file FILE',
    });
  }
  const { createPrivateKey } = await import('node:crypto');
  try {
    return createPrivateKey({ key: block.text, ...(isEncrypted ? { passphrase: password } : {}) });
  } catch {
    throw isEncrypted
      ? new ConfigError('secret_unusable', `the password does not open the private key in ${place}`, {
          hint: 'is it the one in --pass-file? one final newline in it does not count, a blank does',
        })
      : new ConfigError('secret_unusable', `the private key in ${place} is damaged`);
  }
}

function noKey(place: string, labels: string): ConfigError {
  const hint = labels.includes('CERTIFICATE')
    ? 'it holds a certificate only: name the file of its private key with --key FILE, or say --x5t for its thumbprint in assertions'
    : labels.includes('PUBLIC KEY')
      ? 'it holds the public key: the private one is what proves who the client is'
      : 'it takes a PEM file with -----BEGIN PRIVATE KEY-----; of DER, openssl pkey -inform DER -in OLD -out NEW makes one';
  return new ConfigError('secret_unusable', `there is no private key in ${place}`, { hint });
}
