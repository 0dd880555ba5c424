import { describe, expect, it } from 'vitest';
import type { Profile, ProfileValue } from '../../../src/config/profile.ts';
import type { OptionRow, TypedValue } from '../../../src/options/option.ts';
import type { Rank, Setting } from '../../../src/settings/settings.ts';
import { Settings, toMilliseconds, toSeconds } from '../../../src/settings/settings.ts';
import { failureOf } from '../support/failure.ts';

const rows: OptionRow[] = [
  { name: 'client-id', value: 'ID', group: 'Client', summary: '', variable: 'CCGRANT_CLIENT_ID', inProfile: true },
  {
    name: 'scope',
    value: 'S',
    repeats: true,
    negatable: true,
    group: 'Client',
    summary: '',
    variable: 'CCGRANT_SCOPE',
    inProfile: true,
  },
  { name: 'no-cache', group: 'Cache', summary: '', variable: 'CCGRANT_NO_CACHE', inProfile: true },
  { name: 'out', value: 'FILE', group: 'Output', summary: '' },
];

interface Places {
  readonly option?: TypedValue;
  readonly named?: ProfileValue;
  readonly environment?: string;
  readonly byDefault?: ProfileValue;
}

function settings(name: string, { option, named, environment, byDefault }: Places): Settings {
  const variable = rows.find((row) => row.name === name)?.variable ?? '';
  const value = named ?? byDefault;
  const profile: Profile | undefined =
    value === undefined
      ? undefined
      : {
          name: 'dev',
          rank: named === undefined ? 'default profile' : 'named profile',
          directory: '/etc',
          values: new Map([[name.replaceAll('-', '_'), value]]),
        };
  return new Settings(
    rows,
    new Map(option === undefined ? [] : [[name, option]]),
    { [variable]: environment },
    profile,
  );
}

describe('precedence', () => {
  it.each<[string, Places, string | undefined, Rank | undefined, string | undefined]>([
    ['option', { option: ['o'], named: 'p', environment: 'e' }, 'o', 'option', '--client-id'],
    [
      'option before the default profile',
      { option: ['o'], environment: 'e', byDefault: 'd' },
      'o',
      'option',
      '--client-id',
    ],
    [
      'profile named by --profile before the environment',
      { named: 'p', environment: 'e' },
      'p',
      'named profile',
      'client_id in profile dev',
    ],
    [
      'environment before the default profile',
      { environment: 'e', byDefault: 'd' },
      'e',
      'environment',
      'CCGRANT_CLIENT_ID',
    ],
    ['default profile', { byDefault: 'd' }, 'd', 'default profile', 'client_id in profile dev'],
    [
      'an empty variable is unset',
      { environment: '', byDefault: 'd' },
      'd',
      'default profile',
      'client_id in profile dev',
    ],
    ['nothing', {}, undefined, undefined, undefined],
  ])('%s', (_, places, value, rank, name) => {
    const setting = settings('client-id', places).text('client-id');
    expect([setting?.value, setting?.origin.rank, setting?.origin.name]).toEqual([value, rank, name]);
  });

  it('replaces a list as a whole, never adds to it', () => {
    expect(settings('scope', { option: ['a', 'b'], environment: 'c d' }).list('scope')?.value).toEqual(['a', 'b']);
    expect(settings('scope', { named: ['a', 'b'], environment: 'c' }).list('scope')?.value).toEqual(['a', 'b']);
  });

  it('takes a list away with --no-scope, whatever the others say', () => {
    expect(settings('scope', { option: false, environment: 'c', byDefault: 'd' }).list('scope')).toBeUndefined();
    expect(settings('scope', { option: false, named: 'd' }).list('scope')).toBeUndefined();
  });

  it('takes the last of an option that was repeated and takes one value', () => {
    expect(settings('client-id', { option: ['a', 'b'] }).text('client-id')?.value).toBe('b');
  });

  it('knows no option that the command has not, and no variable for it', () => {
    expect(settings('client-id', { environment: 'e' }).text('issuer')).toBeUndefined();
    expect(settings('out', { named: 'x' }).text('out')).toBeUndefined();
  });
});

describe('a value that has to be one of several', () => {
  const method: OptionRow = {
    name: 'auth-method',
    value: 'M',
    choices: ['client_secret_basic', 'none'],
    group: 'Client',
    summary: '',
    variable: 'CCGRANT_AUTH_METHOD',
    inProfile: true,
  };
  const profile: Profile = {
    name: 'dev',
    rank: 'named profile',
    values: new Map([['auth_method', 'basic']]),
    directory: '/etc',
  };

  it.each<[string, Profile | undefined, string | undefined]>([
    ['CCGRANT_AUTH_METHOD', undefined, 'basic'],
    ['auth_method in profile dev', profile, undefined],
  ])('is refused from %s too', async (name, from, CCGRANT_AUTH_METHOD) => {
    const read = () => new Settings([method], new Map(), { CCGRANT_AUTH_METHOD }, from).text('auth-method');
    expect(await failureOf(read)).toMatchObject({ code: 'config_invalid', message: expect.stringContaining(name) });
  });

  it('is taken from a variable when it is one of them', () => {
    const settings = new Settings([method], new Map(), { CCGRANT_AUTH_METHOD: 'none' }, undefined);
    expect(settings.text('auth-method')?.value).toBe('none');
  });
});

describe('a flag', () => {
  it.each<[Places, boolean]>([
    [{}, false],
    [{ option: true }, true],
    [{ environment: '1' }, true],
    [{ environment: 'true' }, true],
    [{ environment: 'YES' }, true],
    [{ environment: '0' }, false],
    [{ environment: 'false' }, false],
    [{ environment: 'no' }, false],
    [{ environment: '' }, false],
    [{ named: true }, true],
    [{ named: false, environment: '1' }, false],
    [{ byDefault: true, environment: '0' }, false],
    [{ option: true, named: false }, true],
  ])('of %j is %s', (places, value) => {
    expect(settings('no-cache', places).flag('no-cache')).toBe(value);
  });

  it.each(['2', 'on', 'maybe'])('cannot be %j', async (environment) => {
    expect(await failureOf(() => settings('no-cache', { environment }).flag('no-cache'))).toMatchObject({
      code: 'config_invalid',
      message: 'CCGRANT_NO_CACHE is neither true nor false',
    });
  });
});

const given = (value: string): Setting<string> => ({ value, origin: { rank: 'option', name: '--min-ttl' } });

describe('a duration', () => {
  it.each([
    ['0', 0],
    ['90', 90],
    ['90s', 90],
    ['5m', 300],
    ['1h', 3600],
    ['2d', 172_800],
    ['1h30m', 5400],
    ['1d2h3m4s', 93_784],
    ['0s', 0],
    ['007s', 7],
  ])('%s is %i s', (value, seconds) => {
    expect(toSeconds(given(value))).toBe(seconds);
  });

  it.each([
    '',
    ' ',
    '-1',
    '-5m',
    '+5',
    '1.5h',
    '5 m',
    '5M',
    '5x',
    's',
    'm5',
    '1e3',
    '0x10',
    '٣s',
    '5m ',
    '1h30',
    'PT5M',
    '99999999999',
  ])('is not %j', async (value) => {
    expect(await failureOf(() => toSeconds(given(value)))).toMatchObject({
      code: 'usage',
      message: expect.stringContaining('--min-ttl'),
    });
  });
});

describe('a number of seconds as curl takes it', () => {
  it.each([
    ['0', 0],
    ['30', 30_000],
    ['0.5', 500],
    ['.5', 500],
    ['5.', 5000],
    ['2.25', 2250],
  ])('%s is %d ms', (value, milliseconds) => {
    expect(toMilliseconds(given(value))).toBe(milliseconds);
  });

  it.each(['', '-1', '-0.5', 'abc', '1e3', '5s', '1,5', 'Infinity', 'NaN', '0x10', '99999999999', '.'])(
    'is not %j',
    async (value) => {
      expect(await failureOf(() => toMilliseconds(given(value)))).toMatchObject({
        code: 'usage',
        message: expect.stringContaining('--min-ttl'),
      });
    },
  );
});
