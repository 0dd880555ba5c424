import type { JsonObject } from '../json-object.ts';
import { timestamp } from '../timestamp.ts';
import type { ConfirmationMethod } from './confirmation.ts';
import { confirmationOf } from './confirmation.ts';
import type { Check } from './verify.ts';

/** What a claims set must say. Durations in seconds. */
export interface ClaimRequirements {
  readonly issuer: string | undefined;
  /** All of them must be in `aud`. */
  readonly audience: readonly string[];
  /** All of them must be granted. */
  readonly scope: readonly string[];
  /** Media type of the token, undefined for an access token in any of the usual spellings. */
  readonly typ: string | undefined;
  /** Difference of clocks that is forgiven. */
  readonly leeway: number;
  /** How long ago the token may have been issued. */
  readonly maxAge: number | undefined;
  /** `x5t#S256` of the certificate that the token must be bound to, RFC 8705 section 3.1; undefined when it need not. */
  readonly boundToCertificate: string | undefined;
  /** Thumbprint of the key that the token must be bound to, RFC 9449 section 6.1; undefined when it need not. */
  readonly boundToKey: string | undefined;
  /** Everything that RFC 9068 section 4 demands of an access token. */
  readonly isAccessTokenJwt: boolean;
}

/** The checks that are always made, in the order of their report. */
export const claimChecks = ['typ', 'iss', 'aud', 'exp', 'nbf', 'iat', 'scope'] as const;

/**
 * Checks header and claims of a JWT whose signature holds, RFC 7519 section 4.1 and RFC 9068 section 4.
 * @param now epoch seconds
 */
export function checkClaims(
  header: JsonObject,
  claims: JsonObject,
  requirements: ClaimRequirements,
  now: number,
): Check[] {
  return [
    checkType(header.typ, requirements),
    checkIssuer(claims.iss, requirements),
    checkAudience(claims.aud, requirements),
    checkExpiry(claims.exp, requirements, now),
    checkNotBefore(claims.nbf, requirements, now),
    checkIssuedAt(claims.iat, requirements, now),
    checkScope(claims, requirements),
    ...(requirements.isAccessTokenJwt ? [checkProfile(claims)] : []),
    ...checkBinding(claims, 'x5t#S256', 'certificate', requirements.boundToCertificate),
    ...checkBinding(claims, 'jkt', 'key', requirements.boundToKey),
  ];
}

function checkType(typ: unknown, { typ: wanted, isAccessTokenJwt }: ClaimRequirements): Check {
  const actual = typeof typ === 'string' ? normaliseType(typ) : typ;
  const expected = wanted ?? (isAccessTokenJwt ? 'at+jwt' : undefined);
  if (expected !== undefined) {
    const isSame = actual === normaliseType(expected);
    return isSame ? passed('typ') : failed('typ', `typ is ${shown(typ)}, not ${expected}`);
  }
  if (actual === undefined || actual === 'jwt' || actual === 'at+jwt') return passed('typ');
  return failed('typ', `a token of typ ${shown(typ)} is not an access token`);
}

/** RFC 7515 section 4.1.9: `application/` may be left out; media types have no case. */
function normaliseType(typ: string): string {
  return typ.toLowerCase().replace(/^application\//, '');
}

function checkIssuer(iss: unknown, { issuer }: ClaimRequirements): Check {
  if (issuer === undefined) return issuerNotChecked;
  return iss === issuer ? passed('iss') : failed('iss', `iss is ${shown(iss)}, not ${issuer}`);
}

function checkAudience(aud: unknown, { audience }: ClaimRequirements): Check {
  if (audience.length === 0) return audienceNotChecked;
  const actual = [aud].flat();
  const missing = audience.filter((one) => !actual.includes(one));
  return missing.length === 0 ? passed('aud') : failed('aud', `aud is ${shown(aud)}: ${missing.join(' ')} is missing`);
}

function checkExpiry(exp: unknown, { leeway }: ClaimRequirements, now: number): Check {
  if (exp === undefined) return failed('exp', 'the token never expires');
  if (!isTime(exp)) return failed('exp', `exp is ${shown(exp)}, which is no time`);
  return now < exp + leeway ? passed('exp') : failed('exp', `expired ${timestamp(exp)}`);
}

function checkNotBefore(nbf: unknown, { leeway }: ClaimRequirements, now: number): Check {
  if (nbf === undefined) return passed('nbf');
  if (!isTime(nbf)) return failed('nbf', `nbf is ${shown(nbf)}, which is no time`);
  return nbf <= now + leeway ? passed('nbf') : failed('nbf', `not valid before ${timestamp(nbf)}`);
}

function checkIssuedAt(iat: unknown, { leeway, maxAge }: ClaimRequirements, now: number): Check {
  if (iat === undefined)
    return maxAge === undefined ? passed('iat') : failed('iat', 'has no iat, so its age is not known');
  if (!isTime(iat)) return failed('iat', `iat is ${shown(iat)}, which is no time`);
  if (iat > now + leeway)
    return failed('iat', `issued in the future, ${timestamp(iat)}: is the clock of this machine right?`);
  if (maxAge !== undefined && now - iat > maxAge + leeway)
    return failed('iat', `issued ${timestamp(iat)}, longer ago than ${maxAge} s`);
  return passed('iat');
}

function checkScope(claims: JsonObject, { scope }: ClaimRequirements): Check {
  if (scope.length === 0) return scopeNotChecked;
  const granted = grantedScope(claims);
  const missing = scope.filter((one) => !granted.includes(one));
  return missing.length === 0 ? passed('scope') : failed('scope', `${missing.join(' ')} was not granted`);
}

/** Where servers put it: `scope` (RFC 8693 section 4.2), `scp` (Okta, Entra), `roles` (Entra), `authorities` (UAA). */
function grantedScope({ scope, scp, roles, authorities }: JsonObject): readonly unknown[] {
  const value = [scope, scp, roles, authorities].find((member) => member !== undefined);
  return typeof value === 'string' ? value.split(' ') : [value].flat();
}

/** RFC 9068 section 2.2. */
function checkProfile(claims: JsonObject): Check {
  const missing = ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'].filter(
    (name) => claims[name] === undefined || claims[name] === null,
  );
  return missing.length === 0 ? passed('at-jwt') : failed('at-jwt', `${missing.join(', ')} missing`);
}

function checkBinding(
  claims: JsonObject,
  method: ConfirmationMethod,
  noun: string,
  thumbprint: string | undefined,
): Check[] {
  if (thumbprint === undefined) return [];
  const check = `cnf.${method}`;
  const bound = confirmationOf(claims, method);
  if (bound === thumbprint) return [passed(check)];
  return [
    bound === undefined
      ? failed(check, `the token is bound to no ${noun}: it has no ${check}`)
      : failed(check, `the token is bound to another ${noun}: ${check} is ${shown(bound)}, not ${thumbprint}`),
  ];
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && Math.abs(value) < 8.64e12;
}

function shown(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value);
}

const passes = new Map<string, Check>();

/** The same object for every token, as nearly all pass. */
function passed(check: string): Check {
  const known = passes.get(check) ?? { check, ok: true };
  passes.set(check, known);
  return known;
}

function failed(check: string, reason: string): Check {
  return { check, ok: false, reason };
}

const issuerNotChecked: Check = { check: 'iss', ok: null, reason: 'no --issuer given' };
const audienceNotChecked: Check = { check: 'aud', ok: null, reason: 'no --audience given' };
const scopeNotChecked: Check = { check: 'scope', ok: null, reason: 'no --scope given' };
