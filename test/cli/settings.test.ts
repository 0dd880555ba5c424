import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { Cli } from '../support/run-in-process.ts';
import { terminal, test } from '../support/run-in-process.ts';
import {
  answerToken,
  basicCredentials,
  client,
  direct,
  issuer,
  secret,
  success,
  tokenEndpoint,
} from './support/scene.ts';

const other = 'https://other.example.com/token';

/** Writes the configuration file of the user, and next to it the secrets that it names. */
async function configure(cli: Cli, toml: string): Promise<string> {
  const directory = '../home/.config/ccgrant';
  await cli.writeFile(`${directory}/secret.txt`, `${secret}\n`);
  return cli.writeFile(`${directory}/config.toml`, toml);
}

const dev = `
[profiles.dev]
token_endpoint = "${tokenEndpoint}"
client_id = "ci-bot"
client_secret_file = "secret.txt"
scope = ["dev:read", "dev:write"]
`;

/** What the last request told about who asked for what. */
function asked({ requests }: Cli): unknown {
  const request = requests.at(-1);
  const body = new URLSearchParams(request?.body);
  const [clientId] = atob(request?.headers.authorization?.slice(6) ?? '').split(':');
  return { url: request?.url, clientId, scope: body.get('scope') };
}

describe('a profile', () => {
  test('gives client, server, secret and scope, its paths relative to its file', async ({ cli }) => {
    await configure(cli, dev);
    answerToken(cli, 'abc');

    expect(await cli.run(['token', '--profile', 'dev'])).toEqual(success('abc\n'));
    expect(cli.requests[0]).toMatchObject({
      url: tokenEndpoint,
      headers: { authorization: basicCredentials },
      body: 'grant_type=client_credentials&scope=dev%3Aread+dev%3Awrite',
    });
  });

  test.for<[name: string, toml: string, args: string[], variables: Record<string, string>]>([
    ['--profile', dev, ['--profile', 'dev'], {}],
    ['CCGRANT_PROFILE', dev, [], { CCGRANT_PROFILE: 'dev' }],
    ['default_profile', `default_profile = "dev"\n${dev}`, [], {}],
    ['--profile before CCGRANT_PROFILE', dev, ['--profile', 'dev'], { CCGRANT_PROFILE: 'nope' }],
    ['CCGRANT_PROFILE before default_profile', `default_profile = "nope"\n${dev}`, [], { CCGRANT_PROFILE: 'dev' }],
  ])('is chosen by %s', async ([, toml, args, env], { cli }) => {
    await configure(cli, toml);
    answerToken(cli, 'abc');

    expect(await cli.run(['token', ...args], { env })).toEqual(success('abc\n'));
  });

  test.for<[name: string, args: string[], variables: (path: string) => Record<string, string>]>([
    ['--config', ['--config', 'config.toml'], () => ({ CCGRANT_CONFIG: '/nowhere' })],
    ['CCGRANT_CONFIG', [], (path) => ({ CCGRANT_CONFIG: path })],
  ])('is read from the file of %s', async ([, args, variables], { cli }) => {
    await cli.writeFile('secret.txt', secret);
    const path = await cli.writeFile('config.toml', dev);
    answerToken(cli, 'abc');

    expect(await cli.run(['token', '--profile', 'dev', ...args], { env: variables(path) })).toEqual(success('abc\n'));
  });

  test('is read below XDG_CONFIG_HOME, and never from the working directory', async ({ cli }) => {
    await cli.writeFile('xdg/ccgrant/config.toml', dev);
    await cli.writeFile('xdg/ccgrant/secret.txt', secret);
    answerToken(cli, 'abc');
    const env = { XDG_CONFIG_HOME: join(cli.directory, 'xdg') };
    expect(await cli.run(['token', '--profile', 'dev'], { env })).toEqual(success('abc\n'));

    for (const name of ['config.toml', 'ccgrant.toml', '.ccgrant.toml', '.config/ccgrant/config.toml', '.env'])
      await cli.writeFile(name, `default_profile = "dev"\n${dev}`);
    expect(await cli.run(['token'], { env: { XDG_CONFIG_HOME: '.config' } })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^error\[missing_setting\]: /),
    });
  });

  test('finds ~ in the home directory', async ({ cli }) => {
    await configure(cli, dev.replace('secret.txt', '~/hidden.txt'));
    await cli.writeFile('../home/hidden.txt', secret);
    answerToken(cli, 'abc');

    expect(await cli.run(['token', '--profile', 'dev'])).toEqual(success('abc\n'));
  });

  test('may run a command for the secret, without a shell and without our secrets', async ({ cli }) => {
    const script = 'process.stdout.write(process.env.CCGRANT_CLIENT_SECRET ?? process.argv[1])';
    const command = JSON.stringify([process.execPath, '-e', script, `${secret}; $HOME`]);
    await configure(cli, dev.replace('client_secret_file = "secret.txt"', `client_secret_command = ${command}`));
    answerToken(cli, 'abc');

    expect(await cli.run(['token', '--profile', 'dev'], { env: { CCGRANT_CLIENT_SECRET: 'not this' } })).toEqual(
      success('abc\n'),
    );
    expect(atob(cli.requests[0]?.headers.authorization?.slice(6) ?? '')).toBe(
      `ci-bot:${encodeURIComponent(`${secret}; $HOME`)}`,
    );
  });

  test('runs no command for a token that is in the cache', async ({ cli }) => {
    const script = "require('node:fs').appendFileSync(process.argv[1], 'x'); process.stdout.write('plainsecret')";
    const command = JSON.stringify([process.execPath, '-e', script, join(cli.directory, 'runs')]);
    await configure(cli, dev.replace('client_secret_file = "secret.txt"', `client_secret_command = ${command}`));
    answerToken(cli, 'abc');

    for (let runs = 0; runs < 2; runs += 1)
      expect(await cli.run(['token', '--profile', 'dev'])).toEqual(success('abc\n'));
    expect(await readFile(join(cli.directory, 'runs'), 'utf8')).toBe('x');
  });

  test.for<[name: string, command: string[], message: RegExp]>([
    ['fails', [process.execPath, '-e', 'process.exit(3)'], /ended with exit code 3/],
    ['prints nothing', [process.execPath, '-e', ''], /printed no secret/],
    ['is not there', ['no-such-program', 'hunter22'], /no-such-program .*is not installed/],
  ])('exits 2 where its command %s', async ([, command, message], { cli }) => {
    await configure(
      cli,
      dev.replace('client_secret_file = "secret.txt"', `client_secret_command = ${JSON.stringify(command)}`),
    );

    const { stderr, ...rest } = await cli.run(['token', '--profile', 'dev']);
    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error\[secret_unusable\]: .*client_secret_command in profile dev/);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('hunter22');
  });

  test('takes booleans and numbers of options', async ({ cli }) => {
    await configure(cli, `${dev}no_cache = true\nmax_time = 5\n`);
    answerToken(cli, 'abc', {}, { times: 2 });

    for (let runs = 0; runs < 2; runs += 1)
      expect(await cli.run(['token', '--profile', 'dev'])).toEqual(success('abc\n'));
  });

  test.for<[name: string, toml: string, word: string, message: RegExp]>([
    ['that is not there', dev, 'unknown_profile', /no profile prod .*\n {2}hint: {3}it has dev\n/],
    [
      'that is near another',
      dev.replace('profiles.dev', 'profiles.prd'),
      'unknown_profile',
      /no profile prod .*\n {2}hint: {3}did you mean prd\n/,
    ],
    [
      'with a key that is near another',
      '[profiles.prod]\nisuer = "x"\n',
      'config_invalid',
      /isuer.*\n.*did you mean issuer\n/,
    ],
    ['in a file with a stray key', 'profile = 1\n[profiles.prod]\n', 'config_invalid', /profile/],
    ['in a file that breaks off', '[profiles.prod\nissuer = "x"\n', 'config_invalid', /line 1, column \d+/],
    [
      'in a file that breaks off at a secret',
      '[profiles.prod]\nissuer = "x"\nclient_secret = hunter22\n',
      'config_invalid',
      /line 3, column \d+: invalid value\n {2}hint: {3}a text stands in quotes: key = "text"\n/,
    ],
    [
      'with a secret in it',
      '[profiles.prod]\nclient_secret = "hunter22"\n',
      'config_invalid',
      /client_secret[\s\S]*client_secret_file/,
    ],
    ['with a table for a value', '[profiles.prod]\nissuer = { a = "hunter22" }\n', 'config_invalid', /issuer/],
    ['that is no table', 'profiles = 1\n', 'config_invalid', /profiles/],
    [
      'with a command that is no array',
      `[profiles.prod]\ntoken_endpoint = "${tokenEndpoint}"\nclient_id = "x"\nclient_secret_command = "pass show x"\n`,
      'config_invalid',
      /client_secret_command[\s\S]*array/,
    ],
    [
      'with a flag that is neither true nor false',
      `[profiles.prod]\ntoken_endpoint = "${tokenEndpoint}"\nclient_id = "x"\nno_cache = "perhaps"\n`,
      'config_invalid',
      /no_cache/,
    ],
    [
      'with a choice that is none',
      `[profiles.prod]\ntoken_endpoint = "${tokenEndpoint}"\nclient_id = "x"\nauth_method = "basic"\n`,
      'config_invalid',
      /auth_method.*client_secret_basic/,
    ],
  ])('exits 2: %s', async ([, toml, word, message], { cli }) => {
    await configure(cli, toml);

    const { stderr, ...rest } = await cli.run(['token', '--profile', 'prod']);
    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^error\\[${word}\\]: `));
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('hunter22');
  });

  test('exits 2 where the file that was named is not there, and not where nobody named it', async ({ cli }) => {
    const { stderr, ...rest } = await cli.run(['token', '--config', 'nowhere.toml'], { env: direct });
    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error\[file_unusable\]: .*nowhere\.toml does not exist/);

    answerToken(cli, 'abc');
    expect(await cli.run(['token'], { env: direct })).toEqual(success('abc\n'));
  });
});

describe('precedence', () => {
  const withDefault = `default_profile = "low"
[profiles.low]
client_id = "low"
scope = "low"
token_endpoint = "https://low.example.com/token"
[profiles.high]
client_id = "high"
scope = "high"
token_endpoint = "https://high.example.com/token"
`;
  const environment = {
    CCGRANT_CLIENT_ID: 'env',
    CCGRANT_SCOPE: 'env',
    CCGRANT_TOKEN_ENDPOINT: 'https://env.example.com/token',
    CCGRANT_CLIENT_SECRET: secret,
  };
  const options = [
    '--client-id',
    'option',
    '--scope',
    'option',
    '--token-endpoint',
    'https://option.example.com/token',
  ];

  test.for<[name: string, args: string[], variables: Record<string, string>, winner: string]>([
    ['an option over everything', ['--profile', 'high', ...options], environment, 'option'],
    ['a profile that is named over the environment', ['--profile', 'high'], environment, 'high'],
    ['the environment over the default profile', [], environment, 'env'],
    ['the environment over CCGRANT_PROFILE', [], { ...environment, CCGRANT_PROFILE: 'high' }, 'env'],
    ['the default profile over nothing', [], { CCGRANT_CLIENT_SECRET: secret }, 'low'],
    [
      'the default profile over empty variables',
      [],
      { CCGRANT_CLIENT_SECRET: secret, CCGRANT_CLIENT_ID: '', CCGRANT_SCOPE: '', CCGRANT_TOKEN_ENDPOINT: '' },
      'low',
    ],
  ])('puts %s', async ([, args, env, winner], { cli }) => {
    await configure(cli, withDefault);
    const url = `https://${winner}.example.com/token`;
    cli.answer('POST', url, { json: { access_token: 'abc', token_type: 'Bearer', expires_in: 300 } });

    expect(await cli.run(['token', ...args], { env })).toEqual(success('abc\n'));
    expect(asked(cli)).toEqual({ url, clientId: winner, scope: winner });
  });
});

describe('a secret', () => {
  const { CCGRANT_CLIENT_SECRET: _, ...withoutSecret } = direct;

  test('from two variables is ambiguous, unless an option decides', async ({ cli }) => {
    await cli.writeFile('one.txt', 'one-secret');
    await cli.writeFile('two.txt', 'two-secret');
    const env = { ...direct, CCGRANT_CLIENT_SECRET_FILE: 'one.txt' };

    const { stderr, ...rest } = await cli.run(['token'], { env });
    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error\[credential_conflict\]: /);
    for (const name of ['CCGRANT_CLIENT_SECRET_FILE', /CCGRANT_CLIENT_SECRET\b(?!_)/]) expect(stderr).toMatch(name);

    answerToken(cli, 'abc');
    expect(await cli.run(['token', '--client-secret-file', 'two.txt'], { env })).toEqual(success('abc\n'));
    expect(cli.requests[0]?.headers.authorization).toBe(`Basic ${btoa('ci-bot:two-secret')}`);
  });

  test('of a higher rank replaces one of a lower rank, and -v says so', async ({ cli }) => {
    await cli.writeFile('two.txt', 'two-secret');
    answerToken(cli, 'abc');

    const { exitCode, stdout, stderr } = await cli.run(['token', '-v', '--client-secret-file', 'two.txt'], {
      env: direct,
    });
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'abc\n' });
    expect(stderr).toMatch(/--client-secret-file.*CCGRANT_CLIENT_SECRET|CCGRANT_CLIENT_SECRET.*--client-secret-file/);
    expect(stderr).not.toContain('two-secret');
  });

  test('from a file and a command of one profile is ambiguous', async ({ cli }) => {
    await configure(cli, `${dev}client_secret_command = ["pass", "show", "x"]\n`);

    const { stderr, ...rest } = await cli.run(['token', '--profile', 'dev']);
    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error\[credential_conflict\]: .*client_secret_file.*client_secret_command/);
  });

  test.for<[name: string, args: string[], variables: Record<string, string>, named: string]>([
    ['another issuer', ['--issuer', 'https://evil.example'], {}, '--issuer'],
    ['another token_endpoint', ['--token-endpoint', 'https://evil.example/token'], {}, '--token-endpoint'],
    ['another client', ['--client-id', 'other'], {}, '--client-id'],
    [
      'another introspection_endpoint by a variable',
      [],
      { CCGRANT_INTROSPECTION_ENDPOINT: 'https://evil.example/i' },
      'CCGRANT_INTROSPECTION_ENDPOINT',
    ],
    ['another revocation_endpoint', ['--revocation-endpoint', 'https://evil.example/r'], {}, '--revocation-endpoint'],
  ])('of a profile is not sent to %s', async ([, args, env, named], { cli }) => {
    await configure(cli, dev);

    const { stderr, ...rest } = await cli.run(['token', '--profile', 'dev', ...args], { env });
    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error\[credential_misplaced\]: /);
    expect(stderr).toContain('client_secret_file in profile dev');
    expect(stderr).toContain(named);
    expect(cli.requests).toEqual([]);
  });

  test('of the default profile is not sent where the environment points', async ({ cli }) => {
    await configure(cli, `default_profile = "dev"\n${dev}`);

    const { stderr, ...rest } = await cli.run(['token'], { env: { CCGRANT_ISSUER: issuer } });
    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error\[credential_misplaced\]: .*CCGRANT_ISSUER/);
  });

  test('of a profile goes where an option says the same as the profile', async ({ cli }) => {
    await configure(cli, dev);
    answerToken(cli, 'abc');

    expect(await cli.run(['token', '--profile', 'dev', '--client-id', 'ci-bot'])).toEqual(success('abc\n'));
  });

  test('that an option brings goes where an option points', async ({ cli }) => {
    await configure(cli, dev);
    await cli.writeFile('two.txt', 'two-secret');
    cli.answer('POST', other, { json: { access_token: 'abc', token_type: 'Bearer', expires_in: 300 } });

    expect(
      await cli.run(['token', '--profile', 'dev', '--token-endpoint', other, '--client-secret-file', 'two.txt']),
    ).toEqual(success('abc\n'));
  });

  test.for<[name: string, content: string | Buffer]>([
    ['as it is', secret],
    ['with a newline', `${secret}\n`],
    ['with a newline of Windows', `${secret}\r\n`],
    ['with a byte order mark', `\ufeff${secret}\n`],
  ])('is read from a file %s', async ([, content], { cli }) => {
    await cli.writeFile('secret.txt', content);
    answerToken(cli, 'abc');

    expect(await cli.run(['token', '--client-secret-file', 'secret.txt'], { env: withoutSecret })).toEqual(
      success('abc\n'),
    );
    expect(cli.requests[0]?.headers.authorization).toBe(basicCredentials);
  });

  test('keeps blanks, and more than one newline less the last', async ({ cli }) => {
    await cli.writeFile('secret.txt', ' a b \n\n');
    answerToken(cli, 'abc');

    await cli.run(['token', '--client-secret-file', 'secret.txt'], { env: withoutSecret });
    expect(cli.requests[0]?.headers.authorization).toBe(`Basic ${btoa('ci-bot:%20a%20b%20%0A')}`);
  });

  test.for<[name: string, content: Buffer | string | undefined, message: RegExp]>([
    ['is not there', undefined, /does not exist/],
    ['is empty', '', /is empty/],
    ['is a newline', '\n', /is empty/],
    ['is UTF-16', Buffer.from(`\ufeff${secret}`, 'utf16le'), /is UTF-16/],
    ['is no text', Buffer.from([0xc3, 0x28]), /is not UTF-8/],
  ])('exits 2 where its file %s', async ([, content, message], { cli }) => {
    if (content !== undefined) await cli.writeFile('secret.txt', content);

    const { stderr, ...rest } = await cli.run(['token', '--client-secret-file', 'secret.txt'], { env: withoutSecret });
    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error\[secret_unusable\]: .*--client-secret-file/);
    expect(stderr).toMatch(message);
  });

  test('exits 2 where its file is a directory, and where standard input is empty', async ({ cli }) => {
    await mkdir(join(cli.directory, 'folder'));
    for (const [file, stdin] of [['folder'], ['-', '']] as const) {
      const { stderr, ...rest } = await cli.run(['token', '--client-secret-file', file], {
        env: withoutSecret,
        ...(stdin === undefined ? {} : { stdin }),
      });
      expect(rest).toEqual({ exitCode: 2, stdout: '' });
      expect(stderr).toMatch(/^error\[secret_unusable\]: /);
    }
  });

  test('is not taken from a terminal', async ({ cli }) => {
    const { stderr, ...rest } = await cli.run(['token', '--client-secret-file', '-'], {
      env: withoutSecret,
      stdin: terminal,
    });

    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error\[secret_unusable\]: /);
  });
});

test.for<[name: string, value: string]>([
  ['CCGRANT_AUTH_METHOD', 'dpop'],
  ['CCGRANT_AUTH_METHOD', 'basic'],
])('a variable is held to the same choices as its option: %s=%s', async ([name, value], { cli }) => {
  const { stderr, ...rest } = await cli.run(['token'], { env: { ...direct, [name]: value } });

  expect(rest).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toMatch(new RegExp(`^error\\[(usage|config_invalid)\\]: ${name}.*client_secret_basic`));
  expect(cli.requests).toEqual([]);
});

test('a flag of the environment is 1 or 0', async ({ cli }) => {
  const { stderr, ...rest } = await cli.run(['token'], { env: { ...direct, CCGRANT_NO_CACHE: 'perhaps' } });

  expect(rest).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toMatch(/^error\[config_invalid\]: CCGRANT_NO_CACHE /);
});

test('a file of certificate authorities that cannot be used exits 2', async ({ cli }) => {
  await cli.writeFile('ca.pem', 'hello');

  for (const [args, variables] of [
    [['--cacert', 'ca.pem'], {}],
    [[], { SSL_CERT_FILE: 'ca.pem' }],
    [[], { CCGRANT_CACERT: 'nowhere.pem' }],
  ] as const) {
    const { stderr, ...rest } = await cli.run(['token', ...args], { env: { ...direct, ...variables } });
    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error\[file_unusable\]: /);
  }
});

test('--insecure is never silent', async ({ cli }) => {
  answerToken(cli, 'abc');

  const { exitCode, stdout, stderr } = await cli.run(['token', '-k'], { env: direct });
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'abc\n' });
  expect(stderr).toMatch(/^warning: --insecure.*\n$/);
});

test('nothing of the environment is needed where options say everything', async ({ cli }) => {
  await cli.writeFile('secret.txt', secret);
  answerToken(cli, 'abc');

  expect(
    await cli.run([
      ...['token', '--token-endpoint', tokenEndpoint, '--client-id', client.CCGRANT_CLIENT_ID],
      ...['--client-secret-file', 'secret.txt'],
    ]),
  ).toEqual(success('abc\n'));
});

test('an issuer that looks like a token endpoint, and has no metadata, gets a hint', async ({ cli }) => {
  for (const url of [
    'https://as.example.com/token/.well-known/openid-configuration',
    'https://as.example.com/.well-known/oauth-authorization-server/token',
    'https://as.example.com/.well-known/openid-configuration/token',
    'https://as.example.com/token/.well-known/oauth-authorization-server',
  ]) {
    cli.answer('GET', url, { status: 404 });
  }

  const { stderr, ...rest } = await cli.run(['token', '--issuer', tokenEndpoint], { env: client });

  expect(rest).toEqual({ exitCode: 4, stdout: '' });
  expect(stderr).toMatch(/^error\[metadata_unavailable\]: /);
  expect(stderr).toContain(`say --token-endpoint ${tokenEndpoint}, or give the issuer`);
});
