import type { X509Certificate } from 'node:crypto';
import { Duplex } from 'node:stream';
import { createSecureContext, TLSSocket } from 'node:tls';
import { ConfigError } from '../errors.ts';
import { passwordHint, wrongPassword } from '../private-key.ts';

/** A PKCS#12 file that can be opened. */
export interface Pkcs12 {
  readonly certificate: X509Certificate;
  /** Undefined when it takes none, though one may have been given. */
  readonly password: string | undefined;
}

/**
 * Opens a PKCS#12 file, and takes the certificate out whose key is with it. Node opens such files for TLS only, so it is asked
 * of a connection that is never made.
 * @param place the file's path and who named it, for messages
 * @param password undefined when none was given
 * @throws ConfigError secret_unusable
 */
export function openPkcs12(pfx: Buffer, place: string, password: string | undefined): Pkcs12 {
  let certificate: X509Certificate | undefined;
  try {
    const secureContext = createSecureContext({ pfx, ...(password === undefined ? {} : { passphrase: password }) });
    const socket = new TLSSocket(new Duplex({ read() {} }), { secureContext });
    certificate = socket.getX509Certificate();
    socket.destroy();
  } catch (error) {
    // A file that is not protected: newer versions of OpenSSL pass over the password by themselves.
    if ((error as Error).message === 'mac absent' && password !== undefined) return openPkcs12(pfx, place, undefined);
    throw explain(error as NodeJS.ErrnoException, place, password !== undefined);
  }
  if (certificate !== undefined) return { certificate, password };
  throw new ConfigError('secret_unusable', `there is no certificate with a private key in ${place}`);
}

function explain({ code, message }: NodeJS.ErrnoException, place: string, hasPassword: boolean): ConfigError {
  const fail = (reason: string, hint?: string): ConfigError => new ConfigError('secret_unusable', reason, { hint });
  if (code === 'ERR_CRYPTO_UNSUPPORTED_OPERATION') {
    return fail(
      `${place} is encrypted in an old way that OpenSSL 3 does not open (RC2)`,
      'make PEM of it, key and all: (umask 077; openssl pkcs12 -legacy -in OLD.p12 -nodes -out NEW.pem), then --cert NEW.pem',
    );
  }
  if (code === 'ERR_CRYPTO_OPERATION_FAILED') {
    return fail(
      `there is no certificate with a private key in ${place}`,
      'export both: openssl pkcs12 -export -in CERTIFICATE -inkey KEY -out NEW.p12',
    );
  }
  if (message === 'mac verify failure') {
    return hasPassword ? wrongPassword(place) : fail(`${place} has a password, and none is given`, passwordHint);
  }
  return fail(
    `${place} cannot be opened as PKCS#12`,
    'openssl pkcs12 -info -noout -in FILE says what is wrong with it',
  );
}
