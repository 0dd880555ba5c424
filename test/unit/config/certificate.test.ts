import { describe, expect, it } from 'vitest';
import { isPkcs12, parseCertificates, thumbprintOf } from '../../../src/config/certificate.ts';
import { failureOf } from '../support/failure.ts';

/** RFC 8705 appendix A, figures 5 and 6. */
const rfc = {
  thumbprint: 'A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0',
  certificate: `-----BEGIN CERTIFICATE-----
MIIBBjCBrAIBAjAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARtdGxzMB4XDTE4MTAx
ODEyMzcwOVoXDTIyMDUwMjEyMzcwOVowDzENMAsGA1UEAwwEbXRsczBZMBMGByqG
SM49AgEGCCqGSM49AwEHA0IABNcnyxwqV6hY8QnhxxzFQ03C7HKW9OylMbnQZjjJ
/Au08/coZwxS7LfA4vOLS9WuneIXhbGGWvsDSb0tH6IxLm8wCgYIKoZIzj0EAwID
SQAwRgIhAP0RC1E+vwJD/D1AGHGzuri+hlV/PpQEKTWUVeORWz83AiEA5x2eXZOV
bUlJSGQgjwD5vaUaKlLR50Q2DmFfQj1L+SY=
-----END CERTIFICATE-----
`,
};
const der = Buffer.from(rfc.certificate.replaceAll(/-----.*-----|\n/g, ''), 'base64');

const parse = (content: string | Uint8Array) => parseCertificates(Buffer.from(content), '/here/x.pem (--cert)');

describe('a certificate', () => {
  it.each([
    ['as it is', rfc.certificate],
    ['with CRLF', rfc.certificate.replaceAll('\n', '\r\n')],
    ['after a byte order mark', `\ufeff${rfc.certificate}`],
    [
      'after what openssl writes before it',
      `Bag Attributes\n    friendlyName: client\nsubject=CN = mtls\n${rfc.certificate}`,
    ],
    ['without a final line end', rfc.certificate.trimEnd()],
    ['as DER', der],
  ])('has the thumbprint of RFC 8705 appendix A, %s', async (_, content) => {
    expect((await parse(content)).map(thumbprintOf)).toEqual([rfc.thumbprint]);
  });

  it('comes before its chain', async () => {
    expect(await parse(rfc.certificate.repeat(3))).toHaveLength(3);
  });

  it('that is damaged is said to be', async () => {
    expect(await failureOf(() => parse(rfc.certificate.replace('MIIBBjCB', 'MIIBB')))).toEqual({
      code: 'file_unusable',
      message: 'a certificate in /here/x.pem (--cert) is damaged',
      hint: 'copy all of it, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----',
    });
  });
});

describe('what is no certificate', () => {
  it('is found out in time, however often it begins', { timeout: 5000 }, async () => {
    const failure = await failureOf(() => parse('-----BEGIN A-----\n'.repeat(58_000)));
    expect(failure.message).toContain('there is no certificate');
  });

  const pem = (label: string): string => `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----\n`;
  it.each<[string, string | Uint8Array, RegExp]>([
    ['a private key', pem('EC PRIVATE KEY'), /^it holds a private key: that is --key FILE/],
    ['a request for a certificate', pem('CERTIFICATE REQUEST'), /^it is a request for a certificate/],
    ['a public key', pem('PUBLIC KEY'), /^it holds a public key/],
    ['an empty file', '', /^it is empty$/],
    ['a file of one byte', '0', /^it takes PEM /],
    [
      'DER of something else',
      Buffer.from('30053003020100', 'hex'),
      /^it is DER, and no whole certificate: openssl asn1parse /,
    ],
    ['a certificate in DER that breaks off', der.subarray(0, 100), /^it is DER, and no whole certificate: /],
    ['PKCS#12, where no key is wanted', Buffer.from('3082061902010330', 'hex'), /^it is PKCS#12: openssl pkcs12 /],
    ['a Java keystore', Buffer.from('feedfeed00000002', 'hex'), /^it is a Java keystore: keytool /],
    ['UTF-16', Buffer.from(rfc.certificate, 'utf16le'), /^it is no text: save a PEM file as UTF-8$/],
    ['something else', '{"kty":"EC"}', /^it takes PEM \(-----BEGIN CERTIFICATE-----\) or DER/],
  ])('is told apart: %s', async (_, content, hint) => {
    const failure = await failureOf(() => parse(content));
    expect(failure).toMatchObject({
      code: 'file_unusable',
      message: 'there is no certificate in /here/x.pem (--cert)',
      hint: expect.stringMatching(hint),
    });
  });

  it.each([
    ['PKCS#12', Buffer.from('3082061902010330', 'hex'), true],
    ['short PKCS#12', Buffer.from('3005020103', 'hex'), true],
    ['a certificate', der, false],
    ['PEM', Buffer.from(rfc.certificate), false],
    ['nothing', Buffer.of(), false],
  ])('is PKCS#12 only by its beginning: %s', (_, content, expected) => {
    expect(isPkcs12(content)).toBe(expected);
  });
});
