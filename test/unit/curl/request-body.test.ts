import { writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collectData, readInput } from '../../../src/curl/request-body.ts';
import { failureOf } from '../support/failure.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { createContext } from '../support/test-context.ts';

const at = temporaryDirectory();

async function collect(typed: [string, string][], stdin = '') {
  const { ctx } = await createContext({ stdin, host: { workingDirectory: at() } });
  const data = await collectData(typed, ctx);
  return data && { text: Buffer.from(data.bytes).toString(), isJson: data.isJson };
}

describe('the data of a request', () => {
  it.each<[string, [string, string][], string]>([
    ['one', [['data', 'a=1']], 'a=1'],
    [
      'two, with an ampersand',
      [
        ['data', 'a=1'],
        ['data', 'b=2'],
      ],
      'a=1&b=2',
    ],
    [
      'all kinds in the order in which they were typed',
      [
        ['data-raw', 'a'],
        ['data-urlencode', 'b=%'],
        ['data', 'c'],
        ['data-binary', 'd'],
      ],
      'a&b=%25&c&d',
    ],
    ['an empty one', [['data', '']], ''],
    [
      'an empty one before another',
      [
        ['data', ''],
        ['data', 'a'],
      ],
      '&a',
    ],
    ['bytes as they are, not encoded', [['data', 'a=b c&ü']], 'a=b c&ü'],
    [
      'other options left aside',
      [
        ['header', 'x: y'],
        ['data', 'a'],
        ['form', 'b=c'],
      ],
      'a',
    ],
    ['@ in the middle', [['data', 'mail=a@b']], 'mail=a@b'],
    ['@ in --data-raw', [['data-raw', '@file']], '@file'],
  ])('joins %s', async (_, typed, text) => {
    expect(await collect(typed)).toEqual({ text, isJson: false });
  });

  it.each<[string, [string, string][], string]>([
    ['one', [['json', '{"a":1}']], '{"a":1}'],
    [
      'several without anything between',
      [
        ['json', '{"a":'],
        ['json', '1}'],
      ],
      '{"a":1}',
    ],
    [
      'data behind it with an ampersand',
      [
        ['json', '{}'],
        ['data', 'x'],
      ],
      '{}&x',
    ],
    [
      'data before it without',
      [
        ['data', 'x'],
        ['json', '{}'],
      ],
      'x{}',
    ],
  ])('joins --json, %s', async (_, typed, text) => {
    expect(await collect(typed)).toEqual({ text, isJson: true });
  });

  it('is undefined when there is none', async () => {
    expect(await collect([['header', 'x: y']])).toBeUndefined();
  });

  it('comes from files: without line ends for --data, byte for byte elsewhere', async () => {
    writeFileSync(at('file'), 'a b\r\nc\0d\n');
    expect(await collect([['data', '@file']])).toMatchObject({ text: 'a bcd' });
    expect(await collect([['data-binary', '@file']])).toMatchObject({ text: 'a b\r\nc\0d\n' });
    expect(await collect([['json', '@file']])).toMatchObject({ text: 'a b\r\nc\0d\n' });
    expect(
      await collect([
        ['data', `@${at('file')}`],
        ['data', 'x'],
      ]),
    ).toMatchObject({ text: 'a bcd&x' });
  });

  it('comes from standard input', async () => {
    expect(await collect([['data', '@-']], 'a\nb\n')).toMatchObject({ text: 'ab' });
    expect(await collect([['data-binary', '@-']], 'a\nb\n')).toMatchObject({ text: 'a\nb\n' });
  });

  it.each(['data', 'data-binary', 'json', 'data-urlencode'])('--%s refuses a file that is not there', async (name) => {
    expect(await failureOf(() => collect([[name, '@none']]))).toMatchObject({
      code: 'file_unusable',
      message: expect.stringContaining('none'),
    });
  });
});

describe('--data-urlencode', () => {
  const encode = async (value: string) => (await collect([['data-urlencode', value]]))?.text;

  it.each([
    ['a&b', 'a%26b'],
    ['=a=b&', 'a%3Db%26'],
    ['name=a&b=c', 'name=a%26b%3Dc'],
    ['na me=v', 'na me=v'],
    ['user@host=x', 'user@host=x'],
    ['', ''],
    ['name=', 'name='],
    ['=', ''],
    ['AZaz09-._~', 'AZaz09-._~'],
    ['ü', '%C3%BC'],
    ["*'()!", '%2A%27%28%29%21'],
    ['+', '%2B'],
    ['a\nb', 'a%0Ab'],
  ])('%j gives %j', async (value, encoded) => {
    expect(await encode(value)).toBe(encoded);
  });

  it('takes the content of a file, with and without a name, and with its line ends', async () => {
    writeFileSync(at('file'), Buffer.from('a&b\n\xff', 'latin1'));
    expect(await encode('@file')).toBe('a%26b%0A%FF');
    expect(await encode('name@file')).toBe('name=a%26b%0A%FF');
    expect(await encode(`name@${at('file')}`)).toBe('name=a%26b%0A%FF');
  });

  it('is read back by a server that decodes forms, for any value', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (value) => {
        expect(new URLSearchParams((await encode(`name=${value}`)) ?? '').get('name')).toBe(value);
      }),
    );
  });
});

describe('readInput', () => {
  it('names the file that cannot be read, and why', async () => {
    const { ctx } = await createContext({ host: { workingDirectory: at() } });
    expect(await failureOf(() => readInput('none', ctx))).toMatchObject({
      code: 'file_unusable',
      message: 'none does not exist',
    });
    expect(await failureOf(() => readInput('.', ctx))).toMatchObject({
      code: 'file_unusable',
      message: '. is a directory',
    });
  });
});
