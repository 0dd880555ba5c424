import { describe, expect } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { authMethodNames } from '../../src/oauth/client-auth/auth-methods.ts';
import { test } from '../support/run-in-process.ts';
import { answerToken, direct, failure, report, success } from './support/scene.ts';
import { unsignedToken } from './support/signing.ts';

const commands = ['token', 'decode', 'verify', 'introspect', 'revoke', 'call', 'discover', 'cache'];

describe('ccgrant', () => {
  test.for([[], ['--help'], ['-h'], ['help']])(
    'shows a short help that names every command: %s',
    async (args, { cli }) => {
      const { stdout, ...rest } = await cli.run(args);

      expect(rest).toEqual({ exitCode: 0, stderr: '' });
      for (const command of commands) expect(stdout).toMatch(new RegExp(`^ {2}${command} {2,}\\S`, 'm'));
      expect(stdout).not.toMatch(/\bsmoke\b/);
      expect(stdout.split('\n').length).toBeLessThan(30);
    },
  );

  test.for(['--version', '-V'])('tells its version with %s', async (option, { cli }) => {
    expect(await cli.run([option])).toEqual(success(`ccgrant ${manifest.version}\n`));
  });

  test.for<[typed: string, meant: string]>([
    ['tokn', 'token'],
    ['Token', 'token'],
    ['verfiy', 'verify'],
    ['introspct', 'introspect'],
    ['discovr', 'discover'],
    ['cal', 'call'],
  ])('suggests a command for %s', async ([typed, meant], { cli }) => {
    expect(await cli.run([typed])).toEqual(
      failure(2, report('unknown_command', 'there is no such command', { hint: `did you mean ccgrant ${meant}` })),
    );
    expect(await cli.run(['help', typed])).toMatchObject({ exitCode: 2 });
  });

  test.for(['hunter22', '', 'smoke', unsignedToken({})])(
    'lists the commands for what is near none of them, and does not repeat it',
    async (typed, { cli }) => {
      expect(await cli.run([typed])).toEqual(
        failure(
          2,
          report('unknown_command', 'there is no such command', { hint: `the commands are ${commands.join(', ')}` }),
        ),
      );
    },
  );

  test('asks for a command where there are only options', async ({ cli }) => {
    const { stderr, ...rest } = await cli.run(['--quiet']);

    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error\[usage\]: /);
  });
});

describe('options', () => {
  test.for([
    ['token', '--scope', 'a', '--format', 'header'],
    ['--scope', 'a', 'token', '--format', 'header'],
    ['--scope=a', '--format', 'header', 'token'],
    ['--format=header', '-q', '--scope', 'token', 'token'],
    ['-m', '10', '--scope', 'a', 'token', '--format', 'header'],
    ['-m10', '-qk', '--scope', 'a', 'token', '--format', 'header'],
  ])('stand before or after the command: %s', async (args, { cli }) => {
    answerToken(cli, 'abc');

    expect(await cli.run(args, { env: direct })).toEqual(success('Authorization: Bearer abc\n'));
  });

  test('before the command mean what they mean behind it, --json too', async ({ cli }) => {
    const token = unsignedToken({ sub: 'x' });
    expect(await cli.run(['--json', 'decode', token])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('"payload"'),
    });

    cli.answer('POST', 'https://api.example.com/', {});
    await cli.writeFile('token.txt', 'abc');
    expect(
      await cli.run(['--json', '{"a":1}', 'call', 'https://api.example.com/', '--token-file', 'token.txt']),
    ).toMatchObject({ exitCode: 0 });
    expect(cli.requests[0]?.body).toBe('{"a":1}');
  });

  test.for<[args: string[], unknown: string, meant: string]>([
    [['token', '--scop', 'a'], '--scop', '--scope'],
    [['token', '--scop=a'], '--scop', '--scope'],
    [['--scop=a', 'token'], '--scop', '--scope'],
    [['--scop', 'a', 'token'], '--scop', '--scope'],
    [['token', '--no-cahce'], '--no-cahce', '--no-cache'],
    [['token', '--isuer=https://as.example.com'], '--isuer', '--issuer'],
    [['token', '--client_id', 'x'], '--client_id', '--client-id'],
    [['call', 'https://api.example.com', '--data-urlencod=a'], '--data-urlencod', '--data-urlencode'],
    [['verify', '--audence', 'x'], '--audence', '--audience'],
    [['cache', 'list', '--show-token'], '--show-token', '--show-tokens'],
  ])('that nobody knows get the near one: %s', async ([args, unknown, meant], { cli }) => {
    const command = args.find((arg) => commands.includes(arg));

    expect(await cli.run(args, { env: direct })).toEqual(
      failure(
        2,
        report('unknown_option', `ccgrant ${command} does not know ${unknown}`, { hint: `did you mean ${meant}` }),
      ),
    );
  });

  test('that nobody knows and nobody is near get the help', async ({ cli }) => {
    expect(await cli.run(['token', '--frobnicate=hunter22'])).toEqual(
      failure(
        2,
        report('unknown_option', 'ccgrant token does not know --frobnicate', {
          hint: 'ccgrant token --help lists them',
        }),
      ),
    );
  });

  test.for<[args: string[], message: string]>([
    [['token', '--scope'], '--scope needs a value'],
    [['token', '--issuer', ''], '--issuer is empty'],
    [['token', '--color', 'blue'], '--color takes one of always, never, auto'],
    [['token', '--auth-method', 'basic'], `--auth-method takes one of ${authMethodNames.join(', ')}`],
    [['token', '--basic-encoding', 'utf8'], '--basic-encoding takes one of form, raw'],
    [['token', '-m', '-1'], '--max-time takes a number of seconds'],
    [['token', '-m', 'long'], '--max-time takes a number of seconds'],
    [['token', '--connect-timeout', '-0.5'], '--connect-timeout takes a number of seconds'],
  ])('have to have a value that means something: %s', async ([args, message], { cli }) => {
    const { stderr, ...rest } = await cli.run(args, { env: direct });

    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr.split('\n')[0]).toBe(`error[usage]: ${message}`);
    expect(cli.requests).toEqual([]);
  });

  test.for(['0', '0.5', '30', '.5', '5.'])('take %s for a time limit, as curl does', async (seconds, { cli }) => {
    answerToken(cli, 'abc');

    expect(await cli.run(['token', '--max-time', seconds, '--connect-timeout', seconds], { env: direct })).toEqual(
      success('abc\n'),
    );
  });

  test.for<[name: string, args: string[], variables: Record<string, string>]>([
    ['an empty --proxy, whatever the variables say', ['--proxy', ''], { HTTPS_PROXY: 'socks5://127.0.0.1:1' }],
    ['an empty --noproxy', ['--noproxy', ''], { NO_PROXY: '*' }],
  ])('take %s, as curl does', async ([, args, variables], { cli }) => {
    answerToken(cli, 'abc');

    expect(await cli.run(['token', ...args], { env: { ...direct, ...variables } })).toEqual(success('abc\n'));
  });

  test.for<[name: string, args: string[], variables: Record<string, string>]>([
    ['an option', ['--proxy', 'socks5://127.0.0.1:1080'], {}],
    ['a variable', [], { HTTPS_PROXY: 'socks5://127.0.0.1:1080' }],
    ['the variable for all', [], { ALL_PROXY: 'socks5h://127.0.0.1:1080' }],
  ])('and variables that name a SOCKS proxy are refused clearly: %s', async ([, args, variables], { cli }) => {
    const { stderr, ...rest } = await cli.run(['token', ...args], { env: { ...direct, ...variables } });

    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/SOCKS/);
  });

  test('take the last value where they do not repeat', async ({ cli }) => {
    answerToken(cli, 'abc');

    expect(await cli.run(['token', '--format', 'json', '--format', 'header'], { env: direct })).toEqual(
      success('Authorization: Bearer abc\n'),
    );
  });
});

describe('a secret as the value of an option', () => {
  const value = 'hunter22';
  const names = [
    '--client-secret',
    '--client-secert',
    '--clientsecret',
    '--client-scret',
    '--client_secret',
    '--Client-Secret',
    '--clinet-secret',
    '--client-secrets',
    '--secret',
    '--password',
  ];
  const placements: Record<string, (name: string) => string[]> = {
    'behind it': (name) => ['token', name, value],
    'behind the equals sign': (name) => ['token', `${name}=${value}`],
    'before the command': (name) => [name, value, 'token'],
    'before the command, behind the equals sign': (name) => [`${name}=${value}`, 'token'],
    'of introspect': (name) => ['introspect', name, value],
    'of call': (name) => ['call', 'https://api.example.com', `${name}=${value}`],
    'in JSON': (name) => ['token', '--json', name, value],
  };

  test.for(Object.keys(placements).flatMap((place) => names.map((name): [string, string] => [name, place])))(
    'is refused with a hint, and not repeated: %s, %s',
    async ([name, place], { cli }) => {
      const { stderr, ...rest } = await cli.run(placements[place]?.(name) ?? [], { env: direct });

      expect(rest).toEqual({ exitCode: 2, stdout: '' });
      expect(stderr).toContain('secret_on_command_line');
      expect(stderr).toContain('--client-secret-file FILE');
      expect(stderr).not.toContain(value);
    },
  );

  test('is not suspected in a typo of --client-secret-file', async ({ cli }) => {
    expect(await cli.run(['token', '--client-secret-fil', 'secret.txt'])).toEqual(
      failure(
        2,
        report('unknown_option', 'ccgrant token does not know --client-secret-fil', {
          hint: 'did you mean --client-secret-file',
        }),
      ),
    );
  });

  test('is not repeated where it is an argument that nobody asked for', async ({ cli }) => {
    for (const args of [
      ['token', value],
      ['discover', value],
      ['-client-secret', value, 'token'],
      ['token', '-p', value],
    ]) {
      const { exitCode, stdout, stderr } = await cli.run(args, { env: direct });
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
      expect(stderr).not.toContain(value);
    }
  });
});

describe('a failure with --format json', () => {
  test.for<[name: string, args: string[], code: string]>([
    ['an unknown option', ['token', '--format', 'json', '--nope'], 'unknown_option'],
    ['an unknown command', ['tokn', '--format=json'], 'unknown_command'],
    ['a missing value', ['token', '--json', '--scope'], 'usage'],
    ['a missing setting', ['token', '--json'], 'missing_setting'],
    ['a token that is none', ['decode', '--json', 'opaque'], 'not_a_jwt'],
    ['a URL of another scheme', ['call', 'ftp://api.example.com', '--format', 'json'], 'invalid_url'],
    ['an argument too many', ['cache', 'list', 'x', '--json'], 'usage'],
  ])('is one JSON object on standard error: %s', async ([, args, code], { cli }) => {
    const { stderr, ...rest } = await cli.run(args);

    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr.match(/\n/g)).toHaveLength(1);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code, message: expect.any(String) } });
  });

  test('is one for people in call with --json, which is the data there', async ({ cli }) => {
    const { stderr } = await cli.run(['call', 'ftp://api.example.com', '--json', '{}']);

    expect(stderr).toMatch(/^error\[invalid_url\]: /);
  });
});
