import { describe, expect, it } from 'vitest';
import { requestOptions } from '../../../src/options/request-options.ts';
import { resolveRequest } from '../../../src/settings/resolve-request.ts';
import { Settings } from '../../../src/settings/settings.ts';
import { failureOf, wordsOf } from '../support/failure.ts';

function resolve(typed: Record<string, string[] | boolean>, env = {}) {
  return resolveRequest(new Settings(requestOptions, new Map(Object.entries(typed)), env, undefined));
}

describe('scope', () => {
  it.each<[string, string[], string[]]>([
    ['one value', ['a'], ['a']],
    ['several values', ['a', 'b'], ['a', 'b']],
    ['several in one value', ['a b'], ['a', 'b']],
    ['both', ['a b', 'c'], ['a', 'b', 'c']],
    ['blanks of any number', ['  a   b '], ['a', 'b']],
    ['line ends and tabs, as from a file', ['a\nb\tc\r\n'], ['a', 'b', 'c']],
    ['the same twice', ['a b', 'b', 'a'], ['a', 'b']],
    ['every character that a scope may have', ["!#$%&'()*+,-./:;<=>?@[]^_`{|}~"], ["!#$%&'()*+,-./:;<=>?@[]^_`{|}~"]],
    ['a URL', ['https://graph.example/.default'], ['https://graph.example/.default']],
    ['an empty value beside another', ['', 'a'], ['a']],
  ])('is read from %s', (_, values, scope) => {
    expect(resolve({ scope: values }).scope).toEqual(scope);
  });

  it.each([[['']], [[' ']], [['\n', '']]])('is refused when it is empty: %j', async (values) => {
    expect(await failureOf(() => resolve({ scope: values }))).toMatchObject({
      code: 'usage',
      hint: expect.stringContaining('--no-scope'),
    });
  });

  it.each(['a"b', 'a\\b', 'ü', 'a\u007fb', 'a\u0000b', '🦊', 'a\u00a0b'.replace('\u00a0', '\u200b')])(
    'may not have %j',
    async (value) => {
      expect(await failureOf(() => resolve({ scope: [value] }))).toMatchObject({
        code: 'usage',
        message: expect.stringContaining('--scope'),
      });
    },
  );

  it('is none when nobody says one, or says that there is none', () => {
    expect(resolve({}).scope).toEqual([]);
    expect(resolve({ scope: false }, { CCGRANT_SCOPE: 'a' }).scope).toEqual([]);
  });

  it('comes from CCGRANT_SCOPE, which --scope replaces', () => {
    expect(resolve({}, { CCGRANT_SCOPE: 'a b' }).scope).toEqual(['a', 'b']);
    expect(resolve({ scope: ['c'] }, { CCGRANT_SCOPE: 'a b' }).scope).toEqual(['c']);
  });
});

describe('audience, resource and further parameters', () => {
  it('keep their order and their values', () => {
    expect(
      resolve({
        audience: ['b', 'a b'],
        resource: ['https://b.example', 'urn:x:y'],
        param: ['t=1', 'u=a=b', 'v=', 'w=ü &'],
      }),
    ).toEqual({
      scope: [],
      audience: ['b', 'a b'],
      resource: ['https://b.example', 'urn:x:y'],
      parameters: [
        ['t', '1'],
        ['u', 'a=b'],
        ['v', ''],
        ['w', 'ü &'],
      ],
    });
  });

  it.each(['api', '/relative', 'https://api.example#part', 'https://api.example/#', ''])(
    'a resource cannot be %j (RFC 8707 section 2)',
    async (value) => {
      expect(await failureOf(() => resolve({ resource: [value] }))).toMatchObject({
        code: 'usage',
        hint: expect.stringContaining('https://'),
      });
    },
  );

  it.each(['noequals', '=value', 'a b=c', '', ' =x'])('a parameter cannot be %j', async (value) => {
    expect(await failureOf(() => resolve({ param: [value] }))).toMatchObject({
      code: 'usage',
      message: '--param takes NAME=VALUE',
    });
  });

  it.each([
    'grant_type',
    'client_id',
    'client_secret',
    'client_assertion',
    'client_assertion_type',
    'scope',
    'audience',
    'resource',
  ])('a parameter cannot set %s', async (name) => {
    const failure = await failureOf(() => resolve({ param: [`${name}=S3cr3t`] }));
    expect(failure).toMatchObject({ code: 'usage', message: `--param cannot set ${name}` });
    expect(wordsOf(failure)).not.toContain('S3cr3t');
  });
});
