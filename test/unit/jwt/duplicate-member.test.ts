import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { duplicateMember } from '../../../src/jwt/duplicate-member.ts';

describe('duplicateMember', () => {
  it.each<[string, string | undefined]>([
    ['{}', undefined],
    ['[]', undefined],
    ['1', undefined],
    ['"a"', undefined],
    ['{"a":1,"b":2}', undefined],
    ['{"a":1,"a":2}', 'a'],
    ['{"a":"\\"a\\":1","b":1}', undefined],
    ['{"a\\"b":1,"a\\u0022b":2}', 'a"b'],
    ['{"a\\\\":1,"b":2}', undefined],
    ['{"é":1,"\\u00e9":2}', 'é'],
    ['{"a":{"a":{"a":1}}}', undefined],
    ['{"a":{"b":1},"b":{"a":1},"c":{"d":1,"d":2}}', 'd'],
    ['[{"a":1},{"a":1}]', undefined],
    ['{"a" : 1 , "a"\n:\t2}', 'a'],
    ['{"constructor":1,"toString":2,"__proto__":3}', undefined],
  ])('of %s is %s', (source, expected) => {
    expect(duplicateMember(source, JSON.parse(source))).toBe(expected);
  });

  it('finds none in what JSON.stringify writes', () => {
    fc.assert(fc.property(fc.json(), (source) => duplicateMember(source, JSON.parse(source)) === undefined));
  });

  it('finds a member that is put in a second time, at any depth', () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 });
    fc.assert(
      fc.property(object, fc.array(fc.string()), (value, path) => {
        const [name = ''] = Object.keys(value);
        const twice = `${JSON.stringify(value).slice(0, -1)},${JSON.stringify(name)}:null}`;
        const nested = path.reduce((inner, key) => `{${JSON.stringify(key)}:[${inner}]}`, twice);
        expect(duplicateMember(nested, JSON.parse(nested))).toBe(name);
      }),
    );
  });
});
