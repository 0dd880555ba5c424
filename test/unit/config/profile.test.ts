import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ProfileChoice } from '../../../src/config/profile.ts';
import { loadProfile } from '../../../src/config/profile.ts';
import { failureOf } from '../support/failure.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { ContextOptions } from '../support/test-context.ts';
import { createContext } from '../support/test-context.ts';

const at = temporaryDirectory();
const keys = {
  all: new Set(['issuer', 'client_secret_file', 'cacert']),
  paths: new Set(['client_secret_file', 'cacert']),
};
const nothing: ProfileChoice = { configFile: undefined, named: undefined, fallback: undefined };

function write(path: string, source: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, source);
  return path;
}

async function load(choice: Partial<ProfileChoice>, options: ContextOptions = {}) {
  const { ctx } = await createContext({
    ...options,
    host: { home: at('home'), workingDirectory: at('work'), ...options.host },
  });
  return loadProfile({ ...nothing, ...choice }, async () => keys, ctx);
}

const two =
  'default_profile = "a"\n[profiles.a]\nissuer = "https://a.example"\n[profiles.b]\nissuer = "https://b.example"\n';

describe('which profile applies', () => {
  it.each<[string, Partial<ProfileChoice>, string, string]>([
    ['the default one', {}, 'a', 'default profile'],
    ['the one of CCGRANT_PROFILE', { fallback: 'b' }, 'b', 'default profile'],
    ['the one of --profile', { named: 'b' }, 'b', 'named profile'],
    ['the one of --profile before CCGRANT_PROFILE', { named: 'a', fallback: 'b' }, 'a', 'named profile'],
  ])('%s', async (_, choice, name, rank) => {
    const configFile = write(at('c.toml'), two);
    expect(await load({ configFile, ...choice })).toMatchObject({ name, rank });
  });

  it('none when nobody names one', async () => {
    expect(await load({ configFile: write(at('c.toml'), '[profiles.a]\n') })).toBeUndefined();
    expect(await load({})).toBeUndefined();
  });

  it.each<[string, Partial<ProfileChoice>, string]>([
    ['prod', { named: 'prod' }, 'it has dev, stage'],
    ['a typing error', { fallback: 'dve' }, 'did you mean dev'],
  ])('none called %s', async (_, choice, hint) => {
    const configFile = write(at('c.toml'), '[profiles.dev]\n[profiles.stage]\n');
    expect(await failureOf(() => load({ configFile, ...choice }))).toMatchObject({
      code: 'unknown_profile',
      hint: expect.stringContaining(hint),
    });
  });

  it('none although one is named, when there is no file', async () => {
    expect(await failureOf(() => load({ named: 'dev' }))).toMatchObject({
      code: 'unknown_profile',
      message: expect.stringMatching(/^no profile dev: there is no file \/.*config\.toml$/),
      hint: 'write it, with [profiles.dev] in it, or name another with --config FILE',
    });
  });

  it('none although one is named, when the file has none', async () => {
    const configFile = write(at('c.toml'), '');
    expect(await failureOf(() => load({ configFile, named: 'dev' }))).toMatchObject({
      code: 'unknown_profile',
      hint: 'it has no profiles: they begin with [profiles.NAME]',
    });
  });

  it('none that the default names and the file has not', async () => {
    const configFile = write(at('c.toml'), 'default_profile = "gone"\n');
    expect(await failureOf(() => load({ configFile }))).toMatchObject({ code: 'unknown_profile' });
  });
});

describe('where the file is', () => {
  it('~/.config/ccgrant/config.toml', async () => {
    write(at('home', '.config', 'ccgrant', 'config.toml'), two);
    expect((await load({}))?.name).toBe('a');
  });

  it('$XDG_CONFIG_HOME/ccgrant/config.toml', async () => {
    write(at('xdg', 'ccgrant', 'config.toml'), two);
    expect((await load({}, { env: { XDG_CONFIG_HOME: at('xdg') } }))?.name).toBe('a');
  });

  it.each(['', 'relative', './relative'])(
    'not below a XDG_CONFIG_HOME that is %j: the XDG specification says to ignore it',
    async (value) => {
      write(at('home', '.config', 'ccgrant', 'config.toml'), two);
      write(at('work', 'relative', 'ccgrant', 'config.toml'), '[profiles.evil]\n');
      expect((await load({}, { env: { XDG_CONFIG_HOME: value } }))?.name).toBe('a');
    },
  );

  it('never the working directory', async () => {
    for (const name of [
      'ccgrant.toml',
      '.ccgrant.toml',
      'config.toml',
      '.config/ccgrant/config.toml',
      'ccgrant/config.toml',
    ])
      write(at('work', name), two);
    expect(await load({})).toBeUndefined();
  });

  it('a file that was named, relative to the working directory', async () => {
    write(at('work', 'my.toml'), two);
    expect((await load({ configFile: 'my.toml' }))?.name).toBe('a');
    expect(await failureOf(() => load({ configFile: 'other.toml' }))).toMatchObject({ code: 'file_unusable' });
  });
});

describe('paths in a profile', () => {
  it.each([
    ['~/.secrets/a', ['home', '.secrets', 'a']],
    ['~', ['home']],
    ['secret.txt', ['conf', 'secret.txt']],
    ['../secret.txt', ['secret.txt']],
    ['~user/secret', ['conf', '~user', 'secret']],
  ])('%s starts at the home directory or at the file', async (path, expected) => {
    const configFile = write(at('conf', 'c.toml'), `[profiles.a]\nclient_secret_file = "${path}"\nissuer = "~/x"\n`);
    const profile = await load({ configFile, named: 'a' });
    expect(profile?.values.get('client_secret_file')).toBe(at(...expected));
    expect(profile?.values.get('issuer')).toBe('~/x');
  });

  it('is left alone when it is absolute or standard input', async () => {
    const configFile = write(at('c.toml'), '[profiles.a]\nclient_secret_file = "-"\ncacert = "/etc/ca.pem"\n');
    const profile = await load({ configFile, named: 'a' });
    expect([profile?.values.get('client_secret_file'), profile?.values.get('cacert')]).toEqual(['-', '/etc/ca.pem']);
  });
});
