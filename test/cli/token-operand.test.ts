import { describe, expect } from 'vitest';
import type { Cli, CliResult } from '../support/run-in-process.ts';
import { terminal, test } from '../support/run-in-process.ts';
import {
  direct,
  failure,
  introspectionEndpoint,
  report,
  revocationEndpoint,
  secret,
  tokenEndpoint,
} from './support/scene.ts';
import { unsignedToken } from './support/signing.ts';

const token = unsignedToken({ sub: 'ci-bot' });
const missingHint = 'give it as an argument, pipe it in, or take the cached one with --cached';

/** The sub that decode reads out of what it was given. */
async function decodedSubject(run: Promise<CliResult>): Promise<unknown> {
  const { stdout, exitCode, stderr } = await run;
  return exitCode === 0 ? JSON.parse(stdout).payload.sub : stderr;
}

describe('the token of a command', () => {
  test('is its argument', async ({ cli }) => {
    expect(await decodedSubject(cli.run(['decode', '--json', token]))).toBe('ci-bot');
  });

  test('is standard input for - and where it is left out', async ({ cli }) => {
    expect(await decodedSubject(cli.run(['decode', '--json', '-'], { stdin: token }))).toBe('ci-bot');
    expect(await decodedSubject(cli.run(['decode', '--json'], { stdin: token }))).toBe('ci-bot');
  });

  test('never makes a person wait who said - on a terminal', async ({ cli }) => {
    expect(await cli.run(['decode', '-'], { stdin: terminal })).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringMatching(/^error\[missing_token\]: /),
    });
  });

  test.for<[name: string, given: string]>([
    ['white space around it', ` \t\n${token}\r\n`],
    ['the scheme before it', `Bearer ${token}`],
    ['the scheme in another case', `bearer  ${token}`],
    ['the scheme of DPoP', `DPoP ${token}`],
    ['double quotes around it', `"${token}"`],
    ['single quotes around it', `'${token}'`],
    ['quotes around scheme and token', `"Bearer ${token}"`],
    ['quotes around the token behind the scheme', `Bearer "${token}"`],
    ['the name of the header before the scheme', `Authorization: Bearer ${token}`],
    ['a byte order mark before it', `\ufeff${token}`],
  ])('may have %s', async ([, given], { cli }) => {
    expect(await decodedSubject(cli.run(['decode', '--json', given]))).toBe('ci-bot');
    expect(await decodedSubject(cli.run(['decode', '--json'], { stdin: given }))).toBe('ci-bot');
  });

  test.for<[name: string, given: string]>([
    ['a quote inside', token.replace('.', '".')],
    ['a blank inside', token.replace('.', ' .')],
    ['a line end inside', token.replace('.', '\n.')],
    ['another one behind it', `${token}\n${token}`],
  ])('must not have %s', async ([, given], { cli }) => {
    expect(await cli.run(['decode', '-'], { stdin: given })).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringMatching(/^error\[not_a_jwt\]: /),
    });
  });

  test.for(['decode', 'verify', 'introspect', 'revoke'])(
    'has to be given to %s where standard input is a terminal',
    async (command, { cli }) => {
      expect(await cli.run([command, ...keys(command)], { stdin: terminal, env: direct })).toEqual(
        failure(2, report('missing_token', 'no token is given', { hint: missingHint })),
      );
    },
  );

  test.for(['decode', 'verify', 'introspect', 'revoke'])(
    'has to be in the standard input of %s',
    async (command, { cli }) => {
      for (const stdin of ['', ' \n', '""', 'Bearer ']) {
        const { exitCode, stdout, stderr } = await cli.run([command, ...keys(command)], { stdin, env: direct });
        expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
        expect(stderr).toMatch(/^error\[missing_token\]: /);
        expect(stderr).toContain(missingHint);
      }
    },
  );

  test('must not be an empty argument, as of a variable that is not set', async ({ cli }) => {
    const { exitCode, stdout, stderr } = await cli.run(['decode', ''], { stdin: token });

    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error\[missing_token\]: /);
  });

  test.for(['decode', 'verify', 'introspect', 'revoke'])('is one token for %s', async (command, { cli }) => {
    const { exitCode, stdout, stderr } = await cli.run([command, token, 'another'], { env: direct });

    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^error\\[usage\\]: too many arguments for ccgrant ${command}\n`));
    expect(stderr).not.toContain(token);
  });

  test.for(['decode', 'verify', 'introspect', 'revoke'])(
    'of %s is not also taken from the cache',
    async (command, { cli }) => {
      const { exitCode, stdout, stderr } = await cli.run([command, token, '--cached', ...keys(command)], {
        env: direct,
      });

      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
      expect(stderr).toMatch(/^error\[usage\]: .*--cached/);
    },
  );
});

describe('standard input has one reader', () => {
  const { CCGRANT_CLIENT_SECRET: _, ...withoutSecret } = direct;

  test.for<[name: string, args: string[], readers: [string, string]]>([
    ['introspect', ['introspect', '-', '--client-secret-file', '-'], ['the token', '--client-secret-file -']],
    [
      'introspect without a token',
      ['introspect', '--client-secret-file', '-'],
      ['the token', '--client-secret-file -'],
    ],
    ['revoke', ['revoke', '--client-secret-file', '-'], ['the token', '--client-secret-file -']],
    ['verify', ['verify', '--verify-secret-file', '-'], ['the token', '--verify-secret-file -']],
    [
      'verify of an argument, with two secrets',
      ['verify', token, '--introspect', '--verify-secret-file', '-', '--client-secret-file', '-'],
      ['--client-secret-file -', '--verify-secret-file -'],
    ],
    [
      'call with two files',
      ['call', 'https://api.example.com/', '--token-file', '-', '-d', '@-'],
      ['--data @-', '--token-file -'],
    ],
    [
      'call with an upload',
      ['call', 'https://api.example.com/', '--client-secret-file', '-', '-T', '-'],
      ['--client-secret-file -', '--upload-file -'],
    ],
    [
      'call with the same option twice',
      ['call', 'https://api.example.com/', '-d', '@-', '--data-binary', '@-'],
      ['--data @-', '--data-binary @-'],
    ],
    [
      'call with JSON and headers',
      ['call', 'https://api.example.com/', '--json', '@-', '-H', '@-'],
      ['--json @-', '--header @-'],
    ],
    [
      'call with a form',
      ['call', 'https://api.example.com/', '-F', 'file=@-', '--token-file', '-'],
      ['--form @-', '--token-file -'],
    ],
  ])('in %s, and both are named', async ([, args, [one, other]], { cli }) => {
    const { exitCode, stdout, stderr } = await cli.run(args, { env: withoutSecret });

    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error\[standard_input_conflict\]: standard input cannot be both /);
    expect(stderr).toContain(one);
    expect(stderr).toContain(other);
  });

  test.for<[name: string, data: string[]]>([
    ['in raw data', ['--data-raw', '@-']],
    ['behind a name in plain data', ['-d', 'mail@-']],
    ['in a header', ['-H', 'From: me@-']],
    ['in JSON', ['--json', '{"to":"you@-']],
    ['in a field of a form', ['-F', 'to=you@-']],
  ])('and @- means nothing %s', async ([, data], { cli }) => {
    cli.answer(data[0] === '-H' ? 'GET' : 'POST', 'https://api.example.com/', {});

    expect(
      await cli.run(['call', 'https://api.example.com/', '--token-file', '-', ...data], { stdin: 'abc', env: direct }),
    ).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });

  test('which may be the secret where the token is an argument', async ({ cli }) => {
    cli.answer('POST', introspectionEndpoint, { json: { active: true } });

    expect(
      await cli.run(['introspect', token, '--client-secret-file', '-'], { env: withoutSecret, stdin: secret }),
    ).toMatchObject({ exitCode: 0, stderr: '' });
  });
});

describe('--cached', () => {
  async function fill(cli: Cli, ...requests: string[][]): Promise<void> {
    for (const [index, args] of requests.entries()) {
      const subject = unsignedToken({ sub: `token-${index}` });
      cli.answer('POST', direct.CCGRANT_TOKEN_ENDPOINT, {
        json: { access_token: subject, token_type: 'Bearer', expires_in: 300 },
      });
      expect(await cli.run(['token', ...args], { env: direct })).toMatchObject({ exitCode: 0 });
      cli.now += 1_000;
    }
  }

  const cached = (cli: Cli, ...args: string[]): Promise<unknown> =>
    decodedSubject(cli.run(['decode', '--cached', '--json', ...args], { env: direct, stdin: terminal }));

  test('takes the only token that there is, whatever it was asked with', async ({ cli }) => {
    await fill(cli, ['--scope', 'a']);

    expect(await cached(cli)).toBe('token-0');
    expect(await cached(cli, '--scope', 'b')).toBe('token-0');
    expect(await cached(cli, '--audience', 'api')).toBe('token-0');
  });

  test('takes the one that was asked for exactly so, in any order', async ({ cli }) => {
    await fill(cli, ['--scope', 'a b'], ['--scope', 'a'], ['--no-scope'], ['--scope', 'a', '--audience', 'api']);

    expect(await cached(cli, '--scope', 'b', '--scope', 'a')).toBe('token-0');
    expect(await cached(cli, '--scope', 'a')).toBe('token-1');
    expect(await cached(cli)).toBe('token-2');
    expect(await cached(cli, '--scope', 'a', '--audience', 'api')).toBe('token-3');
  });

  test('lists the tokens that could be meant, so that each can be told from the others', async ({ cli }) => {
    await fill(cli, ['--scope', 'a b'], ['--scope', 'c']);

    const { stderr, ...rest } = await cli.run(['decode', '--cached', '--scope', 'a'], { env: direct });
    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error\[not_cached\]: 2 tokens /);
    expect(stderr).toContain("--scope 'a b'");
    expect(stderr).toContain('--scope c');
  });

  test.for<[what: string, args: string[]]>([
    ['asked for alike', ['--scope', 'a']],
    ['of which none was asked for so', ['--scope', 'b']],
  ])('takes none where several clients have one, %s, and names them', async ([, args], { cli }) => {
    await fill(cli, ['--scope', 'a'], ['--scope', 'a', '--client-id', "it's"]);

    const nobody = { ...direct, CCGRANT_CLIENT_ID: '', CCGRANT_TOKEN_ENDPOINT: '' };
    expect(await cli.run(['decode', '--cached', ...args], { env: nobody })).toEqual(
      failure(
        2,
        report('not_cached', 'tokens of several servers or clients are in the cache', {
          hint: `say whose: --token-endpoint ${tokenEndpoint} --client-id 'it'\\''s', or --token-endpoint ${tokenEndpoint} --client-id ci-bot`,
        }),
      ),
    );
    expect(await cached(cli, ...args, '--client-id', "it's")).toBe('token-1');
  });

  test('says which one it took that was asked for with something else', async ({ cli }) => {
    await fill(cli, ['--scope', 'a']);

    const note = (args: string[]) =>
      cli.run(['decode', '--cached', ...args], { env: direct }).then(({ stderr }) => stderr);
    expect(await note(['--scope', 'b'])).toContain(
      `the only token is that of --token-endpoint ${tokenEndpoint} --client-id ci-bot --scope a\n`,
    );
    expect(await note(['--scope', 'a'])).not.toContain('the only token');
  });

  test('tells tokens apart that differ in audience, resource or parameters only', async ({ cli }) => {
    await fill(
      cli,
      ['--audience', 'api-1'],
      ['--audience', 'api-2'],
      ['--resource', 'urn:x'],
      ['--param', 'tenant=t1'],
    );

    const { exitCode, stdout, stderr } = await cli.run(['decode', '--cached', '--scope', 'a'], { env: direct });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    for (const part of ['api-1', 'api-2', 'urn:x', '--param tenant=']) expect(stderr).toContain(part);
    // The value of a parameter may be secret.
    expect(stderr).not.toContain('t1');
  });

  test('does not take an expired one', async ({ cli }) => {
    await fill(cli, ['--scope', 'a']);
    cli.now += 300_000;

    expect(await cli.run(['decode', '--cached', '--scope', 'a'], { env: direct })).toEqual(
      failure(
        2,
        report('not_cached', 'no good token of this issuer and client is in the cache', {
          hint: 'get one with ccgrant token --scope a',
        }),
      ),
    );
  });

  test.for<[name: string, variables: Record<string, string>]>([
    ['client', { CCGRANT_CLIENT_ID: 'other-bot' }],
    ['token_endpoint', { CCGRANT_TOKEN_ENDPOINT: 'https://other.example.com/token' }],
    ['issuer', { CCGRANT_ISSUER: 'https://other.example.com' }],
  ])('does not take one of another %s', async ([, variables], { cli }) => {
    await fill(cli, ['--scope', 'a']);

    const { exitCode, stdout, stderr } = await cli.run(['decode', '--cached'], { env: { ...direct, ...variables } });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error\[not_cached\]: [\s\S]*ccgrant token/);
  });

  test.for<[command: string, url: string]>([
    ['introspect', introspectionEndpoint],
    ['revoke', revocationEndpoint],
  ])('gives %s its token, and nobody is asked for one', async ([command, url], { cli }) => {
    await fill(cli, ['--scope', 'a']);
    cli.answer('POST', url, { json: { active: true } });

    expect(await cli.run([command, '--cached', '--scope', 'a'], { env: direct })).toMatchObject({
      exitCode: 0,
      stderr: '',
    });
    expect(cli.requests.at(-1)?.body).toContain(`token=${unsignedToken({ sub: 'token-0' })}`);
    expect(cli.requests).toHaveLength(2);
  });

  test('gives verify the token that was asked for with the scope of the environment', async ({ cli }) => {
    const env = { ...direct, CCGRANT_SCOPE: 'a' };
    await fill(cli, ['--scope', 'a'], ['--scope', 'b']);

    // Not a token that anybody signed: what matters is which one of them is looked at.
    await cli.writeFile('keys.json', '{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}');
    expect(await cli.run(['verify', '--cached', '--jwks', 'keys.json'], { env })).toMatchObject({ exitCode: 5 });
  });
});

/** verify wants to know where the keys are before it wants a token. */
function keys(command: string): string[] {
  return command === 'verify' ? ['--jwks-uri', 'https://as.example.com/jwks'] : [];
}
