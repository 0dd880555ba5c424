import type { KeyObject } from 'node:crypto';
import { ConfigError } from './errors.ts';
import { isEncrypted, pemBlocks, privateKeyBlocks } from './pem.ts';

/** Where a private key comes from, and its password where one was given, for reading it and for messages. */
export interface KeyPlace {
  /** `key.pem (--private-key)` */
  readonly name: string;
  readonly password: string | undefined;
}

/** What a person can do where there is no private key. */
export interface AbsenceHints {
  /** When there is a certificate instead. */
  readonly certificate: string;
  /** When it is nothing that is known: what is taken there. */
  readonly other: string;
}

/**
 * Reads the first private key in PEM: PKCS#8 (RFC 5958), PKCS#1 (RFC 8017) or SEC1 (RFC 5915), each of them
 * encrypted or not.
 * @throws ConfigError secret_unusable
 */
export async function parsePrivateKey(
  content: string | Uint8Array,
  place: KeyPlace,
  hints: AbsenceHints,
): Promise<KeyObject> {
  const { password } = place;
  const [block] = privateKeyBlocks(content);
  if (block === undefined) throw absent(content, place, hints);
  if (block.label === 'OPENSSH PRIVATE KEY') {
    throw unusable(place, 'is in the format of OpenSSH', 'convert a copy of it: ssh-keygen -p -m PKCS8 -f COPY');
  }
  const needsPassword = isEncrypted(block);
  if (needsPassword && password === undefined) {
    throw unusable(place, 'is encrypted, and no password is given', passwordHint);
  }
  const { createPrivateKey } = await import('node:crypto');
  try {
    return createPrivateKey({ key: block.text, ...(needsPassword ? { passphrase: password } : {}) });
  } catch (error) {
    if (needsPassword) throw closed(error as NodeJS.ErrnoException, place);
    throw unusable(
      place,
      'is no PEM that can be read',
      'are its line ends still there? openssl pkey -in FILE -noout shows whether it is whole',
    );
  }
}

/** A private key that cannot be used. */
export function unusable({ name }: KeyPlace, fault: string, hint?: string): ConfigError {
  return new ConfigError('secret_unusable', `the private key in ${name} ${fault}`, { hint });
}

/** A place where there is none. */
export function noPrivateKey({ name }: KeyPlace, hint: string): ConfigError {
  return new ConfigError('secret_unusable', `there is no private key in ${name}`, { hint });
}

/** What a person can do where a password is needed, and none is given. */
export const passwordHint = 'put the password into a file of its own: --pass-file FILE';

/**
 * A password that is another one's.
 * @param what it does not open, for messages
 */
export function wrongPassword(what: string): ConfigError {
  return new ConfigError('secret_unusable', `the password does not open ${what}`, {
    hint: 'is it the one in --pass-file? one final newline in it does not count, a blank does',
  });
}

function absent(content: string | Uint8Array, place: KeyPlace, { certificate, other }: AbsenceHints): ConfigError {
  if (/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(Buffer.from(content).toString('latin1')))
    return unusable(place, 'breaks off before the end of the key');
  const labels = pemBlocks(content).map(({ label }) => label);
  if (labels.some((label) => label.endsWith('CERTIFICATE'))) return noPrivateKey(place, certificate);
  if (labels.some((label) => label.endsWith('PUBLIC KEY')))
    return noPrivateKey(place, 'it holds the public key: only the private one can sign');
  return noPrivateKey(place, other);
}

function closed({ code }: NodeJS.ErrnoException, place: KeyPlace): ConfigError {
  if (code === 'ERR_OSSL_EVP_UNSUPPORTED') {
    return unusable(
      place,
      'is encrypted in an old way that OpenSSL 3 does not open',
      'encrypt it anew: (umask 077; openssl pkey -provider legacy -provider default -in OLD -aes256 -out NEW)',
    );
  }
  return wrongPassword(`the private key in ${place.name}`);
}
