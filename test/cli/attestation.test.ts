import { decodeJwt, decodeProtectedHeader } from 'jose';
import { describe, expect, vi } from 'vitest';
import { makeKey } from '../support/authentication/keys.ts';
import type { Cli } from '../support/run-in-process.ts';
import { test } from '../support/run-in-process.ts';
import { byIssuer, encrypt, forms, now, refused, sentAssertion } from './support/client-assertions.ts';
import { answerMetadata, answerToken, issuer, report, secret, success, tokenEndpoint } from './support/scene.ts';
import { unsignedToken } from './support/signing.ts';

const instance = makeKey('ES256');
const other = makeKey('ES256');
const header = { alg: 'ES256', typ: 'oauth-client-attestation+jwt' };
const good = attest();
const env = { CCGRANT_ISSUER: issuer, CCGRANT_PRIVATE_KEY: 'key.pem', CCGRANT_CLIENT_ATTESTATION_FILE: 'good.jwt' };
const listed = {
  token_endpoint_auth_methods_supported: ['client_secret_basic', 'private_key_jwt', 'attest_jwt_client_auth'],
};

function attest(claims: object = {}, otherHeader: object = {}): string {
  const said = { iss: 'https://attester.example', sub: 'ci-bot', iat: now - 60, exp: now + 600 };
  return unsignedToken({ ...said, cnf: { jwk: instance.publicJwk }, ...claims }, { ...header, ...otherHeader });
}

/** The attestation and the proof of each request to the token endpoint. */
function sent(cli: Cli): { readonly attestation: string; readonly proof: string }[] {
  return cli.requests
    .filter(({ url }) => url === tokenEndpoint)
    .map(({ headers }) => ({
      attestation: headers['oauth-client-attestation'] ?? '',
      proof: headers['oauth-client-attestation-pop'] ?? '',
    }));
}

async function writeFiles(cli: Cli): Promise<void> {
  await cli.writeFile('key.pem', instance.pem);
  await cli.writeFile('good.jwt', `${good}\n`);
}

describe('an attestation', () => {
  test.for<[what: string, args: string[], env: Record<string, string>, stdin?: string]>([
    ['options', ['--private-key', 'key.pem', '--client-attestation-file', 'good.jwt'], {}],
    ['variables', [], env],
    [
      'options instead of variables',
      ['--private-key', 'key.pem', '--client-attestation-file', 'good.jwt'],
      { CCGRANT_PRIVATE_KEY: 'no.pem', CCGRANT_CLIENT_ATTESTATION_FILE: 'no.jwt' },
    ],
    ['one of each', ['--client-attestation-file', 'good.jwt'], { CCGRANT_PRIVATE_KEY: 'key.pem' }],
    ['a variable and the option of its key', ['--private-key', 'key.pem'], { ...env, CCGRANT_PRIVATE_KEY: '' }],
    ['standard input', ['--client-attestation-file', '-'], { CCGRANT_PRIVATE_KEY: 'key.pem' }, good],
    ['an option, its key by standard input', ['--private-key', '-'], env, instance.pem],
    [
      'an option instead of a secret',
      ['--client-attestation-file', 'good.jwt'],
      { ...env, CCGRANT_CLIENT_SECRET: secret },
    ],
  ])('named by %s proves who the client is, together with its key', async ([, args, named, stdin], { cli }) => {
    await writeFiles(cli);
    answerMetadata(cli, listed);
    answerToken(cli, 'abc');
    const options = stdin === undefined ? {} : { stdin };
    expect(await cli.run(['token', ...args], { env: { CCGRANT_ISSUER: issuer, ...named }, ...options })).toEqual(
      success('abc\n'),
    );
    const [{ attestation, proof } = { attestation: '', proof: '' }] = sent(cli);
    expect(attestation).toBe(good);
    expect(decodeJwt(proof)).toMatchObject({ aud: issuer, iss: 'ci-bot', iat: now });
    expect(Object.fromEntries(forms(cli)[0] ?? [])).toEqual({ grant_type: 'client_credentials', client_id: 'ci-bot' });
    expect(cli.requests.at(-1)?.headers.authorization).toBeUndefined();
  });

  test('may be named by a profile, with a key that is encrypted', async ({ cli }) => {
    const profile = [
      '[profiles.dev]',
      `issuer = "${issuer}"`,
      'client_id = "ci-bot"',
      'private_key = "key.pem"',
      'pass_file = "pass.txt"',
      'client_attestation_file = "good.jwt"',
      'assertion_audience = "token-endpoint"',
    ];
    await cli.writeFile('../home/.config/ccgrant/config.toml', profile.join('\n'));
    await cli.writeFile('../home/.config/ccgrant/key.pem', encrypt(instance.pem, 'pass phrase'));
    await cli.writeFile('../home/.config/ccgrant/pass.txt', 'pass phrase');
    await cli.writeFile('../home/.config/ccgrant/good.jwt', good);
    answerMetadata(cli, listed);
    answerToken(cli, 'abc');
    expect(await cli.run(['token', '--profile', 'dev'])).toEqual(success('abc\n'));
    expect(decodeJwt(sent(cli)[0]?.proof ?? '').aud).toBe(tokenEndpoint);
  });

  test("of a profile goes to that profile's server only", async ({ cli }) => {
    const profile = ['[profiles.dev]', `issuer = "${issuer}"`, 'client_attestation_file = "good.jwt"'];
    await cli.writeFile('../home/.config/ccgrant/config.toml', profile.join('\n'));
    await writeFiles(cli);
    const args = ['--profile', 'dev', '--issuer', 'https://other.example', '--private-key', 'key.pem'];
    expect(await refused(cli, args, {})).toMatch(
      /error\[credential_misplaced\]: client_attestation_file in profile dev .*\n.*give --client-attestation-file too/,
    );
  });

  test("of somewhere else takes a profile's key to that profile's server only", async ({ cli }) => {
    const profile = ['[profiles.dev]', `issuer = "${issuer}"`, 'private_key = "key.pem"'];
    await cli.writeFile('../home/.config/ccgrant/config.toml', profile.join('\n'));
    await cli.writeFile('../home/.config/ccgrant/key.pem', instance.pem);
    await writeFiles(cli);
    const args = ['--profile', 'dev', '--issuer', 'https://other.example', '--client-attestation-file', 'good.jwt'];
    expect(await refused(cli, args, {})).toMatch(
      /error\[credential_misplaced\]: private_key in profile dev .*\n.*give --private-key too/,
    );
  });

  test('has the rank of its key, where that is the higher one', async ({ cli }) => {
    const profile = [
      'default_profile = "dev"',
      '[profiles.dev]',
      `issuer = "${issuer}"`,
      'client_attestation_file = "good.jwt"',
    ];
    await cli.writeFile('../home/.config/ccgrant/config.toml', profile.join('\n'));
    await cli.writeFile('../home/.config/ccgrant/good.jwt', good);
    await writeFiles(cli);
    answerMetadata(cli, listed);
    answerToken(cli, 'abc');
    const variables = { CCGRANT_CLIENT_SECRET: secret };
    expect(await cli.run(['token', '--private-key', 'key.pem'], { env: variables })).toEqual(success('abc\n'));
    expect(sent(cli)[0]?.attestation).toBe(good);
  });

  test('of a variable makes no choice between a typed key and a typed secret', async ({ cli }) => {
    await writeFiles(cli);
    await cli.writeFile('secret.txt', secret);
    const args = ['--client-secret-file', 'secret.txt', '--private-key', 'key.pem'];
    expect(await refused(cli, args, { ...env, CCGRANT_PRIVATE_KEY: '' })).toMatch(
      /error\[credential_conflict\]: --client-secret-file and CCGRANT_CLIENT_ATTESTATION_FILE are both set\n/,
    );
  });

  test('leaves its key to another method that is asked for', async ({ cli }) => {
    await writeFiles(cli);
    answerMetadata(cli, listed);
    answerToken(cli, 'abc');
    const asked = ['token', '--auth-method', 'private_key_jwt', '--client-id', 'ci-bot'];
    expect(await cli.run(asked, { env })).toEqual(success('abc\n'));
    expect(sent(cli)).toEqual([{ attestation: '', proof: '' }]);
    expect(decodeJwt(sentAssertion(cli)).iss).toBe('ci-bot');
  });

  test('is proved by an algorithm that is listed for it', async ({ cli }) => {
    const rsa = makeKey('RS256');
    await cli.writeFile('key.pem', rsa.pem);
    await cli.writeFile('good.jwt', attest({ cnf: { jwk: rsa.publicJwk } }));
    answerMetadata(cli, {
      ...listed,
      token_endpoint_auth_signing_alg_values_supported: ['RS512'],
      client_attestation_pop_signing_alg_values_supported: ['ES256', 'PS256'],
    });
    answerToken(cli, 'abc');
    expect(await cli.run(['token'], { env })).toEqual(success('abc\n'));
    expect(decodeProtectedHeader(sent(cli)[0]?.proof ?? '').alg).toBe('PS256');
  });

  test('is sent once more with the challenge that the server wants answered, and by a proof of its own', async ({
    cli,
  }) => {
    await writeFiles(cli);
    answerMetadata(cli, listed);
    cli.answer('POST', tokenEndpoint, {
      status: 400,
      json: { error: 'use_attestation_challenge' },
      headers: { 'OAuth-Client-Attestation-Challenge': 'ch-1' },
    });
    answerToken(cli, 'abc');
    expect(await cli.run(['token'], { env })).toEqual(success('abc\n'));
    const [first, second] = sent(cli).map(({ proof }) => decodeJwt(proof));
    expect([first?.challenge, second?.challenge]).toEqual([undefined, 'ch-1']);
    expect(second?.jti).not.toBe(first?.jti);
  });

  test('is in no output, nor is the proof or the key, whatever the server says', async ({ cli }) => {
    await writeFiles(cli);
    answerMetadata(cli, listed);
    cli.answer('POST', tokenEndpoint, {
      status: 400,
      json: { error: 'invalid_client_attestation', error_description: `what is ${good}` },
    });
    const { exitCode, stdout, stderr } = await cli.run(['token', '-v'], { env });
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toMatch(/> oauth-client-attestation-pop: \[proof\]/i);
    for (const { attestation, proof } of sent(cli)) {
      for (const part of [
        ...attestation.split('.').slice(1, 2),
        ...proof.split('.').slice(1),
        instance.pem.split('\n')[1],
      ])
        expect(stderr).not.toContain(part);
    }
    expect(stderr).toContain(
      report('invalid_client_attestation', 'the authorization server refused the request', {
        server: `400 from POST ${tokenEndpoint}: "what is [attestation]"`,
        sent: 'attest_jwt_client_auth, client_id=ci-bot, attestation from CCGRANT_CLIENT_ATTESTATION_FILE',
        hint: `does the server trust https://attester.example, who signed the attestation, and is ci-bot registered for this method? the other usual reason is aud of the proof, which was ${issuer}: try --assertion-audience token-endpoint`,
      }),
    );
  });

  test('is read anew for each try, and one that is of no use by then is not sent', async ({ cli }) => {
    await writeFiles(cli);
    answerMetadata(cli, listed);
    for (let tries = 0; tries < 2; tries += 1) cli.answer('POST', tokenEndpoint, { status: 503, delay: 200 });
    const running = cli.run(['token'], { env });
    const newer = attest({ iat: now - 1 });
    await vi.waitUntil(() => sent(cli).length === 1);
    await cli.writeFile('good.jwt', newer);
    await vi.waitUntil(() => sent(cli).length === 2);
    await cli.writeFile('good.jwt', attest({ sub: 'cd-bot' }));
    const { exitCode, stderr } = await running;
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: expect.stringContaining('is about the client cd-bot, not ci-bot'),
    });
    expect(sent(cli).map(({ attestation }) => attestation)).toEqual([good, newer]);
  });
});

describe('to the cache', () => {
  test('an attestation that was replaced is the same client, another file or key is another one', async ({ cli }) => {
    await writeFiles(cli);
    answerMetadata(cli, listed);
    for (const token of ['one', 'two', 'three', 'four']) answerToken(cli, token);
    const run = (...args: string[]) => cli.run(['token', ...args], { env });
    expect(await run()).toEqual(success('one\n'));
    await cli.writeFile('good.jwt', attest({ iat: now - 1 }));
    expect(await run()).toEqual(success('one\n'));
    await cli.writeFile('other.jwt', good);
    expect(await run('--client-attestation-file', 'other.jwt')).toEqual(success('two\n'));
    await cli.writeFile('key2.pem', instance.pem);
    expect(await run('--private-key', 'key2.pem')).toEqual(success('three\n'));
    // The same name, and another instance of the client.
    await cli.writeFile('key.pem', other.pem);
    await cli.writeFile('good.jwt', attest({ cnf: { jwk: other.publicJwk } }));
    expect(await run()).toEqual(success('four\n'));
  });

  test('a key by standard input is told from another one', async ({ cli }) => {
    await writeFiles(cli);
    await cli.writeFile('other.jwt', attest({ cnf: { jwk: other.publicJwk } }));
    answerMetadata(cli, listed);
    answerToken(cli, 'one');
    answerToken(cli, 'two');
    const run = (stdin: string) => cli.run(['token', '--private-key', '-'], { env, stdin });
    expect(await run(instance.pem)).toEqual(success('one\n'));
    expect(await run(instance.pem)).toEqual(success('one\n'));
    await cli.writeFile('good.jwt', attest({ cnf: { jwk: other.publicJwk } }));
    expect(await run(other.pem)).toEqual(success('two\n'));
  });
});

describe('is refused before anything is sent:', () => {
  const file = (name: string): string[] => ['--client-attestation-file', name];

  test.for<[what: string, args: string[], message: RegExp, env?: Record<string, string>]>([
    ['an attestation that is not there', file('gone.jwt'), /attestation file .*gone\.jwt .*does not exist/],
    ['an attestation in place of its path', file(good), /--client-attestation-file takes the path of a file/],
    ['an empty one', file('empty'), /the attestation in .*empty \(--client-attestation-file\) is empty/],
    ['one that is no JWT', file('key.pem'), /the attestation from --client-attestation-file is no JWT\n.*bare token/],
    ['one that has expired', file('expired.jwt'), /the attestation from .* expired 30 s ago\n.*replace it in time/],
    ['one of another type', file('type.jwt'), /is no client attestation: its typ is JWT\n.*--client-assertion-file/],
    ['one of another key', file('key.jwt'), /is about another key than that in .*key\.pem \(.*\).*\n.*private_key_jwt/],
    ['one of another client', file('client.jwt'), /is about the client cd-bot, not ci-bot\n.*--client-id/, byIssuer],
    [
      'one without its key',
      [],
      /no private key is given beside CCGRANT_CLIENT_ATTE.*\n.*--private-key FILE/,
      {
        CCGRANT_PRIVATE_KEY: '',
      },
    ],
    [
      'a key without its attestation',
      ['--auth-method', 'attest_jwt_client_auth'],
      /no client attestation.*\n.*FILE/,
      {
        CCGRANT_CLIENT_ATTESTATION_FILE: '',
      },
    ],
    ['an algorithm of another key', ['--signing-alg', 'RS256'], /a P-256 key cannot sign with RS256/],
    ['a kid, which no proof has', ['--key-id', 'k'], /--key-id is of no use with a client attestation/],
    ['standard input twice', [...file('-'), '--private-key', '-'], /standard input cannot be both/],
    [
      'a secret of the same place',
      [],
      /CCGRANT_CLIENT_\w+ and CCGRANT_CLIENT_\w+ are both set/,
      {
        CCGRANT_CLIENT_SECRET: secret,
      },
    ],
    [
      'no known audience',
      ['--token-endpoint', tokenEndpoint],
      /no audience for the assertion is known/,
      {
        CCGRANT_ISSUER: '',
      },
    ],
  ])('%s', async ([, args, message, named = {}], { cli }) => {
    await writeFiles(cli);
    await cli.writeFile('empty', '\n');
    await cli.writeFile('expired.jwt', attest({ exp: now - 30 }));
    await cli.writeFile('type.jwt', attest({}, { typ: 'JWT' }));
    await cli.writeFile('key.jwt', attest({ cnf: { jwk: other.publicJwk } }));
    await cli.writeFile('client.jwt', attest({ sub: 'cd-bot' }));
    const stderr = await refused(cli, args, { ...env, ...named });
    expect(cli.requests).toEqual([]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain(good.split('.')[1]);
  });

  test('a key by which the server takes no proof', async ({ cli }) => {
    await writeFiles(cli);
    answerMetadata(cli, { ...listed, client_attestation_pop_signing_alg_values_supported: ['EdDSA'] });
    expect(await refused(cli, [], env)).toMatch(/signed with ES256\n {2}hint: {3}it lists EdDSA/);
  });
});
