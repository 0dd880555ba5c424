import { describe, expect, it } from 'vitest';
import type { ClaimRequirements } from '../../../src/jwt/claims.ts';
import { checkClaims, claimChecks } from '../../../src/jwt/claims.ts';

const now = 1_700_000_000;
const anything: ClaimRequirements = {
  issuer: undefined,
  audience: [],
  scope: [],
  typ: undefined,
  leeway: 60,
  maxAge: undefined,
  boundToCertificate: undefined,
  boundToKey: undefined,
  isAccessTokenJwt: false,
};

/** The verdict of one check, for a header, claims and requirements that are otherwise in order. */
function verdict(
  check: string,
  claims: object,
  requirements: Partial<ClaimRequirements> = {},
  header: object = { alg: 'RS256' },
): boolean | null | undefined {
  const checks = checkClaims({ ...header }, { exp: now + 300, ...claims }, { ...anything, ...requirements }, now);
  return checks.find((one) => one.check === check)?.ok;
}

describe('cnf.x5t#S256', () => {
  const thumbprint = 'A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0';
  const check = 'cnf.x5t#S256';

  it.each<[object, boolean]>([
    [{ cnf: { 'x5t#S256': thumbprint } }, true],
    [{ cnf: { 'x5t#S256': thumbprint, jkt: 'x' } }, true],
    [{ cnf: { 'x5t#S256': `${thumbprint}=` } }, false],
    [{ cnf: { 'x5t#S256': thumbprint.toLowerCase() } }, false],
    [{ cnf: { 'x5t#S256': [thumbprint] } }, false],
    [{ cnf: { jkt: thumbprint } }, false],
    [{ cnf: thumbprint }, false],
    [{ cnf: null }, false],
    [{ 'x5t#S256': thumbprint }, false],
    [{}, false],
  ])('of %j is %s', (claims, expected) => {
    expect(verdict(check, claims, { boundToCertificate: thumbprint })).toBe(expected);
  });

  it('is no check where no certificate is named', () => {
    expect(verdict(check, { cnf: { 'x5t#S256': 'another' } })).toBeUndefined();
  });
});

describe('the list of checks', () => {
  it('has each of them once, whatever the claims are', () => {
    expect(checkClaims({}, {}, anything, now).map(({ check }) => check)).toEqual([...claimChecks]);
  });

  it('names every failure, not the first one', () => {
    const requirements = { ...anything, issuer: 'https://as.example', audience: ['api'], scope: ['read'] };
    const claims = { iss: 'https://evil.example', aud: 'other', exp: now - 600, nbf: now + 600, iat: now + 600 };
    const failed = checkClaims({ typ: 'dpop+jwt' }, claims, requirements, now).filter(({ ok }) => ok === false);
    expect(failed.map(({ check }) => check)).toEqual(['typ', 'iss', 'aud', 'exp', 'nbf', 'iat', 'scope']);
    expect(failed.every(({ reason }) => reason !== undefined && reason !== '')).toBe(true);
  });

  it('leaves open what nobody asked for, and says so', () => {
    const open = checkClaims({}, { exp: now + 1 }, anything, now).filter(({ ok }) => ok === null);
    expect(open).toEqual([
      { check: 'iss', ok: null, reason: 'no --issuer given' },
      { check: 'aud', ok: null, reason: 'no --audience given' },
      { check: 'scope', ok: null, reason: 'no --scope given' },
    ]);
  });
});

describe('exp (RFC 7519 section 4.1.4)', () => {
  it.each<[string, unknown, boolean]>([
    ['in five minutes', now + 300, true],
    ['now, inside the leeway', now, true],
    ['59 s ago, inside the leeway', now - 59, true],
    ['60 s ago, which is the end of the leeway', now - 60, false],
    ['an hour ago', now - 3600, false],
    ['0', 0, false],
    ['negative', -1, false],
    ['a fraction in the future', now + 0.5, true],
    ['a fraction just inside the leeway', now - 59.5, true],
    ['a fraction just outside of the leeway', now - 60.5, false],
    ['a string', `${now + 300}`, false],
    ['an RFC 3339 string', '2030-01-01T00:00:00Z', false],
    ['null', null, false],
    ['true', true, false],
    ['an array', [now + 300], false],
    ['an object', {}, false],
    ['1e400, which JSON.parse makes infinite', JSON.parse('1e400'), false],
    ['-1e400', JSON.parse('-1e400'), false],
    ['beyond any date', 9e12, false],
    ['in milliseconds, beyond any date', now * 1e6, false],
  ])('%s', (_, exp, ok) => {
    expect(verdict('exp', { exp })).toBe(ok);
  });

  it('is required', () => {
    expect(checkClaims({}, {}, anything, now)).toContainEqual({
      check: 'exp',
      ok: false,
      reason: 'the token never expires',
    });
  });

  it.each([
    [0, now, false],
    [0, now + 1, true],
    [300, now - 299, true],
    [300, now - 300, false],
  ])('with a leeway of %i s, exp %i', (leeway, exp, ok) => {
    expect(verdict('exp', { exp }, { leeway })).toBe(ok);
  });

  it('shows the value that is no time as it stands in the token', () => {
    const [check] = checkClaims({}, { exp: 'soon' }, anything, now).filter((one) => one.check === 'exp');
    expect(check?.reason).toContain('"soon"');
  });
});

describe('nbf (RFC 7519 section 4.1.5)', () => {
  it.each<[string, unknown, boolean]>([
    ['missing', undefined, true],
    ['in the past', now - 300, true],
    ['now', now, true],
    ['60 s ahead, inside the leeway', now + 60, true],
    ['61 s ahead', now + 61, false],
    ['a fraction ahead', now + 60.5, false],
    ['a string', `${now}`, false],
    ['null', null, false],
    ['infinite', JSON.parse('1e400'), false],
  ])('%s', (_, nbf, ok) => {
    expect(verdict('nbf', { nbf })).toBe(ok);
  });
});

describe('iat and --max-age', () => {
  it.each<[string, unknown, boolean]>([
    ['missing', undefined, true],
    ['a year ago', now - 31_536_000, true],
    ['60 s ahead, inside the leeway', now + 60, true],
    ['61 s ahead: from the future', now + 61, false],
    ['a string', `${now}`, false],
    ['null', null, false],
    ['infinite', JSON.parse('-1e400'), false],
  ])('%s', (_, iat, ok) => {
    expect(verdict('iat', { iat })).toBe(ok);
  });

  it.each<[string, unknown, boolean]>([
    ['missing: the age is not known', undefined, false],
    ['just now', now, true],
    ['as old as allowed', now - 300, true],
    ['older by the leeway', now - 360, true],
    ['older than that', now - 361, false],
  ])('with a greatest age of 300 s, %s', (_, iat, ok) => {
    expect(verdict('iat', { iat }, { maxAge: 300 })).toBe(ok);
  });

  it('takes a greatest age of 0 at its word', () => {
    expect(verdict('iat', { iat: now - 61 }, { maxAge: 0 })).toBe(false);
    expect(verdict('iat', { iat: now - 60 }, { maxAge: 0 })).toBe(true);
  });
});

describe('iss', () => {
  it.each<[unknown, boolean]>([
    ['https://as.example/', true],
    ['https://as.example', false],
    ['https://AS.example/', false],
    ['https://as.example//', false],
    ['http://as.example/', false],
    ['https://as.example/ ', false],
    ['', false],
    [undefined, false],
    [null, false],
    [['https://as.example/'], false],
    [1, false],
  ])('%j for the issuer https://as.example/', (iss, ok) => {
    expect(verdict('iss', { iss }, { issuer: 'https://as.example/' })).toBe(ok);
  });
});

describe('aud (RFC 7519 section 4.1.3)', () => {
  it.each<[unknown, string[], boolean]>([
    ['api', ['api'], true],
    [['api'], ['api'], true],
    [['account', 'api'], ['api'], true],
    [['account', 'api'], ['api', 'account'], true],
    [['account'], ['api', 'account'], false],
    ['account', ['api'], false],
    ['api other', ['api'], false],
    ['API', ['api'], false],
    ['ap', ['api'], false],
    [[], ['api'], false],
    ['', ['api'], false],
    [undefined, ['api'], false],
    [null, ['api'], false],
    [[['api']], ['api'], false],
    [{ api: true }, ['api'], false],
    [[1, null, 'api'], ['api'], true],
  ])('%j, of which %j are required', (aud, audience, ok) => {
    expect(verdict('aud', { aud }, { audience })).toBe(ok);
  });

  it('names what is missing, all of it', () => {
    const checks = checkClaims({}, { exp: now + 1, aud: ['a'] }, { ...anything, audience: ['a', 'b', 'c'] }, now);
    expect(checks).toContainEqual({ check: 'aud', ok: false, reason: 'aud is ["a"]: b c is missing' });
  });
});

describe('scope', () => {
  it.each<[string, object, boolean]>([
    ['a string', { scope: 'read write' }, true],
    ['a string in another order', { scope: 'write admin read' }, true],
    ['an array', { scope: ['read', 'write'] }, true],
    ['scp as an array (Okta)', { scp: ['write', 'read'] }, true],
    ['scp as a string (Entra)', { scp: 'read write' }, true],
    ['roles (Entra, for applications)', { roles: ['read', 'write'] }, true],
    ['authorities (UAA)', { authorities: ['read', 'write'] }, true],
    ['one of the two', { scope: 'read' }, false],
    ['a name that begins alike', { scope: 'read write:all' }, false],
    ['a name in another case', { scope: 'Read write' }, false],
    ['a comma between them', { scope: 'read,write' }, false],
    ['an empty string', { scope: '' }, false],
    ['an empty array', { scp: [] }, false],
    ['a number', { scope: 1 }, false],
    ['null', { scope: null }, false],
    ['nothing at all', {}, false],
    ['the roles of Keycloak, which are no scope', { realm_access: { roles: ['read', 'write'] } }, false],
  ])('as %s', (_, claims, ok) => {
    expect(verdict('scope', claims, { scope: ['read', 'write'] })).toBe(ok);
  });

  it('names what was not granted', () => {
    const checks = checkClaims({}, { exp: now + 1, scope: 'a' }, { ...anything, scope: ['b', 'a', 'c'] }, now);
    expect(checks).toContainEqual({ check: 'scope', ok: false, reason: 'b c was not granted' });
  });
});

describe('typ', () => {
  it.each<[unknown, boolean]>([
    [undefined, true],
    ['JWT', true],
    ['jwt', true],
    ['at+jwt', true],
    ['AT+JWT', true],
    ['application/at+jwt', true],
    ['application/AT+jwt', true],
    ['dpop+jwt', false],
    ['client-authentication+jwt', false],
    ['token-introspection+jwt', false],
    ['logout+jwt', false],
    ['secevent+jwt', false],
    ['JOSE', false],
    ['', false],
    [null, false],
    [1, false],
    [['JWT'], false],
  ])('%j is that of an access token: %s', (typ, ok) => {
    expect(verdict('typ', {}, {}, { typ })).toBe(ok);
  });

  it.each<[string, unknown, boolean]>([
    ['at+jwt', 'at+jwt', true],
    ['at+jwt', 'application/at+jwt', true],
    ['application/at+jwt', 'at+jwt', true],
    ['at+jwt', 'JWT', false],
    ['at+jwt', undefined, false],
    ['JWT', 'jwt', true],
    ['JWT', 'at+jwt', false],
    ['dpop+jwt', 'dpop+jwt', true],
  ])('with %s wanted, %j', (typ, actual, ok) => {
    expect(verdict('typ', {}, { typ }, { typ: actual })).toBe(ok);
  });

  it('is not looked for among the claims, where Keycloak has one too', () => {
    expect(verdict('typ', { typ: 'Bearer' }, {}, { typ: 'JWT' })).toBe(true);
  });
});

describe('the profile of RFC 9068', () => {
  const claims = {
    iss: 'https://as.example',
    exp: now + 300,
    aud: 'api',
    sub: 'ci-bot',
    client_id: 'ci-bot',
    iat: now,
    jti: 'j1',
  };
  const profile = { isAccessTokenJwt: true };

  it('is kept by a token with typ at+jwt and all seven claims', () => {
    expect(verdict('at-jwt', claims, profile, { typ: 'at+jwt' })).toBe(true);
    expect(verdict('typ', claims, profile, { typ: 'at+jwt' })).toBe(true);
  });

  it.each(['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'])('demands %s', (name) => {
    const checks = checkClaims({ typ: 'at+jwt' }, { ...claims, [name]: undefined }, { ...anything, ...profile }, now);
    expect(checks).toContainEqual({ check: 'at-jwt', ok: false, reason: `${name} missing` });
  });

  it.each(['sub', 'client_id', 'jti'])('does not take null for %s', (name) => {
    expect(verdict('at-jwt', { ...claims, [name]: null }, profile, { typ: 'at+jwt' })).toBe(false);
  });

  it.each([undefined, 'JWT'])('does not take the typ %s', (typ) => {
    expect(verdict('typ', claims, profile, { typ })).toBe(false);
  });

  it('is not looked at unless it was asked for', () => {
    expect(verdict('at-jwt', {})).toBeUndefined();
  });
});
