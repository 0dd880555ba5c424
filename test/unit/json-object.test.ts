import { describe, expect, it } from 'vitest';
import { parseJsonObject } from '../../src/json-object.ts';

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('parseJsonObject', () => {
  it.each<[string, object]>([
    ['{}', {}],
    [' {"a":1}\n', { a: 1 }],
    ['\ufeff{"a":1}', { a: 1 }],
    ['{"a":{"b":[null,true,"c"]}}', { a: { b: [null, true, 'c'] } }],
    ['{"a":1,"a":2}', { a: 2 }],
  ])('reads %j', (source, value) => {
    expect(parseJsonObject(source)).toEqual(value);
  });

  it.each(['', ' ', 'null', '1', '"x"', 'true', '[]', '[{}]', '{', '{"a":}', "{'a':1}", '{}{}', '<html>', '\ufeff'])(
    'is undefined for %j',
    (source) => {
      expect(parseJsonObject(source)).toBeUndefined();
    },
  );

  it('keeps a member called __proto__ a member', () => {
    const value = parseJsonObject('{"__proto__":{"error":"x"}}');
    expect(Object.keys(value ?? {})).toEqual(['__proto__']);
    expect(value?.error).toBeUndefined();
  });

  it.each([1000, 100_000])('leaves out what is nested %i levels deep, and keeps the rest', (depth) => {
    expect(parseJsonObject(`{"a":1,"deep":${nested(depth)},"b":2}`)).toEqual({ a: 1, b: 2 });
  });

  it('keeps what is nested as deep as anything sensible', () => {
    expect(Object.keys(parseJsonObject(`{"a":${nested(30)}}`) ?? {})).toEqual(['a']);
  });
});
