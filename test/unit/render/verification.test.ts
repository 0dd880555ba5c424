import { describe, expect, it } from 'vitest';
import { plainStyle } from '../../../src/io/style.ts';
import { renderVerification } from '../../../src/render/verification.ts';

const now = 1_700_000_000;

describe('renderVerification', () => {
  it('shows the verdict, every check, and the claims that count', () => {
    const checks = [
      { check: 'alg', ok: true },
      { check: 'signature', ok: true },
      { check: 'aud', ok: null, reason: 'no --audience given' },
      { check: 'exp', ok: false, reason: 'expired 2023-11-14T22:13:20Z' },
    ];
    const shown = renderVerification({ valid: false, checks, header: {}, payload: { exp: now } }, plainStyle, now);
    expect(shown.value).toBe(
      [
        'NOT VALID',
        '  alg       ok',
        '  signature ok',
        '  aud       not checked  no --audience given',
        '  exp       FAILED  expired 2023-11-14T22:13:20Z',
        'claims',
        '{',
        '  "exp": 1700000000  // 2023-11-14T22:13:20Z, now EXPIRED',
        '}',
      ].join('\n'),
    );
  });

  it('shows no claims when they do not count', () => {
    const result = {
      valid: false,
      checks: [{ check: 'signature', ok: false, reason: 'x' }],
      header: {},
      payload: undefined,
    };
    expect(renderVerification(result, plainStyle, now).value).toBe('NOT VALID\n  signature FAILED  x');
  });

  it('says valid in so many words', () => {
    expect(renderVerification({ valid: true, checks: [], header: {}, payload: undefined }, plainStyle, now).value).toBe(
      'valid',
    );
  });

  it('keeps its columns where a check has a long name', () => {
    const checks = [
      { check: 'exp', ok: true },
      { check: 'cnf.x5t#S256', ok: false, reason: 'x' },
    ];
    expect(renderVerification({ valid: false, checks, header: {}, payload: undefined }, plainStyle, now).value).toBe(
      'NOT VALID\n  exp          ok\n  cnf.x5t#S256 FAILED  x',
    );
  });

  it('lets no reason steer the terminal', () => {
    const checks = [{ check: 'iss', ok: false, reason: 'iss is "\u001b[2J\n::x\u202e"' }];
    const { value } = renderVerification({ valid: false, checks, header: {}, payload: undefined }, plainStyle, now);
    expect(value.split('\n')).toHaveLength(2);
    expect(value.replace('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
  });
});
