import type { KeyObject, X509Certificate } from 'node:crypto';
import { ConfigError } from '../errors.ts';
import { timestamp } from '../timestamp.ts';

/** A private key, and where it comes from for messages. */
interface PlacedKey {
  readonly key: KeyObject;
  readonly place: string;
}

/**
 * The certificate of a private key: the first of those in its file, behind which its chain may stand.
 * @param place the file's path and who named it, for messages
 * @param now milliseconds since the epoch
 * @throws ConfigError secret_unusable when the key is another one's; what `requireUsable` throws
 */
export function ownCertificate(
  [certificate, ...chain]: readonly X509Certificate[],
  place: string,
  { key, place: keyPlace }: PlacedKey,
  now: number,
): X509Certificate {
  if (certificate?.checkPrivateKey(key) !== true) {
    throw new ConfigError(
      'secret_unusable',
      `the private key in ${keyPlace} is not the key of the certificate in ${place}`,
      {
        hint: chain.some((one) => one.checkPrivateKey(key))
          ? 'it is the key of another certificate in the same file: that one must come first, its chain after it'
          : 'was the certificate renewed with a new key? the two belong together',
      },
    );
  }
  requireUsable(certificate, place, now);
  return certificate;
}

/**
 * Makes sure that a certificate has nothing that every server refuses, and few say why.
 * @param now milliseconds since the epoch
 * @throws ConfigError file_unusable
 */
export function requireUsable(certificate: X509Certificate, place: string, now: number): void {
  const fail = (reason: string, hint: string): ConfigError =>
    new ConfigError('file_unusable', `the certificate in ${place} ${reason}`, { hint });
  const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  if (now > to)
    throw fail(
      `expired ${timestamp(to / 1000)}`,
      'its authority has to make a new one; or is the clock of this machine wrong?',
    );
  if (now < from) throw fail(`is not valid before ${timestamp(from / 1000)}`, 'is the clock of this machine right?');
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = certificate.publicKey;
  const bits = details?.modulusLength ?? Number.POSITIVE_INFINITY;
  if (type?.startsWith('rsa') && bits < 2048) {
    throw fail(
      `has an RSA key of ${bits} bits, fewer than the 2048 that are safe`,
      'make a new key: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256',
    );
  }
}
