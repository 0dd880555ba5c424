import { createPrivateKey, createPublicKey } from 'node:crypto';
import { describe, expect } from 'vitest';
import { makeKey } from '../support/authentication/keys.ts';
import { test } from '../support/run-in-process.ts';
import { byIssuer, encrypt, foreign, now, refused } from './support/client-assertions.ts';
import { answerMetadata, answerToken, issuer, secret, success, tokenEndpoint } from './support/scene.ts';
import { unsignedToken } from './support/signing.ts';

const rsa = makeKey('RS256');
const ec = makeKey('ES256');

test('a secret, a key and an assertion in the same file are three clients to the cache', async ({ cli }) => {
  answerMetadata(cli);
  answerToken(cli, 'by-key');
  await cli.writeFile('file', ec.pem);
  const run = (option: string) => cli.run(['token', option, 'file'], { env: byIssuer });

  expect(await run('--private-key')).toEqual(success('by-key\n'));
  for (const [option, fault] of [
    ['--client-secret-file', 'is a private key'],
    ['--client-assertion-file', 'is no JWT'],
  ] as const) {
    const { exitCode, stderr } = await run(option);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(fault);
  }
});

describe('bad input is refused before anything is sent:', () => {
  type Row = [what: string, args: string[], message: RegExp, env?: Record<string, string>];
  const key = ['--private-key', 'rsa.pem'];
  const assertion = ['--client-assertion-file', 'assertion.jwt'];

  test.for<Row>([
    [
      'a key that is not there',
      ['--private-key', 'keys/none.pem'],
      /private key file .*keys\/none\.pem .* does not exist\n.*not the private key/,
    ],
    [
      'a key in place of its path',
      ['--private-key', rsa.pem],
      /--private-key takes the path of a file, not what is in it/,
    ],
    ['a JWK in place of its path', ['--private-key', '{"kty":"RSA"}'], /--private-key takes the path of a file/],
    [
      'a key in the variable of its path',
      [],
      /CCGRANT_PRIVATE_KEY takes the path of a file/,
      { CCGRANT_PRIVATE_KEY: rsa.pem },
    ],
    [
      'an assertion in place of its path',
      ['--client-assertion-file', foreign],
      /--client-assertion-file takes the path of a file/,
    ],
    ['an empty key', ['--private-key', 'empty'], /the private key in .*empty \(--private-key\) is empty/],
    ['a binary key', ['--private-key', 'key.der'], /is not UTF-8 text\n.*PEM or JWK/],
    [
      'an encrypted key without its password',
      ['--private-key', 'encrypted.pem'],
      /is encrypted, and no password is given\n.*--pass-file FILE/,
    ],
    [
      'the wrong password',
      ['--private-key', 'encrypted.pem', '--pass-file', 'wrong.txt'],
      /the password does not open the private key in .*encrypted\.pem/,
    ],
    [
      'a password that is not there',
      ['--private-key', 'encrypted.pem', '--pass-file', 'gone.txt'],
      /password file .*gone\.txt .*does not exist/,
    ],
    [
      'a password of nothing',
      ['--client-secret-file', 'secret.txt', '--pass-file', 'wrong.txt'],
      /--pass-file is the password of a private key, and none is given/,
    ],
    [
      'a public key',
      ['--private-key', 'public.pem'],
      /there is no private key in .*public\.pem .*\n.*it holds the public key/,
    ],
    ['an algorithm of another key', [...key, '--signing-alg', 'ES256'], /an RSA key cannot sign with ES256\n.*RS256/],
    [
      'an algorithm that is none',
      [...key, '--signing-alg', 'rs256'],
      /--signing-alg takes one of HS256|--signing-alg takes one of/,
    ],
    [
      'an audience that is none',
      [...key, '--assertion-audience', 'token_endpoint'],
      /--assertion-audience takes issuer, token-endpoint or a URL/,
    ],
    [
      'no known audience',
      ['--token-endpoint', tokenEndpoint, ...key],
      /no audience for the assertion is known.*\n.*--issuer URL/,
      { CCGRANT_ISSUER: '' },
    ],
    ['a certificate that is not given', [...key, '--x5t'], /--x5t names a certificate, and none is given/],
    [
      'a thumbprint without a key',
      ['--client-secret-file', 'secret.txt', '--cert', 'public.pem', '--x5t'],
      /--x5t is of no use with a client secret/,
    ],
    [
      'a key id with a secret',
      ['--client-secret-file', 'secret.txt', '--key-id', 'k'],
      /--key-id is of no use with a client secret \(--client-secret-file\)\n.*--private-key/,
    ],
    [
      'a type without an assertion',
      [...key, '--client-assertion-type', 'jwt-bearer'],
      /--client-assertion-type is of no use with a client private key/,
    ],
    [
      'a type that is none',
      [...assertion, '--client-assertion-type', 'jwt'],
      /--client-assertion-type takes jwt-bearer, jwt-spiffe or a URN/,
    ],
    [
      'two credentials',
      [...key, ...assertion],
      /--private-key and --client-assertion-file are both set|--client-assertion-file and --private-key are both set/,
    ],
    ['a key for another method', [...key, '--auth-method', 'client_secret_basic'], /no client secret/],
    [
      'a secret for another method',
      ['--client-secret-file', 'secret.txt', '--auth-method', 'private_key_jwt'],
      /no client private key.*\n.*--private-key FILE/,
    ],
    [
      'a short secret',
      ['--client-secret-file', 'secret.txt', '--auth-method', 'client_secret_jwt'],
      /client_secret_jwt cannot be used: the secret has 8 bytes, fewer than the 32 that HS256 needs/,
    ],
    [
      'a private key as the secret',
      ['--client-secret-file', 'rsa.pem'],
      /secret_unusable\]: the secret in .*rsa\.pem \(--client-secret-file\) is a private key\n.*--private-key FILE/,
    ],
    [
      'the same in a variable',
      [],
      /secret_unusable\]: the secret in CCGRANT_CLIENT_SECRET is a private key\n.*--private-key FILE/,
      { CCGRANT_CLIENT_SECRET: rsa.pem },
    ],
    [
      'a public key as the secret',
      ['--client-secret-file', 'public.pem'],
      /the secret in .* is a public key\n.*--private-key FILE/,
    ],
    [
      'a JWK as the secret of an assertion',
      ['--auth-method', 'client_secret_jwt'],
      /the secret in CCGRANT_CLIENT_SECRET is a private key\n.*--private-key FILE/,
      { CCGRANT_CLIENT_SECRET: JSON.stringify(createPrivateKey(rsa.pem).export({ format: 'jwk' })) },
    ],
    [
      'PKCS#12 as the secret',
      ['--client-secret-file', 'client.p12'],
      /the secret in .*client\.p12 \(--client-secret-file\) is not UTF-8 text\n.*it is PKCS#12, and belongs to --cert FILE/,
    ],
    ['an empty assertion', ['--client-assertion-file', 'empty'], /the assertion in .*empty .* is empty/],
    [
      'an assertion that is no JWT',
      ['--client-assertion-file', 'secret.txt'],
      /the assertion from --client-assertion-file is no JWT/,
    ],
    [
      'an expired assertion',
      ['--client-assertion-file', 'expired.jwt'],
      /the assertion from --client-assertion-file expired 30 s ago/,
    ],
    [
      'GitHub Actions elsewhere',
      ['--client-assertion-from', 'github-actions'],
      /this is no job of GitHub Actions.*\n.*id-token: write/,
    ],
    [
      'another place for assertions',
      ['--client-assertion-from', 'gitlab'],
      /--client-assertion-from takes one of github-actions/,
    ],
    ['standard input twice', ['--private-key', '-', '--pass-file', '-'], /standard input cannot be both/],
    [
      'an assertion as the value of an option',
      ['--client-assertion', foreign],
      /secret_on_command_line.*\n.*--client-assertion-file/,
    ],
    [
      'an attestation as the value of an option',
      ['--client-attestation', 'eyJhbGciOiJub25lIn0.e30.'],
      /secret_on_command_line.*\n.*--client-attestation-file FILE or CCGRANT_CLIENT_ATTESTATION_FILE\n/,
    ],
    ['a password as the value of an option', ['--passphrase', 'hunter22'], /secret_on_command_line.*\n.*--pass-file/],
    [
      'a password as the value of another option',
      ['--private-key-password=hunter22'],
      /secret_on_command_line.*\n.*--pass-file/,
    ],
  ])('%s', async ([, args, message, env = {}], { cli }) => {
    await cli.writeFile('rsa.pem', rsa.pem);
    await cli.writeFile('client.p12', Buffer.from('3082010002010330820100', 'hex'));
    await cli.writeFile('empty', '\n');
    await cli.writeFile('secret.txt', 'hunter22');
    await cli.writeFile('wrong.txt', 'hunter22');
    await cli.writeFile('assertion.jwt', foreign);
    await cli.writeFile('expired.jwt', unsignedToken({ sub: 'x', exp: now - 30 }));
    await cli.writeFile('key.der', createPrivateKey(rsa.pem).export({ type: 'pkcs8', format: 'der' }));
    await cli.writeFile('public.pem', createPublicKey(rsa.pem).export({ type: 'spki', format: 'pem' }));
    await cli.writeFile('encrypted.pem', encrypt(rsa.pem, 'right'));

    const stderr = await refused(cli, args, { ...byIssuer, CCGRANT_TOKEN_ENDPOINT: tokenEndpoint, ...env });
    expect(cli.requests).toEqual([]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('hunter22');
    expect(stderr).not.toContain(foreign);
    expect(stderr).not.toContain(rsa.pem.split('\n')[1]);
  });

  test.for<[what: string, args: string[]]>([
    ['a key', ['--private-key', 'public.pem']],
    ['an algorithm of another key', ['--private-key', 'rsa.pem', '--signing-alg', 'ES256']],
    ['a key for proofs of possession', ['--client-secret-file', 'public.pem', '--dpop-key', 'public.pem']],
    ['an assertion', ['--client-assertion-file', 'expired.jwt']],
    ['the runner', ['--client-assertion-from', 'github-actions']],
  ])('%s that is of no use, before the metadata is asked for', async ([, args], { cli }) => {
    await cli.writeFile('rsa.pem', rsa.pem);
    await cli.writeFile('public.pem', createPublicKey(rsa.pem).export({ type: 'spki', format: 'pem' }));
    await cli.writeFile('expired.jwt', unsignedToken({ sub: 'x', exp: now - 30 }));
    await refused(cli, args, byIssuer);
    expect(cli.requests).toEqual([]);
  });

  test('an algorithm that the metadata does not list', async ({ cli }) => {
    await cli.writeFile('rsa.pem', rsa.pem);
    answerMetadata(cli, { token_endpoint_auth_signing_alg_values_supported: ['ES256', 'PS256'] });
    expect(await refused(cli, [...key, '--signing-alg', 'RS256'], byIssuer)).toMatch(
      /this server takes no assertion signed with RS256\n {2}hint: {3}it lists ES256, PS256/,
    );
  });
});

describe('a credential of a profile', () => {
  test.for([
    ['private_key', '--private-key'],
    ['client_assertion_file', '--client-assertion-file'],
  ])("%s goes to that profile's server only, and the hint names %s", async ([name, option], { cli }) => {
    await cli.writeFile(
      '../home/.config/ccgrant/config.toml',
      `[profiles.dev]\nissuer = "${issuer}"\nclient_id = "ci-bot"\n${name} = "file"\n`,
    );
    expect(await refused(cli, ['--profile', 'dev', '--issuer', 'https://other.example'], {})).toMatch(
      new RegExp(
        `error\\[credential_misplaced\\]: ${name} in profile dev is not meant for --issuer\n.*give ${option} too`,
      ),
    );
  });

  test('gives way to a key that was said, and -v says so', async ({ cli }) => {
    await cli.writeFile('key.pem', ec.pem);
    answerMetadata(cli);
    answerToken(cli, 'abc');
    const env = { ...byIssuer, CCGRANT_CLIENT_SECRET: secret };
    const { exitCode, stderr } = await cli.run(['token', '-v', '--private-key', 'key.pem'], { env });
    expect(exitCode).toBe(0);
    expect(stderr).toContain('* private key from --private-key, not from CCGRANT_CLIENT_SECRET\n');
  });
});
