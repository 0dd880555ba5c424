import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLineWriter, safeJson } from '../../../src/render/json.ts';

const neverShown = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]|(?=\p{Cf})\p{Default_Ignorable_Code_Point}/u;
const anyJson = fc.jsonValue({ stringUnit: 'binary' });

describe('safeJson', () => {
  it.each<[unknown, string]>([
    ['\u007f', '"\\u007f"'],
    ['\u009b', '"\\u009b"'],
    ['\u202e', '"\\u202e"'],
    ['\u200b', '"\\u200b"'],
    ['\u2028', '"\\u2028"'],
    ['\ufeff', '"\\ufeff"'],
    ['\u{e0041}', '"\\udb40\\udc41"'],
    ['\n\r\t\u001b', '"\\n\\r\\t\\u001b"'],
    ['🦊 ü', '"🦊 ü"'],
    [{ '\u202ea': 1 }, '{"\\u202ea":1}'],
    [[1, null, true], '[1,null,true]'],
  ])('of %j is %s', (value, json) => {
    expect(safeJson(value).value).toBe(json);
  });

  it('is read back by any JSON parser, and shows nothing that cannot be seen', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        const { value: json } = safeJson(value);
        expect(JSON.stringify(JSON.parse(json))).toBe(JSON.stringify(value));
        expect(json).not.toMatch(neverShown);
      }),
      { numRuns: 500 },
    );
  });

  it('has line feeds between members only when it is indented', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        const { value: json } = safeJson(value, 2);
        expect(JSON.stringify(JSON.parse(json))).toBe(JSON.stringify(value));
        for (const line of json.split('\n')) expect(line).not.toMatch(neverShown);
      }),
    );
  });

  it('shows every invisible character by its number, wherever it stands', () => {
    for (let code = 0; code <= 0x10ffff; code += 1) {
      const character = String.fromCodePoint(code);
      if (!neverShown.test(character)) continue;
      const { value: json } = safeJson(character);
      if (neverShown.test(json) || JSON.parse(json) !== character) expect.unreachable(`U+${code.toString(16)}`);
    }
  });

  it.each([1000, 5000, 100_000])(
    'never ends the program, however deep a server or a token nests: %i levels',
    (depth) => {
      const nested = JSON.parse('['.repeat(depth) + ']'.repeat(depth));
      expect(safeJson(nested).value.length).toBeGreaterThan(0);
      expect(safeJson(nested, 2).value.length).toBeGreaterThan(0);
    },
  );
});

describe('a line writer', () => {
  const item = fc.constantFrom<unknown>({ check: 'exp', ok: true }, { reason: 'ab\u202e' }, 1, 'a"b', null);
  const list = fc.array(item, { maxLength: 3 });
  const member = fc.oneof(anyJson, fc.string(), list, fc.constantFrom<unknown>({ alg: 'RS256' }, '##[x]', undefined));
  const names = ['valid', '\u200bheader', '__proto'];
  const objects = fc.array(fc.dictionary(fc.constantFrom(...names), member), { maxLength: 8 });

  it('writes each object as safeJson does, whatever it has written before', () => {
    fc.assert(
      fc.property(objects, (values) => {
        const write = createLineWriter();
        expect(values.map((value) => write(value).value)).toEqual(values.map((value) => safeJson(value).value));
      }),
    );
  });

  it.each(['"', '\\', '\u001f', '\u007f', '\u0080', '##[', 'ü', ''])(
    'writes the string %j between others as safeJson does',
    (string) => {
      const value = { before: 'a', string: `a${string}b`, alone: string, after: 'b' };
      expect(createLineWriter()(value)).toEqual(safeJson(value));
    },
  );
});
