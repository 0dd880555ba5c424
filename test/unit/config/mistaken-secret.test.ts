import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mistakenSecret } from '../../../src/config/mistaken-secret.ts';

const base64 = fc.base64String({ minLength: 4, maxLength: 200 });
const pem = (label: string, body: string): string => `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
const surroundings = fc.constantFrom('', '\n', '  ', 'Bag Attributes\n    friendlyName: x\n', '\uFEFF\n');

describe('a secret that is something else is recognised', () => {
  it.each<[label: string, what: string, option: string]>([
    ['PRIVATE KEY', 'a private key', '--private-key FILE'],
    ['RSA PRIVATE KEY', 'a private key', '--private-key FILE'],
    ['EC PRIVATE KEY', 'a private key', '--private-key FILE'],
    ['ENCRYPTED PRIVATE KEY', 'a private key', '--private-key FILE'],
    ['OPENSSH PRIVATE KEY', 'a private key', '--private-key FILE'],
    ['PUBLIC KEY', 'a public key', '--private-key FILE'],
    ['RSA PUBLIC KEY', 'a public key', '--private-key FILE'],
    ['CERTIFICATE', 'a certificate', '--cert FILE'],
    ['TRUSTED CERTIFICATE', 'a certificate', '--cert FILE'],
    ['CERTIFICATE REQUEST', 'a certificate', '--cert FILE'],
  ])('PEM, whatever stands before it: %s', (label, what, option) => {
    fc.assert(
      fc.property(surroundings, base64, (before, body) => {
        const expected = { what, hint: expect.stringContaining(option) };
        expect(mistakenSecret(before + pem(label, body))).toEqual(expected);
      }),
    );
  });

  it('a certificate with its key, as the certificate', () => {
    const both = pem('PRIVATE KEY', 'AAAA') + pem('CERTIFICATE', 'AAAA');
    expect(mistakenSecret(both)?.hint).toContain('--cert FILE');
  });

  it('the first line of PEM, which is all that a command gives', () => {
    expect(mistakenSecret('-----BEGIN PRIVATE KEY-----')?.what).toBe('a private key');
  });

  it.each<[string, object, what: string, words: string]>([
    ['a private JWK', { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'd' }, 'a private key', '--private-key FILE'],
    ['a public JWK', { kty: 'RSA', n: 'n', e: 'AQAB' }, 'a public key', '--private-key FILE'],
    ['a JWK Set', { keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'x', d: 'd' }] }, 'a private key', '--private-key FILE'],
    ['a shared secret as JWK', { kty: 'oct', k: 'AAAA' }, 'a JWK', 'the member k'],
  ])('%s', (_, jwk, what, words) => {
    for (const source of [JSON.stringify(jwk), `\n${JSON.stringify(jwk, null, 2)}\n`])
      expect(mistakenSecret(source)).toEqual({ what, hint: expect.stringContaining(words) });
  });
});

describe('what may be a secret is taken for one', () => {
  const token = fc.tuple(base64, base64, base64).map((parts) => parts.join('.'));
  const lines = fc.array(fc.string(), { maxLength: 5 }).map((parts) => parts.join('\n'));
  const json = fc.json().filter((text) => !text.includes('kty'));

  it('any characters, lines, tokens and JSON', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), lines, base64, token, json), (secret) => {
        expect(mistakenSecret(secret)).toBeUndefined();
      }),
    );
  });

  it.each([
    '-----BEGIN',
    '-----BEGIN-----',
    '-----BEGIN SECRET-----',
    'x-----BEGIN PRIVATE KEY-----',
    'BEGIN PRIVATE KEY',
    '-----END PRIVATE KEY-----',
    '{"kty":',
    '{"kty":1}',
    '[{"kty":"RSA"}]',
    '"kty"',
    '{"keys":[]}',
    '{"keys":null}',
    '{',
    'null',
  ])('%s', (secret) => {
    expect(mistakenSecret(secret)).toBeUndefined();
  });
});
