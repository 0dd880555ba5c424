import { describe, expect } from 'vitest';
import { test } from '../support/run-in-process.ts';
import {
  answerMetadata,
  answerToken,
  basicCredentials,
  byIssuer,
  direct,
  metadataUrl,
  secret,
  tokenEndpoint,
} from './support/scene.ts';
import { unsignedToken } from './support/signing.ts';

const color = '\u001b[';
const token = unsignedToken({ exp: 1 });

describe('colours', () => {
  test.for<[name: string, args: string[], variables: Record<string, string>, isTerminal: boolean, colored: boolean]>([
    ['on a terminal', [], {}, true, true],
    ['not in a pipe', [], {}, false, false],
    ['in a pipe with --color always', ['--color', 'always'], { NO_COLOR: '1' }, false, true],
    ['not on a terminal with --color never', ['--color=never'], { FORCE_COLOR: '1' }, true, false],
    ['not on a terminal with NO_COLOR', [], { NO_COLOR: '1' }, true, false],
    ['on a terminal with an empty NO_COLOR', [], { NO_COLOR: '' }, true, true],
    ['in a pipe with FORCE_COLOR, which wins over NO_COLOR', [], { FORCE_COLOR: '1', NO_COLOR: '1' }, false, true],
    ['not on a terminal with FORCE_COLOR=0', [], { FORCE_COLOR: '0' }, true, false],
    ['in a pipe with CLICOLOR_FORCE', [], { CLICOLOR_FORCE: '1' }, false, true],
    ['not on a terminal with CLICOLOR=0', [], { CLICOLOR: '0' }, true, false],
    ['not on a dumb terminal', [], { TERM: 'dumb' }, true, false],
    ['on a terminal with --color auto', ['--color', 'auto'], {}, true, true],
  ])('are used %s', async ([, args, env, isTerminal, colored], { cli }) => {
    const terminals = isTerminal ? (['stdout', 'stderr'] as const) : [];
    const { stdout, stderr } = await cli.run(['decode', ...args, token], { env, terminals });

    expect({ stdout: stdout.includes(color), stderr: stderr.includes(color) }).toEqual({
      stdout: colored,
      stderr: colored,
    });
  });

  test('are decided by each stream for itself', async ({ cli }) => {
    const { stdout, stderr } = await cli.run(['decode', token], { terminals: ['stderr'] });

    expect({ stdout: stdout.includes(color), stderr: stderr.includes(color) }).toEqual({
      stdout: false,
      stderr: true,
    });
  });

  test('are never in JSON, and never in the token', async ({ cli }) => {
    answerToken(cli, 'abc');

    for (const args of [['decode', '--json', token], ['token'], ['token', '--json']]) {
      const { stdout } = await cli.run([...args, '--color', 'always'], { env: direct });
      expect(stdout).not.toContain(color);
    }
  });

  test('take nothing away from the text', async ({ cli }) => {
    const plain = await cli.run(['decode', token]);
    const colored = await cli.run(['decode', '--color', 'always', token]);

    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what colours are made of
    const uncolored = (text: string): string => text.replaceAll(/\u001b\[\d+m/g, '');
    expect({ ...colored, stdout: uncolored(colored.stdout), stderr: uncolored(colored.stderr) }).toEqual(plain);
  });
});

describe('-v', () => {
  test('shows each request and response, and neither secret nor token', async ({ cli }) => {
    answerMetadata(cli);
    answerToken(cli, 'a-token-that-nobody-may-see', {}, { headers: { 'set-cookie': 'sid=hunter22', 'x-id': '7' } });

    const { exitCode, stdout, stderr } = await cli.run(['token', '-v', '--scope', 'api:read'], { env: byIssuer });
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'a-token-that-nobody-may-see\n' });
    const lines = stderr.split('\n');
    for (const line of [`> GET ${metadataUrl}`, `> POST ${tokenEndpoint}`, '< 200', '< x-id: 7'])
      expect(lines).toContain(line);
    expect(stderr).toMatch(/^> authorization: Basic /m);
    expect(stderr).toContain('scope=api%3Aread');
    for (const hidden of [
      'a-token-that-nobody-may-see',
      'hunter22',
      secret,
      encodeURIComponent(secret),
      btoa(secret),
      basicCredentials.slice(6),
    ])
      expect(stderr).not.toContain(hidden);
  });

  test('hides the secret in a form too', async ({ cli }) => {
    answerToken(cli, 'abc');

    const { stderr } = await cli.run(['token', '-v', '--auth-method', 'client_secret_post'], { env: direct });
    expect(stderr).toMatch(/^> grant_type=client_credentials&client_id=ci-bot&client_secret=/m);
    for (const form of [secret, encodeURIComponent(secret), new URLSearchParams({ '': secret }).toString().slice(1)])
      expect(stderr).not.toContain(form);
  });

  test('shows each try', async ({ cli }) => {
    cli.answer('POST', tokenEndpoint, { status: 503, headers: { 'retry-after': '0' } });
    answerToken(cli, 'abc');

    const { stderr } = await cli.run(['token', '-v'], { env: direct });
    expect(stderr.match(/^> POST /gm)).toHaveLength(2);
    expect(stderr.match(/^< (503|200)/gm)).toEqual(['< 503', '< 200']);
  });

  test('shows what a server sends without its control characters', async ({ cli }) => {
    answerToken(cli, 'abc', {}, { headers: { 'x-evil': 'a\u009b2Jb' } });

    const { stderr } = await cli.run(['token', '-v'], { env: direct });
    expect(stderr).toMatch(/^< x-evil: a/m);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });

  test('says where a jwks_uri is on another host than the issuer', async ({ cli }) => {
    const elsewhere = 'https://keys.example.net/jwks';
    answerMetadata(cli, { jwks_uri: elsewhere });
    cli.answer('GET', elsewhere, { json: { keys: [] } });

    const { stderr } = await cli.run(['verify', '-v', token], { env: byIssuer });
    expect(stderr).toMatch(/^\* .*keys\.example\.net/m);
  });
});

describe('-q', () => {
  test('leaves out warnings and notes, and never the failure', async ({ cli }) => {
    answerToken(cli, 'abc', { token_type: undefined });
    expect(await cli.run(['token', '-q', '-k'], { env: direct })).toMatchObject({
      exitCode: 0,
      stdout: 'abc\n',
      stderr: '',
    });

    cli.answer('POST', tokenEndpoint, { status: 400, json: { error: 'invalid_scope' } });
    const { exitCode, stderr } = await cli.run(['token', '-q', '--scope', 'a'], { env: direct });
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/^error\[invalid_scope\]: /);
  });
});
