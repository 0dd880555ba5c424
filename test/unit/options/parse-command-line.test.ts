import { describe, expect, it } from 'vitest';
import { callCommand } from '../../../src/commands/call.ts';
import { decodeCommand } from '../../../src/commands/decode.ts';
import { tokenCommand } from '../../../src/commands/token.ts';
import { HelpRequested, parseCommandLine } from '../../../src/options/parse-command-line.ts';
import { failureOf, wordsOf } from '../support/failure.ts';

const token = (...args: string[]) => parseCommandLine(tokenCommand, args);
const call = (...args: string[]) => parseCommandLine(callCommand, args);

describe('a command line', () => {
  it('gives the options by name, and the operands', () => {
    const { options, operands } = call(
      'https://api.example',
      '--scope',
      'a',
      '--scope',
      'b',
      '--no-cache',
      '-m',
      '5',
      '--issuer=https://as.example',
    );
    expect(Object.fromEntries(options)).toEqual({
      scope: ['a', 'b'],
      'no-cache': true,
      'max-time': ['5'],
      issuer: ['https://as.example'],
    });
    expect(operands).toEqual(['https://api.example']);
  });

  it('gives the values in the order in which they were typed', () => {
    const { sequence } = call('https://api.example', '-d', 'a', '--data-urlencode', 'b', '-d', 'c', '--json', '{}');
    expect(sequence).toEqual([
      ['data', 'a'],
      ['data-urlencode', 'b'],
      ['data', 'c'],
      ['json', '{}'],
    ]);
  });

  it('combines short options as curl does', () => {
    const { options } = call('-fsSL', '-XPUT', '-okk', '-H', 'a: b', 'https://api.example');
    expect(Object.fromEntries(options)).toEqual({
      fail: true,
      silent: true,
      'show-error': true,
      location: true,
      request: ['PUT'],
      output: ['kk'],
      header: ['a: b'],
    });
  });

  it('takes what follows -- for operands', () => {
    expect(parseCommandLine(decodeCommand, ['--', '-token']).operands).toEqual(['-token']);
  });

  it('takes - for an operand and for a value', () => {
    expect(parseCommandLine(decodeCommand, ['-']).operands).toEqual(['-']);
    expect(token('--client-secret-file', '-').options.get('client-secret-file')).toEqual(['-']);
  });

  it('knows --scope and --no-scope', () => {
    expect(token('--no-scope').options.get('scope')).toBe(false);
    expect(token('--scope', 'a').options.get('scope')).toEqual(['a']);
    expect(token().options.has('scope')).toBe(false);
  });

  it.each([['--help'], ['-h']])('asks for the help with %s', (arg) => {
    expect(() => token(arg)).toThrow(HelpRequested);
  });

  it('lets an empty --data be data', () => {
    expect(call('https://api.example', '-d', '').options.get('data')).toEqual(['']);
  });

  it.each([
    ['--proxy', ''],
    ['-x', ''],
    ['--noproxy', ''],
  ])('takes %s with an empty value for none, as curl does', (...args) => {
    expect(token(...args).options.get(args[0] === '--noproxy' ? 'noproxy' : 'proxy')).toEqual(['']);
  });
});

describe('a command line that is refused', () => {
  it.each([['--client-id'], ['--scope'], ['--client-secret-file'], ['--format']])('has an empty %s', async (name) => {
    expect(await failureOf(() => token(name, ''))).toMatchObject({ code: 'usage', message: `${name} is empty` });
  });

  it.each([
    ['--format', 'xml'],
    ['--color', 'sometimes'],
    ['--auth-method', 'client_secret_digest'],
    ['--basic-encoding', 'base64'],
  ])('has the unknown value of %s %s', async (name, value) => {
    const failure = await failureOf(() => token(name, value));
    expect(failure).toMatchObject({ code: 'usage', message: expect.stringContaining(`${name} takes one of`) });
    expect(failure.message).not.toContain(value);
  });

  it('names the value that is near', async () => {
    expect((await failureOf(() => token('--auth-method', 'client_secret_pots'))).hint).toBe(
      'did you mean client_secret_post',
    );
  });

  it.each([['--client-id'], ['-m'], ['--scope']])('lacks the value of %s', async (name) => {
    expect(await failureOf(() => token(name))).toMatchObject({
      code: 'usage',
      message: expect.stringContaining('needs a value'),
    });
  });

  it('lacks an operand', async () => {
    expect(await failureOf(() => call())).toMatchObject({ code: 'usage', message: expect.stringContaining('URL') });
  });

  it.each([
    ['--isuer', 'did you mean --issuer'],
    ['--isuer=https://as.example', 'did you mean --issuer'],
    ['--client-secret-fil', 'did you mean --client-secret-file'],
    ['--clientid', 'did you mean --client-id'],
    ['--nothing-like-it', 'ccgrant token --help lists them'],
  ])('has the unknown option %s: %s', async (arg, hint) => {
    expect(await failureOf(() => token(arg, 'x'))).toMatchObject({ code: 'unknown_option', hint });
  });

  it.each([
    ['-u', 'a:b', '--token-file'],
    ['--user', 'a:b', '--token-file'],
    ['-O', undefined, '--output'],
    ['-A', 'x', 'User-Agent'],
    ['-b', 'a=b', 'Cookie'],
    ['-E', 'x', 'certificate'],
  ])('has the option %s of curl, which is answered with a hint', async (name, value, words) => {
    const failure = await failureOf(() => call('https://api.example', name, ...(value === undefined ? [] : [value])));
    expect(failure).toMatchObject({ code: 'unknown_option', hint: expect.stringContaining(words) });
  });
});

describe('a secret on the command line', () => {
  it.each([
    ['--client-secret', 'S3cr3t'],
    ['--client-secret=S3cr3t'],
    ['--client_secret', 'S3cr3t'],
    ['--client_secret=S3cr3t'],
    ['--client-secert', 'S3cr3t'],
    ['--client-secert=S3cr3t'],
    ['--client-secrt=S3cr3t'],
    ['--clientsecret=S3cr3t'],
    ['--Client-Secret=S3cr3t'],
    ['--client-secrets', 'S3cr3t'],
    ['--client-sec=S3cr3t'],
    ['--secret=S3cr3t'],
    ['--password', 'S3cr3t'],
    ['--client-secret='],
    ['--client-secret'],
  ])('is refused, and not repeated: %s %s', async (...args) => {
    for (const command of [tokenCommand, decodeCommand, callCommand]) {
      const failure = await failureOf(() => parseCommandLine(command, args));
      expect(failure).toMatchObject({
        code: 'secret_on_command_line',
        hint: expect.stringContaining('--client-secret-file'),
      });
      expect(wordsOf(failure)).not.toContain('S3cr3t');
    }
  });

  it.each([
    ['S3cr3t'],
    ['--S3cr3t'],
    ['-S3cr3t'],
    ['--=S3cr3t'],
    ['--format', 'S3cr3t'],
    ['--color=S3cr3t'],
    ['--no-cache=S3cr3t'],
    ['--isuer=S3cr3t'],
    ['--client-secret-fiel=S3cr3t'],
    ['-client-secret', 'S3cr3t'],
    ['-p', 'S3cr3t'],
    ['--client-id', 'a', 'S3cr3t', 'S3cr3t'],
    ['-- ', 'S3cr3t'],
    ["--x'S3cr3t'", 'y'],
  ])('is not repeated where it stands by mistake: %s %s', async (...args) => {
    const failure = await failureOf(() => parseCommandLine(tokenCommand, args));
    expect(wordsOf(failure)).not.toContain('S3cr3t');
  });
});
