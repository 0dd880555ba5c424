import { X509Certificate } from 'node:crypto';
import { chmod, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { describe, expect } from 'vitest';
import { makeKey } from '../support/authentication/keys.ts';
import type { Cli } from '../support/run-in-process.ts';
import { test } from '../support/run-in-process.ts';
import { createCertificateAuthority } from '../support/tls.ts';
import { byIssuer, client, encrypt, forms, github, now, refused, sentAssertion } from './support/client-assertions.ts';
import { answerMetadata, answerToken, issuer, report, success, tokenEndpoint } from './support/scene.ts';

const rsa = makeKey('RS256');
const ec = makeKey('ES256');

describe('a private key', () => {
  test('proves who the client is', async ({ cli }) => {
    await cli.writeFile('key.pem', rsa.pem);
    answerMetadata(cli, { token_endpoint_auth_methods_supported: ['private_key_jwt', 'client_secret_basic'] });
    answerToken(cli, 'abc');

    expect(await cli.run(['token', '--private-key', 'key.pem'], { env: byIssuer })).toEqual(success('abc\n'));
    expect(decodeJwt(sentAssertion(cli))).toMatchObject({ iss: 'ci-bot', sub: 'ci-bot', aud: issuer, exp: now + 60 });
    expect(cli.requests.at(-1)?.headers.authorization).toBeUndefined();
  });

  test.for<[what: string, env: Record<string, string>, args: string[]]>([
    ['a variable', { CCGRANT_PRIVATE_KEY: 'key.pem' }, []],
    ['an option', {}, ['--private-key', 'key.pem']],
    ['standard input', {}, ['--private-key', '-']],
  ])('may be named by %s', async ([, env, args], { cli }) => {
    await cli.writeFile('key.pem', rsa.pem);
    answerMetadata(cli);
    answerToken(cli, 'abc');

    const options = args.includes('-') ? { stdin: rsa.pem } : {};
    expect(await cli.run(['token', ...args], { env: { ...byIssuer, ...env }, ...options })).toEqual(success('abc\n'));
    expect(forms(cli)[0]?.get('client_id')).toBe('ci-bot');
  });

  test('may be named by a profile, with all that belongs to it', async ({ cli }) => {
    await cli.writeFile(
      '../home/.config/ccgrant/config.toml',
      [
        '[profiles.dev]',
        `issuer = "${issuer}"`,
        'client_id = "ci-bot"',
        'private_key = "key.jwk"',
        'key_id = "k1"',
        'signing_alg = "PS384"',
        'assertion_audience = "token-endpoint"',
      ].join('\n'),
    );
    await cli.writeFile('../home/.config/ccgrant/key.jwk', rsa.pem);
    answerMetadata(cli);
    answerToken(cli, 'abc');

    expect(await cli.run(['token', '--profile', 'dev'])).toEqual(success('abc\n'));
    expect(decodeProtectedHeader(sentAssertion(cli))).toMatchObject({ alg: 'PS384', kid: 'k1' });
    expect(decodeJwt(sentAssertion(cli)).aud).toBe(tokenEndpoint);
  });

  test('that is encrypted is opened with the password of --pass-file', async ({ cli }) => {
    await cli.writeFile('key.pem', encrypt(ec.pem, 'pass phrase'));
    await cli.writeFile('pass.txt', 'pass phrase\n');
    answerMetadata(cli);
    answerToken(cli, 'abc');

    const args = ['--private-key', 'key.pem', '--pass-file', 'pass.txt'];
    expect(await cli.run(['token', ...args], { env: byIssuer })).toEqual(success('abc\n'));
    expect(decodeProtectedHeader(sentAssertion(cli)).alg).toBe('ES256');
  });

  test.for<[what: string, args: string[]]>([
    ['a client that signs', ['--private-key', 'key.pem', '--client-id', 'ci-bot']],
    ['the runner of GitHub Actions', ['--client-assertion-from', 'github-actions']],
  ])(
    'of %s is not made for the token endpoint of another server than the one it is sent to',
    async ([, args], { cli }) => {
      await cli.writeFile('key.pem', ec.pem);
      answerMetadata(cli, { token_endpoint: 'https://honest.example/token' });
      const asking = ['introspect', 'a-token', '--assertion-audience', 'token-endpoint', ...args];
      const { exitCode, stderr } = await cli.run(asking, { env: { CCGRANT_ISSUER: issuer, ...github } });
      expect({ exitCode, stderr }).toEqual({
        exitCode: 3,
        stderr: report(
          'invalid_response',
          'the assertion would be for https://honest.example/token, and be sent to as.example.com',
          { hint: 'if that is right, name it yourself: --assertion-audience URL' },
        ),
      });
      expect(cli.requests.map(({ method }) => method)).toEqual(['GET']);
    },
  );

  test('signs for whom --assertion-audience says, and then no issuer is needed', async ({ cli }) => {
    await cli.writeFile('key.pem', ec.pem);
    answerToken(cli, 'abc', {}, { times: 2 });
    const args = ['token', '--private-key', 'key.pem', '--token-endpoint', tokenEndpoint, '--no-cache'];

    await cli.run([...args, '--assertion-audience', 'https://other.example/x'], { env: client });
    await cli.run([...args, '--assertion-audience', 'token-endpoint'], { env: client });
    expect([0, 1].map((index) => decodeJwt(sentAssertion(cli, index)).aud)).toEqual([
      'https://other.example/x',
      tokenEndpoint,
    ]);
  });

  test('signs with an algorithm that the endpoint lists, which may have a list of its own', async ({ cli }) => {
    await cli.writeFile('key.pem', rsa.pem);
    const introspection = `${issuer}/introspect`;
    answerMetadata(cli, {
      token_endpoint_auth_signing_alg_values_supported: ['PS256'],
      introspection_endpoint_auth_signing_alg_values_supported: ['RS512'],
    });
    cli.answer('POST', introspection, { json: { active: true } });
    answerToken(cli, 'abc');
    const options = { env: { ...byIssuer, CCGRANT_PRIVATE_KEY: 'key.pem' } };

    await cli.run(['token'], options);
    await cli.run(['introspect', 'abc'], options);
    expect(decodeProtectedHeader(sentAssertion(cli)).alg).toBe('PS256');
    const body = new URLSearchParams(cli.requests.at(-1)?.body);
    expect(decodeProtectedHeader(body.get('client_assertion') ?? '').alg).toBe('RS512');
    expect(decodeJwt(body.get('client_assertion') ?? '').aud).toBe(issuer);
  });

  test('is named in the report of a refusal, and nothing of it is shown', async ({ cli }) => {
    await cli.writeFile('key.pem', rsa.pem);
    answerMetadata(cli);
    cli.answer('POST', tokenEndpoint, {
      status: 401,
      json: { error: 'invalid_client', error_description: 'no' },
      headers: { date: new Date((now + 312) * 1000).toUTCString() },
    });

    const env = { ...byIssuer, CCGRANT_PRIVATE_KEY: 'key.pem' };
    const { exitCode, stderr } = await cli.run(['token', '-v'], { env });
    expect(exitCode).toBe(3);
    expect(stderr).toContain('  sent:   private_key_jwt, client_id=ci-bot, private key from CCGRANT_PRIVATE_KEY\n');
    expect(stderr).toContain("  hint:   the clock of this machine is 312 s behind the server's");
    expect(stderr).not.toContain(sentAssertion(cli));
    expect(stderr).not.toContain(rsa.pem.split('\n')[1]);
  });

  test('that other users may write is not used', async ({ cli }) => {
    const path = await cli.writeFile('key.pem', rsa.pem);
    await chmod(path, 0o622);
    expect(await refused(cli, ['--private-key', 'key.pem'], byIssuer)).toMatch(
      /^error\[secret_unusable\]: other users may write to the private key file .*key\.pem\n {2}hint: {3}chmod 600/,
    );
  });

  test('is one token in the cache, and another key another one', async ({ cli }) => {
    await cli.writeFile('a.pem', rsa.pem);
    await cli.writeFile('b.pem', ec.pem);
    answerMetadata(cli);
    answerToken(cli, 'of-a');
    answerToken(cli, 'of-b');
    const run = (...args: string[]) => cli.run(['token', ...args], { env: byIssuer });

    expect(await run('--private-key', 'a.pem')).toEqual(success('of-a\n'));
    expect(await run('--private-key', 'a.pem')).toEqual(success('of-a\n'));
    expect(await run('--private-key', 'b.pem')).toEqual(success('of-b\n'));
    for (const name of await readdir(join(cli.cacheDirectory, 'tokens'))) {
      const entry = await readFile(join(cli.cacheDirectory, 'tokens', name), 'utf8');
      expect(entry).not.toContain('PRIVATE');
    }
  });
});

describe('--x5t', () => {
  /** A certificate and its key in files, and a clock that is in its time. */
  async function writeCertificate(cli: Cli): Promise<X509Certificate> {
    await using authority = await createCertificateAuthority();
    const { cert, key } = await authority.issue(['ci-bot']);
    await cli.writeFile('key.pem', key);
    await cli.writeFile('cert.pem', cert);
    cli.now = Date.now() + 1000;
    return new X509Certificate(cert);
  }

  test('names the certificate by its thumbprint, and presents it to nobody', async ({ cli }) => {
    const { fingerprint256 } = await writeCertificate(cli);
    // As the file of a private key it would be refused.
    await chmod(join(cli.directory, 'cert.pem'), 0o666);
    answerMetadata(cli);
    answerToken(cli, 'abc');

    const args = ['--private-key', 'key.pem', '--cert', 'cert.pem', '--x5t'];
    expect(await cli.run(['token', ...args], { env: byIssuer })).toEqual(success('abc\n'));
    expect(decodeProtectedHeader(sentAssertion(cli))['x5t#S256']).toBe(
      Buffer.from(fingerprint256.replaceAll(':', ''), 'hex').toString('base64url'),
    );
  });

  test('takes no certificate of another key, none that has expired, and none that is none', async ({ cli }) => {
    await writeCertificate(cli);
    await cli.writeFile('other.pem', rsa.pem);
    await cli.writeFile('no.pem', 'hunter22');
    const args = ['--token-endpoint', tokenEndpoint, '--cert', 'cert.pem', '--x5t', '--private-key'];
    const refuse = (...more: string[]) => refused(cli, [...args, ...more], byIssuer);

    expect(await refuse('other.pem')).toMatch(
      /the private key in .*other\.pem \(--private-key\) is not the key of the certificate in .*cert\.pem \(--cert\)/,
    );
    expect(await refuse('key.pem', '--cert', 'no.pem')).toMatch(/there is no certificate in .*no\.pem \(--cert\)/);
    expect(await refuse('key.pem', '--cert', 'gone.pem')).toMatch(/gone\.pem \(--cert\) does not exist/);
    cli.now += 3 * 86_400_000;
    expect(await refuse('key.pem')).toMatch(/the certificate in .*cert\.pem \(--cert\) expired \d{4}-/);
    cli.now -= 6 * 86_400_000;
    expect(await refuse('key.pem')).toMatch(/is not valid before/);
  });
});
