import { describe, expect, it } from 'vitest';
import { HttpHeaders } from '../../../src/http/headers.ts';

const headers = new HttpHeaders([
  ['Accept', 'a'],
  ['X-Two', '1'],
  ['x-two', '2'],
]);

describe('HttpHeaders', () => {
  it.each(['accept', 'Accept', 'ACCEPT'])('finds a field by the name %s', (name) => {
    expect(headers.get(name)).toBe('a');
    expect(headers.has(name)).toBe(true);
  });

  it('joins repeated fields by a comma (RFC 9110 section 5.3)', () => {
    expect(headers.get('X-TWO')).toBe('1, 2');
  });

  it('is undefined for a field that is not there, and empty for one without a value', () => {
    expect(headers.get('x-three')).toBeUndefined();
    expect(new HttpHeaders([['x', '']]).get('x')).toBe('');
    expect(new HttpHeaders([['x', '']]).has('x')).toBe(true);
  });

  it('replaces every field of a name', () => {
    expect([...headers.with('x-TWO', '3')]).toEqual([
      ['Accept', 'a'],
      ['x-TWO', '3'],
    ]);
  });

  it('leaves fields out', () => {
    expect([...headers.without('X-two')]).toEqual([['Accept', 'a']]);
  });

  it('never changes itself', () => {
    headers.with('accept', 'b');
    headers.without('accept');
    expect([...headers]).toEqual([
      ['Accept', 'a'],
      ['X-Two', '1'],
      ['x-two', '2'],
    ]);
  });
});
