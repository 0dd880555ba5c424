import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parsePublicKeys, parseSharedSecret, toKeySet } from '../../../src/jwt/keys.ts';
import { failureOf, wordsOf } from '../support/failure.ts';
import { keycloakKeys } from '../support/fixtures.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed = generateKeyPairSync('ed25519');
const place = '/keys/key';

function pemOf(label: string, base64: string): string {
  return `-----BEGIN ${label}-----\n${base64.replace(/.{1,64}/g, '$&\n')}-----END ${label}-----\n`;
}

describe('toKeySet', () => {
  it('takes a JWK Set as it is', () => {
    expect(toKeySet(keycloakKeys)).toEqual(keycloakKeys);
  });

  it('leaves out what is no key, and ignores other members (RFC 7517 section 5)', () => {
    const key = { kty: 'RSA', n: 'AQAB', e: 'AQAB', unknown: 1 };
    expect(toKeySet({ keys: [null, 1, 'key', [], {}, { kty: 1 }, key], other: true })).toEqual({ keys: [key] });
  });

  it.each(['kid', 'alg', 'use', 'crv', 'n', 'e', 'x', 'y', 'k'])('leaves out a key whose %s is no text', (member) => {
    const good = { kty: 'RSA', n: 'AQAB', e: 'AQAB' };
    for (const value of [5, {}, { toString: 1 }, null]) {
      expect(toKeySet({ keys: [{ ...good, [member]: value }, good] })).toEqual({ keys: [good] });
    }
  });

  it.each([undefined, null, 1, 'keys', [], {}, { keys: null }, { keys: {} }, { keys: 'x' }])(
    'is undefined for %j',
    (value) => {
      expect(toKeySet(value)).toBeUndefined();
    },
  );

  it('takes a hundred keys, and no set of more', () => {
    const keys = (length: number) => ({
      keys: Array.from({ length }, (_, index) => ({ kty: 'RSA', kid: `${index}` })),
    });
    expect(toKeySet(keys(100))?.keys).toHaveLength(100);
    expect(toKeySet(keys(101))).toBeUndefined();
  });
});

describe('parsePublicKeys', () => {
  const jwk = ec.publicKey.export({ format: 'jwk' });

  it.each<[string, string, object[]]>([
    ['a JWK Set', JSON.stringify(keycloakKeys), [...keycloakKeys.keys]],
    ['one JWK', JSON.stringify(jwk), [jwk]],
    ['a JWK with a byte order mark and a final newline', `\ufeff${JSON.stringify(jwk)}\r\n`, [jwk]],
    [
      'a PEM public key (SPKI) of RSA',
      String(rsa.publicKey.export({ type: 'spki', format: 'pem' })),
      [rsa.publicKey.export({ format: 'jwk' })],
    ],
    [
      'a PEM public key of RSA (PKCS#1)',
      String(rsa.publicKey.export({ type: 'pkcs1', format: 'pem' })),
      [rsa.publicKey.export({ format: 'jwk' })],
    ],
    ['a PEM public key of an elliptic curve', String(ec.publicKey.export({ type: 'spki', format: 'pem' })), [jwk]],
    [
      'a PEM public key of Ed25519',
      String(ed.publicKey.export({ type: 'spki', format: 'pem' })),
      [ed.publicKey.export({ format: 'jwk' })],
    ],
    [
      'a PEM key behind white space, with CRLF',
      `\n  ${String(ec.publicKey.export({ type: 'spki', format: 'pem' })).replaceAll('\n', '\r\n')}`,
      [jwk],
    ],
  ])('reads %s', async (_, source, keys) => {
    expect(await parsePublicKeys(source, place)).toEqual({ keys });
  });

  it('reads a PEM certificate', async () => {
    const [key] = keycloakKeys.keys;
    const [certificate = ''] = (key as unknown as { x5c: string[] }).x5c;
    expect(await parsePublicKeys(pemOf('CERTIFICATE', certificate), place)).toEqual({
      keys: [{ kty: 'RSA', n: key?.n, e: key?.e }],
    });
  });

  it.each<[string, string | Buffer]>([
    ['PKCS#8', rsa.privateKey.export({ type: 'pkcs8', format: 'pem' })],
    ['PKCS#1', rsa.privateKey.export({ type: 'pkcs1', format: 'pem' })],
    ['SEC1', ec.privateKey.export({ type: 'sec1', format: 'pem' })],
    [
      'encrypted PKCS#8',
      ec.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }),
    ],
    ['OpenSSH', pemOf('OPENSSH PRIVATE KEY', 'b3BlbnNzaC1rZXktdjE')],
    [
      'PKCS#8 behind a public key',
      `${ec.publicKey.export({ type: 'spki', format: 'pem' })}${ec.privateKey.export({ type: 'pkcs8', format: 'pem' })}`,
    ],
  ])('refuses a private key as %s', async (_, source) => {
    const failure = await failureOf(() => parsePublicKeys(String(source), place));
    expect(failure).toMatchObject({ code: 'file_unusable', message: `${place} holds a private key` });
    expect(wordsOf(failure)).not.toContain('BEGIN');
  });

  it.each([
    ['nothing', ''],
    ['white space', ' \n'],
    ['text', 'S3cr3t'],
    ['JSON that is no key', '{"alg":"RS256"}'],
    ['an empty JWK Set', '{"keys":[]}'],
    ['an array of keys', JSON.stringify([jwk])],
    ['null', 'null'],
    ['broken JSON', '{"kty":"EC",'],
    ['a PEM without content', '-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----'],
    ['a broken PEM', pemOf('PUBLIC KEY', 'QUJD')],
    ['a certificate request', pemOf('CERTIFICATE REQUEST', 'QUJD')],
    ['an SSH public key', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA ci@example'],
  ])('refuses %s without quoting it', async (_, source) => {
    const failure = await failureOf(() => parsePublicKeys(source, place));
    expect(failure).toMatchObject({ code: 'file_unusable', message: expect.stringContaining(place) });
    expect(wordsOf(failure)).not.toContain('S3cr3t');
  });

  it('leaves a symmetric key out of a set', async () => {
    const secret = { kty: 'oct', k: 'c2VjcmV0' };
    expect(await parsePublicKeys(JSON.stringify({ keys: [secret, jwk] }), place)).toEqual({ keys: [jwk] });
  });

  it('refuses a file with symmetric keys only: they come from --verify-secret-file', async () => {
    const secret = JSON.stringify({ kty: 'oct', k: 'c2VjcmV0' });
    const failure = await failureOf(() => parsePublicKeys(secret, place));
    expect(failure).toMatchObject({ code: 'file_unusable' });
    expect(wordsOf(failure)).not.toContain('c2VjcmV0');
  });
});

describe('parseSharedSecret', () => {
  const bytes = (source: string) => Buffer.from(source);
  const oct = (secret: string | Uint8Array) => ({
    keys: [{ kty: 'oct', k: Buffer.from(secret as string).toString('base64url') }],
  });

  it.each<[string, Uint8Array, string | Uint8Array]>([
    ['as they are', bytes('secret'), 'secret'],
    ['less one final line feed', bytes('secret\n'), 'secret'],
    ['less one final CRLF', bytes('secret\r\n'), 'secret'],
    ['less one final newline only', bytes('secret\n\n'), 'secret\n'],
    ['with blanks at both ends', bytes(' secret '), ' secret '],
    ['with a carriage return that ends no line', bytes('secret\r'), 'secret\r'],
    ['that are no text', Buffer.of(0xff, 0x00, 0x80), Buffer.of(0xff, 0x00, 0x80)],
    ['that look like JSON', bytes('{"a":1}'), '{"a":1}'],
    ['of a number', bytes('12345'), '12345'],
    ['of the word null', bytes('null'), 'null'],
  ])('takes the bytes %s', (_, source, secret) => {
    expect(parseSharedSecret(source, place)).toEqual(oct(secret));
  });

  it('takes a JWK with kty oct', () => {
    const key = { kty: 'oct', k: 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ', kid: 'k1', alg: 'HS256' };
    expect(parseSharedSecret(bytes(`${JSON.stringify(key)}\n`), place)).toEqual({ keys: [key] });
  });

  it.each([
    ['nothing', ''],
    ['one newline', '\n'],
    ['one CRLF', '\r\n'],
  ])('refuses %s', async (_, source) => {
    expect(await failureOf(() => parseSharedSecret(bytes(source), place))).toMatchObject({
      code: 'secret_unusable',
      message: `${place} is empty`,
    });
  });
});
