import { X509Certificate } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { TlsCredentials } from '../support/http-server.ts';
import type { Cli } from '../support/run-in-process.ts';
import { test } from '../support/run-in-process.ts';
import type { CertificateAuthority } from '../support/tls.ts';
import { createCertificateAuthority } from '../support/tls.ts';
import { tokenEndpoint } from './support/scene.ts';

let authority: CertificateAuthority;
const files: Record<string, string | Uint8Array> = {};

beforeAll(async () => {
  authority = await createCertificateAuthority();
  const { openssl, issueClient } = authority;
  const put = (name: string, { cert, key }: TlsCredentials): void => {
    files[`${name}.pem`] = cert;
    files[`${name}.key`] = key;
  };
  put('client', await issueClient('/CN=client'));
  put('other', await issueClient('/CN=other'));
  put('expired', await issueClient('/CN=expired', { validDays: -1 }));
  put('small', await issueClient('/CN=small', { newKey: 'rsa:1024' }));
  const from = { in: files['client.pem'] ?? '', key: files['client.key'] ?? '' };
  const pkcs12 = (...args: string[]): Promise<Buffer> =>
    openssl(['pkcs12', '-export', '-in', 'in', '-passout', 'pass:right', '-out', 'out', ...args], from);
  files['client.p12'] = await pkcs12('-inkey', 'key');
  files['nokey.p12'] = await pkcs12('-nokeys');
  files['old.p12'] = await pkcs12('-inkey', 'key', '-legacy');
  files['open.p12'] = await openssl(
    ['pkcs12', '-export', '-in', 'in', '-inkey', 'key', '-nomac', '-keypbe', 'NONE', '-certpbe', 'NONE'].concat(
      '-passout',
      'pass:',
      '-out',
      'out',
    ),
    from,
  );
  files['broken.p12'] = files['client.p12'].subarray(0, 200);
  files['encrypted.key'] = await openssl(
    ['pkcs8', '-topk8', '-in', 'key', '-passout', 'pass:right', '-out', 'out'],
    from,
  );
  files['encrypted-sec1.key'] = await openssl(
    ['ec', '-in', 'key', '-aes256', '-passout', 'pass:right', '-out', 'out'],
    from,
  );
  files['public.key'] = await openssl(['pkey', '-in', 'key', '-pubout', '-out', 'out'], from);
  files['openssh.key'] = '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n';
  files['damaged.key'] = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n';
  files['short.key'] = `${files['client.key']}`.slice(0, 90);
  files['old.key'] = await openssl(
    ['pkcs8', '-topk8', '-v1', 'PBE-MD5-DES', '-provider', 'legacy', '-provider', 'default', '-in', 'key'].concat(
      '-passout',
      'pass:right',
      '-out',
      'out',
    ),
    from,
  );
  files['der.key'] = await openssl(['pkey', '-in', 'key', '-outform', 'DER', '-out', 'out'], from);
  files['client.der'] = new X509Certificate(files['client.pem'] ?? '').raw;
  files['chain-first.pem'] = `${files['other.pem']}${files['client.pem']}`;
  Object.assign(files, { right: 'right\n', wrong: 'right \n', empty: '\n' });
});

afterAll(async () => {
  await authority?.[Symbol.asyncDispose]();
});

const env = { CCGRANT_CLIENT_ID: 'ci-bot', CCGRANT_TOKEN_ENDPOINT: tokenEndpoint };

/** `token` by these words: `cert: x.pem, key: y.key`. */
async function token(cli: Cli, words: string) {
  for (const [name, content] of Object.entries(files)) await cli.writeFile(name, content);
  cli.now = Date.now();
  // Nobody answers: whatever is sent is an error of its own.
  return cli.run(['token', ...words.split(' ')], { env });
}

describe('is refused before anything is sent', () => {
  test.for<[words: string, message: RegExp, hint?: RegExp]>([
    ['--key client.key', /^usage\]: --key is the key of a certificate, and none is given$/, /^give --cert FILE too$/],
    ['--pass-file right', /^usage\]: --pass-file is the password of a private key, and none is given$/],
    [
      '--cert none.pem --key client.key',
      /^secret_unusable\]: the certificate file .*none.pem \(--cert\) does not exist$/,
    ],
    [
      '--cert client.pem --key none.key',
      /^secret_unusable\]: the private key file .*none.key \(--key\) does not exist$/,
    ],
    [
      '--cert keys/client.pem:pa55word --key client.key',
      /^secret_unusable\]: the certificate file of --cert does not exist$/,
      /^a password does not stand behind the file, but in a file of its own: --pass-file FILE$/,
    ],
    ['--cert -', /^secret_unusable\]: the certificate file of --cert does not exist$/, /is \/dev\/stdin$/],
    ['--cert . --key client.key', /^secret_unusable\]: the certificate file .* is a directory$/],
    [
      '--cert client.key --key client.key',
      /^file_unusable\]: there is no certificate in .*client.key \(--cert\)$/,
      /^it holds a private key: that is --key FILE/,
    ],
    [
      '--cert client.key --key client.pem',
      /^file_unusable\]: there is no certificate in .*client.key \(--cert\)$/,
      /^it holds a private key: that is --key FILE/,
    ],
    [
      '--cert client.pem',
      /^secret_unusable\]: there is no private key in .*client.pem \(--cert\)$/,
      /^it holds a certificate only: name the file of its private key with --key FILE$/,
    ],
    [
      '--cert client.der',
      /^secret_unusable\]: there is no private key in .*client.der \(--cert\)$/,
      /^it holds a certificate only: name the file of its private key with --key FILE$/,
    ],
    [
      '--cert client.pem --key public.key',
      /^secret_unusable\]: there is no private key in .*public.key \(--key\)$/,
      /^it holds the public key/,
    ],
    [
      '--cert client.pem --key der.key',
      /^secret_unusable\]: there is no private key in .*der.key \(--key\)$/,
      /openssl pkey -inform DER/,
    ],
    [
      '--cert client.pem --key openssh.key',
      /^secret_unusable\]: the private key in .*openssh.key \(--key\) is in the format of OpenSSH$/,
      /ssh-keygen -p -m PKCS8/,
    ],
    [
      '--cert client.pem --key damaged.key',
      /^secret_unusable\]: the private key in .*damaged.key \(--key\) is no PEM that can be read$/,
      /^are its line ends still there\?/,
    ],
    [
      '--cert client.pem --key encrypted.key',
      /^secret_unusable\]: the private key in .*encrypted.key \(--key\) is encrypted, and no password is given$/,
      /--pass-file FILE/,
    ],
    [
      '--cert client.pem --key encrypted-sec1.key',
      /^secret_unusable\]: .* is encrypted, and no password is given$/,
      /--pass-file FILE/,
    ],
    [
      '--cert client.pem --key short.key',
      /^secret_unusable\]: the private key in .*short.key \(--key\) breaks off before the end of the key$/,
    ],
    [
      '--cert client.pem --key old.key --pass-file right',
      /^secret_unusable\]: the private key in .*old.key \(--key\) is encrypted in an old way that OpenSSL 3 does not open$/,
      /openssl pkey -provider legacy /,
    ],
    [
      '--cert client.pem --key encrypted.key --pass-file wrong',
      /^secret_unusable\]: the password does not open the private key in .*encrypted.key \(--key\)$/,
      /one final newline in it does not count, a blank does$/,
    ],
    [
      '--cert client.pem --key encrypted-sec1.key --pass-file wrong',
      /^secret_unusable\]: the password does not open the private key in /,
    ],
    [
      '--cert client.pem --key encrypted.key --pass-file empty',
      /^secret_unusable\]: the password in .*empty \(--pass-file\) is empty$/,
    ],
    [
      '--cert client.pem --key encrypted.key --pass-file none',
      /^secret_unusable\]: the password file .* does not exist$/,
    ],
    [
      '--cert client.pem --key other.key',
      /^secret_unusable\]: the private key in .*other.key \(--key\) is not the key of the certificate in .*client.pem \(--cert\)$/,
      /^was the certificate renewed/,
    ],
    [
      '--cert chain-first.pem --key client.key',
      /^secret_unusable\]: the private key in .* is not the key of the certificate in /,
      /that one must come first, its chain after it$/,
    ],
    [
      '--cert expired.pem --key expired.key',
      /^file_unusable\]: the certificate in .*expired.pem \(--cert\) expired \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
      /^its authority has to make a new one/,
    ],
    [
      '--cert small.pem --key small.key',
      /^file_unusable\]: the certificate in .* has an RSA key of 1024 bits, fewer than the 2048 that are safe$/,
    ],
    [
      '--cert client.p12',
      /^secret_unusable\]: .*client.p12 \(--cert\) has a password, and none is given$/,
      /--pass-file FILE/,
    ],
    ['--cert client.p12 --pass-file wrong', /^secret_unusable\]: the password does not open .*client.p12 \(--cert\)$/],
    [
      '--cert nokey.p12 --pass-file right',
      /^secret_unusable\]: there is no certificate with a private key in .*nokey.p12 \(--cert\)$/,
      /openssl pkcs12 -export/,
    ],
    [
      '--cert old.p12 --pass-file right',
      /^secret_unusable\]: .*old.p12 \(--cert\) is encrypted in an old way that OpenSSL 3 does not open \(RC2\)$/,
      /openssl pkcs12 -legacy -in OLD.p12 -nodes/,
    ],
    ['--cert broken.p12 --pass-file right', /^secret_unusable\]: .*broken.p12 \(--cert\) cannot be opened as PKCS#12$/],
    [
      '--cert client.p12 --key client.key --pass-file right',
      /^secret_unusable\]: .*client.p12 \(--cert\) is PKCS#12, which has its key in it, and not in --key$/,
      /^leave --key out$/,
    ],
    ['--auth-method tls_client_auth', /^missing_setting\]: no client certificate$/, /^give --cert FILE;/],
  ])('%s', async ([words, message, hint = /^/], { cli }) => {
    const { exitCode, stdout, stderr } = await token(cli, words);
    const [first = '', second = ''] = stderr.split('\n  hint:   ');
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(first.trimEnd().replace(/^error\[/, '')).toMatch(message);
    expect(second.trimEnd()).toMatch(hint);
    expect(stderr.split('\n').length).toBeLessThanOrEqual(3);
    expect(stderr).not.toMatch(/right$|PRIVATE KEY-----\n|pa55word|OSSL|routines|error:/);
  });

  test('a certificate that is not valid yet', async ({ cli }) => {
    await cli.writeFile('client.pem', `${files['client.pem']}${files['client.key']}`);
    cli.now = Date.parse('2020-02-02T00:00:00Z');
    const { exitCode, stderr } = await cli.run(['token', '--cert', 'client.pem'], { env });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(
      /^error\[file_unusable\]: the certificate in .*client.pem \(--cert\) is not valid before [\d:TZ-]+\n {2}hint: {3}is the clock of this machine right\?\n$/,
    );
  });

  test('a key that others may write', async ({ cli }) => {
    await cli.writeFile('client.pem', files['client.pem'] ?? '');
    chmodSync(await cli.writeFile('client.key', files['client.key'] ?? ''), 0o622);
    const { exitCode, stderr } = await cli.run(['token', '--cert', 'client.pem', '--key', 'client.key'], { env });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(
      /^error\[secret_unusable\]: other users may write to the private key file .*client.key\n {2}hint: {3}chmod 600 /,
    );
  });

  test('a PKCS#12 file that others may write, as its key is in it', async ({ cli }) => {
    chmodSync(await cli.writeFile('client.p12', files['client.p12'] ?? ''), 0o666);
    const { exitCode, stderr } = await cli.run(['token', '--cert', 'client.p12'], { env });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^error\[secret_unusable\]: other users may write to the certificate file /);
  });
});

test.for([
  '--cert open.p12 --pass-file right',
  '--cert client.p12 --pass-file right',
  '--cert client.der --key client.key',
])(
  'a certificate in another format than PEM is taken, with a password that it needs or not: %s',
  async (words, { cli }) => {
    cli.answer('POST', tokenEndpoint, { json: { access_token: 'abc', token_type: 'Bearer', expires_in: 300 } });
    expect(await token(cli, words)).toEqual({ exitCode: 0, stdout: 'abc\n', stderr: '' });
  },
);
