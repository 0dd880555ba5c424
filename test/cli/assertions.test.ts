import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { chmod, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { describe, expect } from 'vitest';
import { makeKey } from '../support/authentication/keys.ts';
import type { Cli } from '../support/run-in-process.ts';
import { test } from '../support/run-in-process.ts';
import { createCertificateAuthority } from '../support/tls.ts';
import { answerMetadata, answerToken, issuer, secret, success, tokenEndpoint } from './support/scene.ts';
import { unsignedToken } from './support/signing.ts';

const rsa = makeKey('RS256');
const ec = makeKey('ES256');
const now = Date.parse('2026-01-01T00:00:00Z') / 1000;
const client = { CCGRANT_CLIENT_ID: 'ci-bot' };
const byIssuer = { ...client, CCGRANT_ISSUER: issuer };
const foreign = unsignedToken({ iss: 'https://kubernetes.default.svc', sub: 'system:sa', exp: now + 600 });
const githubUrl = 'https://runner.example.com/idtoken?api-version=2.0';
const github = { ACTIONS_ID_TOKEN_REQUEST_URL: githubUrl, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'runner-token-1' };

/** The forms that were sent to the token endpoint. */
function forms(cli: Cli): URLSearchParams[] {
  return cli.requests.filter(({ url }) => url === tokenEndpoint).map(({ body }) => new URLSearchParams(body));
}

function sentAssertion(cli: Cli, index = 0): string {
  return forms(cli)[index]?.get('client_assertion') ?? '';
}

/** Runs a command that must be refused before anything that proves something is sent, with exit code 2. */
async function refused(cli: Cli, args: readonly string[], env: Readonly<Record<string, string>>, stdin?: string) {
  const { stderr, ...rest } = await cli.run(['token', ...args], { env, ...(stdin === undefined ? {} : { stdin }) });
  expect(rest, stderr).toEqual({ exitCode: 2, stdout: '' });
  expect(cli.requests.filter(({ method }) => method === 'POST')).toEqual([]);
  return stderr;
}

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

    expect(await refuse('other.pem')).toMatch(/cert\.pem \(--cert\) is not the one of --private-key/);
    expect(await refuse('key.pem', '--cert', 'no.pem')).toMatch(/no\.pem \(--cert\) cannot be read/);
    expect(await refuse('key.pem', '--cert', 'gone.pem')).toMatch(/gone\.pem \(--cert\) cannot be read \(ENOENT\)/);
    cli.now += 3 * 86_400_000;
    expect(await refuse('key.pem')).toMatch(/has expired/);
    cli.now -= 6 * 86_400_000;
    expect(await refuse('key.pem')).toMatch(/is not valid before/);
  });
});

describe("somebody else's assertion", () => {
  test('is sent as it is, and needs no client id', async ({ cli }) => {
    await cli.writeFile('token', `${foreign}\n`);
    answerMetadata(cli, { token_endpoint_auth_methods_supported: ['client_secret_basic'] });
    answerToken(cli, 'abc');

    expect(await cli.run(['token', '--client-assertion-file', 'token'], { env: { CCGRANT_ISSUER: issuer } })).toEqual(
      success('abc\n'),
    );
    expect(Object.fromEntries(forms(cli)[0] ?? [])).toEqual({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: foreign,
    });
  });

  test.for([
    ['jwt-spiffe', 'urn:ietf:params:oauth:client-assertion-type:jwt-spiffe'],
    ['urn:example:other', 'urn:example:other'],
  ])('of the type %s, with a client id that was given', async ([type = '', urn], { cli }) => {
    await cli.writeFile('token', foreign);
    answerMetadata(cli);
    answerToken(cli, 'abc');
    const env = { ...byIssuer, CCGRANT_CLIENT_ASSERTION_FILE: 'token' };

    await cli.run(['token', '--client-assertion-type', type], { env });
    expect(forms(cli)[0]?.get('client_assertion_type')).toBe(urn);
    expect(forms(cli)[0]?.get('client_id')).toBe('ci-bot');
  });

  test('is read anew for each request, and a file that was replaced is the same client to the cache', async ({
    cli,
  }) => {
    const other = unsignedToken({ sub: 'system:sa', exp: now + 6000 });
    await cli.writeFile('token', foreign);
    answerMetadata(cli);
    answerToken(cli, 'abc');
    answerMetadata(cli);
    answerToken(cli, 'def');
    const env = { CCGRANT_ISSUER: issuer, CCGRANT_CLIENT_ASSERTION_FILE: 'token' };

    expect(await cli.run(['token'], { env })).toEqual(success('abc\n'));
    await cli.writeFile('token', other);
    expect(await cli.run(['token'], { env })).toEqual(success('abc\n'));
    expect(await cli.run(['token', '--fresh'], { env })).toEqual(success('def\n'));
    expect([0, 1].map((index) => sentAssertion(cli, index))).toEqual([foreign, other]);
  });

  test('comes from a command of a profile', async ({ cli }) => {
    const command = JSON.stringify([process.execPath, '-e', `process.stdout.write(${JSON.stringify(foreign)})`]);
    await cli.writeFile(
      '../home/.config/ccgrant/config.toml',
      `[profiles.dev]\nissuer = "${issuer}"\nclient_assertion_command = ${command}\n`,
    );
    answerMetadata(cli);
    answerToken(cli, 'abc');

    expect(await cli.run(['token', '--profile', 'dev'])).toEqual(success('abc\n'));
    expect(sentAssertion(cli)).toBe(foreign);
  });

  test('comes from the runner of GitHub Actions, asked with its token for the audience', async ({ cli }) => {
    answerMetadata(cli);
    cli.answer('GET', `${githubUrl}&audience=${encodeURIComponent(issuer)}`, { json: { value: foreign, count: 1 } });
    answerToken(cli, 'abc');
    const env = { CCGRANT_ISSUER: issuer, ...github };

    const { exitCode, stdout, stderr } = await cli.run(['token', '-v', '--client-assertion-from', 'github-actions'], {
      env,
    });
    expect({ exitCode, stdout }, stderr).toEqual({ exitCode: 0, stdout: 'abc\n' });
    expect(sentAssertion(cli)).toBe(foreign);
    expect(cli.requests[1]?.headers.authorization).toBe('Bearer runner-token-1');
    expect(stderr).not.toContain('runner-token-1');
    expect(stderr).not.toContain(foreign);
  });

  test('of GitHub Actions leaves no trace of the token that it was asked with', async ({ cli }) => {
    answerMetadata(cli);
    cli.answer('GET', `${githubUrl}&audience=${encodeURIComponent(issuer)}`, { json: { value: foreign } });
    cli.answer('POST', tokenEndpoint, {
      status: 400,
      json: { error: 'invalid_client', error_description: `${github.ACTIONS_ID_TOKEN_REQUEST_TOKEN} ${foreign}` },
    });
    const { exitCode, stderr } = await cli.run(['token', '--client-assertion-from', 'github-actions'], {
      env: { CCGRANT_ISSUER: issuer, ...github },
    });
    expect(exitCode).toBe(3);
    expect(stderr).toContain('"[secret] [assertion]"');
    expect(stderr).toContain('iss https://kubernetes.default.svc, sub system:sa');
  });

  test('of GitHub Actions is of one job only: another job gets a token of its own', async ({ cli }) => {
    answerMetadata(cli);
    for (const job of ['1', '2']) {
      cli.answer('GET', `https://runner.example.com/job-${job}?audience=${encodeURIComponent(issuer)}`, {
        json: { value: foreign },
      });
      answerToken(cli, `of-job-${job}`);
    }
    const run = (job: string) =>
      cli.run(['token', '--client-assertion-from', 'github-actions'], {
        env: {
          CCGRANT_ISSUER: issuer,
          ...github,
          ACTIONS_ID_TOKEN_REQUEST_URL: `https://runner.example.com/job-${job}`,
        },
      });

    expect(await run('1')).toEqual(success('of-job-1\n'));
    expect(await run('1')).toEqual(success('of-job-1\n'));
    expect(await run('2')).toEqual(success('of-job-2\n'));
  });

  test('that GitHub Actions does not give is a failure that says so', async ({ cli }) => {
    answerMetadata(cli);
    cli.answer('GET', `${githubUrl}&audience=${encodeURIComponent(issuer)}`, { status: 403, body: 'no' });
    const { exitCode, stderr } = await cli.run(['token', '--client-assertion-from', 'github-actions'], {
      env: { CCGRANT_ISSUER: issuer, ...github },
    });
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(
      /GitHub Actions gave no ID token.*\n.*403 from GET https:\/\/runner\.example\.com\/idtoken\n.*id-token: write/,
    );
  });

  test('that introspects a token in vain is named without a client id', async ({ cli }) => {
    await cli.writeFile('token', foreign);
    answerMetadata(cli);
    cli.answer('POST', `${issuer}/introspect`, { json: { active: false } });
    const token = unsignedToken({ iss: issuer, aud: 'api', exp: now + 60 });

    const { exitCode, stderr } = await cli.run(['introspect', token, '--client-assertion-file', 'token'], {
      env: { CCGRANT_ISSUER: issuer },
    });
    expect(exitCode).toBe(5);
    expect(stderr).toContain("this client is not in the token's aud");
  });
});

test('a key, a secret and an assertion in the same file are three clients to the cache', async ({ cli }) => {
  answerMetadata(cli);
  answerToken(cli, 'by-key');
  await cli.writeFile('file', ec.pem);
  const run = (option: string) => cli.run(['token', option, 'file'], { env: byIssuer });

  expect(await run('--private-key')).toEqual(success('by-key\n'));
  const fault = async (option: string) => /: (.*)\n/.exec((await run(option)).stderr)?.[1];
  expect(await fault('--client-secret-file')).toMatch(/is a private key$/);
  expect(await fault('--client-assertion-file')).toMatch(/is no JWT$/);
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
    ['an encrypted key without its password', ['--private-key', 'encrypted.pem'], /is encrypted\n.*--pass-file FILE/],
    [
      'the wrong password',
      ['--private-key', 'encrypted.pem', '--pass-file', 'wrong.txt'],
      /cannot be decrypted with the password/,
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
    ['a public key', ['--private-key', 'public.pem'], /there is no private key in .*public\.pem.*\n.*is a public key/],
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

function encrypt(pem: string, passphrase: string): string {
  const options = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase } as const;
  return createPrivateKey(pem).export(options).toString();
}
