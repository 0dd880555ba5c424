import { mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readConfigFile } from '../../../src/config/config-file.ts';
import { failureOf, wordsOf } from '../support/failure.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const at = temporaryDirectory();
const keys = new Set(['issuer', 'client_id', 'client_secret_file', 'client_secret_command', 'scope', 'no_cache']);

function read(source: string | Uint8Array, isRequired = true) {
  writeFileSync(at('config.toml'), source);
  return readConfigFile(at('config.toml'), isRequired, keys);
}

describe('readConfigFile', () => {
  it('reads profiles of strings, arrays of strings and booleans, and the default one', async () => {
    const config = await read(`
      default_profile = "dev"
      [profiles.dev] # a comment
      issuer = "http://localhost:8080/realms/myorg"
      scope = ["a", "b"]
      no_cache = true
      [profiles."with blanks"]
      client_secret_command = ["pass", "show", "x y"]
    `);
    expect(config?.defaultProfile).toBe('dev');
    expect(Object.fromEntries(config?.profiles.get('dev') ?? [])).toEqual({
      issuer: 'http://localhost:8080/realms/myorg',
      scope: ['a', 'b'],
      no_cache: true,
    });
    expect(config?.profiles.get('with blanks')?.get('client_secret_command')).toEqual(['pass', 'show', 'x y']);
  });

  it.each(['', '# nothing\n', '[profiles]\n', '[profiles.dev]\n'])(
    'reads a file with nothing in it: %j',
    async (source) => {
      expect((await read(source))?.defaultProfile).toBeUndefined();
    },
  );

  it('reads a file with a byte order mark and CRLF', async () => {
    const config = await read('\ufeff[profiles.dev]\r\nissuer = "https://as.example"\r\n');
    expect(config?.profiles.get('dev')?.get('issuer')).toBe('https://as.example');
  });

  it('keeps profiles with the names of object members apart from the object', async () => {
    const config = await read('[profiles.__proto__]\nissuer = "https://a.example"\n[profiles.constructor]\n');
    expect(config?.profiles.get('__proto__')?.get('issuer')).toBe('https://a.example');
    expect(config?.profiles.has('toString')).toBe(false);
  });

  it('may be missing unless it was named', async () => {
    expect(await readConfigFile(at('none.toml'), false, keys)).toBeUndefined();
    expect(await failureOf(() => readConfigFile(at('none.toml'), true, keys))).toMatchObject({
      code: 'file_unusable',
      message: expect.stringContaining('does not exist'),
    });
  });

  it('is unusable as a directory, named or not', async () => {
    mkdirSync(at('dir'));
    for (const isRequired of [true, false])
      expect(await failureOf(() => readConfigFile(at('dir'), isRequired, keys))).toMatchObject({
        code: 'file_unusable',
      });
  });
});

describe('an error in the file', () => {
  it.each<[string, string, number, number]>([
    ['a value without quotes', 'a = 1\nb = S3cr3t', 2, 5],
    ['an open string', '[profiles.dev]\nclient_secret_file = "S3cr3t', 2, 22],
    ['a line without an equals sign', '\n\nS3cr3t', 3, 1],
    ['a key twice', '[profiles.dev]\nissuer = "S3cr3t"\nissuer = "S3cr3t"', 3, 1],
    ['text behind a value', 'default_profile = "dev" S3cr3t', 1, 25],
    ['an unknown escape', 'default_profile = "\\qS3cr3t"', 1, 22],
  ])('is told by line and column, and quotes nothing: %s', async (_, source, line, column) => {
    const failure = await failureOf(() => read(source));
    expect(failure.code).toBe('config_invalid');
    expect(failure.message).toMatch(new RegExp(`^${at('config.toml')}, line ${line}, column \\d+: `));
    expect(Math.abs(Number(/column (\d+)/.exec(failure.message)?.[1]) - column)).toBeLessThanOrEqual(1);
    expect(wordsOf(failure)).not.toContain('S3cr3t');
    expect(failure.message).not.toContain('\n');
  });

  it.each([
    ['client_secret', 'client_secret = "S3cr3t"'],
    ['client_secret as a table', 'client_secret = { value = "S3cr3t" }'],
  ])('is %s itself, which no configuration file holds', async (_, line) => {
    const failure = await failureOf(() => read(`[profiles.dev]\n${line}`));
    expect(failure).toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('client_secret'),
      hint: expect.stringContaining('client_secret_file'),
    });
    expect(wordsOf(failure)).not.toContain('S3cr3t');
  });

  it.each([
    ['isuer', 'did you mean issuer'],
    ['client-id', 'did you mean client_id'],
    ['scopes', 'did you mean scope'],
    ['client_secret_comand', 'did you mean client_secret_command'],
    ['nothing_like_it', undefined],
  ])('is the unknown key %s of a profile: %s', async (key, hint) => {
    const failure = await failureOf(() => read(`[profiles.dev]\n"${key}" = "S3cr3t"`));
    expect(failure).toMatchObject({ code: 'config_invalid', message: expect.stringContaining(key) });
    expect(failure.hint).toBe(hint);
    expect(wordsOf(failure)).not.toContain('S3cr3t');
  });

  it.each([
    ['default_profil = "dev"', 'did you mean default_profile'],
    ['[profile.dev]', 'did you mean profiles'],
    ['issuer = "https://as.example"', undefined],
  ])('is the unknown key at the top in %s', async (source, hint) => {
    const failure = await failureOf(() => read(source));
    expect(failure).toMatchObject({ code: 'config_invalid', message: expect.stringContaining('at the top') });
    expect(failure.hint).toBe(hint);
  });

  it.each([
    ['a default profile that is no string', 'default_profile = 1'],
    ['profiles that are no table', 'profiles = "dev"'],
    ['a profile that is no table', '[profiles]\ndev = "x"'],
    ['a list of profiles', '[[profiles.dev]]\nissuer = "x"'],
    ['an array of numbers', '[profiles.dev]\nscope = [1, 2]'],
    ['a table for a value', '[profiles.dev.issuer]\nurl = "x"'],
    ['a date for a value', '[profiles.dev]\nissuer = 2026-01-01'],
    ['a date for the profiles', 'profiles = 2026-01-01'],
  ])('is %s', async (_, source) => {
    expect(await failureOf(() => read(source))).toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining(at('config.toml')),
    });
  });
});
