import { describe, expect, it } from 'vitest';
import { explainAlert } from '../../../src/http/tls-alert.ts';
import { Secret } from '../../../src/secret.ts';

const identity = {
  material: { kind: 'PEM', certificates: '', privateKey: new Secret('S3cr3t') },
  thumbprint: 'x',
  subject: 'CN=client',
  uris: [],
  origin: '--cert',
} as const;

function message(code: string, isOffered = true): string | undefined {
  return explainAlert(new Set([code]), 'as.example', isOffered ? identity : undefined)?.message;
}

describe('an alert about the certificate of a client', () => {
  it.each([
    [
      'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
      'as.example does not know the authority of the certificate from --cert (CN=client)',
    ],
    ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN', 'as.example does not accept the certificate from --cert (CN=client)'],
    ['ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_UNKNOWN', 'as.example does not accept the certificate from --cert (CN=client)'],
    ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'as.example does not accept the certificate from --cert (CN=client)'],
    ['ERR_SSL_TLSV1_ALERT_ACCESS_DENIED', 'as.example does not let the certificate from --cert (CN=client) in'],
    [
      'ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE',
      'as.example does not take the certificate from --cert (CN=client), because of its kind',
    ],
    [
      'ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED',
      'as.example says that the certificate from --cert (CN=client) has expired',
    ],
    [
      'ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED',
      'as.example says that the certificate from --cert (CN=client) has been revoked',
    ],
    [
      'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
      'no TLS connection to as.example: it found no certificate that it can use',
    ],
    [
      'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
      'no TLS connection to as.example: it found no certificate that it can use',
    ],
  ])('%s says that it %s', (code, words) => {
    expect(message(code)).toBe(words);
  });

  it.each([
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'no TLS connection to as.example: it wants a client certificate'],
    ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'no TLS connection to as.example: it may want a client certificate'],
    ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'no TLS connection to as.example: it may want a client certificate'],
  ])('%s without one says that %s', (code, words) => {
    expect(message(code, false)).toBe(words);
  });

  it.each(['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'ECONNRESET', 'ERR_SSL_WRONG_VERSION_NUMBER'])(
    '%s is not one',
    (code) => {
      expect([message(code), message(code, false)]).toEqual([undefined, undefined]);
    },
  );
});
