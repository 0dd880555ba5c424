import { describe, expect, it } from 'vitest';
import { plainStyle } from '../../../src/io/style.ts';
import { decodeJwt } from '../../../src/jwt/decode.ts';
import { renderDecoded } from '../../../src/render/decoded-token.ts';
import { compact, encode } from '../support/json-web-token.ts';

const now = 1_700_000_000;
const show = (token: string) => renderDecoded(decodeJwt(token), plainStyle, now).value;

describe('renderDecoded', () => {
  it('shows header and claims as JSON, and beside each time what it means', () => {
    const token = compact(
      { alg: 'RS256' },
      { sub: 'ci-bot', iat: now - 10, nbf: now, exp: now + 299, aud: ['a', 'b'] },
    );
    expect(show(token)).toBe(
      [
        'header',
        '{',
        '  "alg": "RS256"',
        '}',
        'claims',
        '{',
        '  "sub": "ci-bot",',
        '  "iat": 1699999990,  // 2023-11-14T22:13:10Z, 10 seconds ago',
        '  "nbf": 1700000000,  // 2023-11-14T22:13:20Z, now',
        '  "exp": 1700000299,  // 2023-11-14T22:18:19Z, in 4 minutes 59 seconds',
        '  "aud": [',
        '    "a",',
        '    "b"',
        '  ]',
        '}',
      ].join('\n'),
    );
  });

  it.each<[object, string]>([
    [{ exp: now }, 'EXPIRED'],
    [{ exp: now - 1 }, 'EXPIRED'],
    [{ nbf: now + 1 }, 'NOT YET VALID'],
  ])('marks %j', (claims, mark) => {
    expect(show(compact({}, claims))).toContain(mark);
  });

  it.each<[string, object]>([
    ['a text', { exp: 'soon' }],
    ['beyond any date', { exp: 1e300 }],
    ['an object', { iat: {} }],
    ['null', { nbf: null }],
  ])('shows a time that is %s without a meaning', (_, claims) => {
    expect(show(compact({}, claims))).not.toContain('//');
  });

  it('shows the header of a JWE only', () => {
    expect(show(`${encode({ alg: 'dir' })}..aXY.dGV4dA.dGFn`)).toBe('header\n{\n  "alg": "dir"\n}');
  });

  it('shows an empty claims set', () => {
    expect(show(compact({}, {}))).toBe('header\n{}\nclaims\n{}');
  });

  it('lets nothing of the token reach the terminal raw, not even a name', () => {
    const evil = '\u001b]0;x\u0007\u202e\n::set-env name=PATH::/tmp\u009b2J';
    const shown = show(compact({ [evil]: evil }, { [evil]: { [evil]: [evil] } }));
    expect(shown.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
    for (const line of shown.split('\n')) expect(line.trimStart()).not.toMatch(/^(::|##)/);
  });
});
