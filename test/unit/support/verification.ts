import type { JWK } from 'jose';
import type { Verification, VerifyRequirements } from '../../../src/jwt/verify.ts';
import { verifyToken } from '../../../src/jwt/verify.ts';

export const now = 1_700_000_000;
export const claims = { sub: 'ci-bot', exp: now + 300, iat: now };

export function requirements(change: Partial<VerifyRequirements> = {}): VerifyRequirements {
  return {
    issuer: undefined,
    audience: [],
    scope: [],
    typ: undefined,
    algorithms: undefined,
    leeway: 60,
    maxAge: undefined,
    boundToCertificate: undefined,
    boundToKey: undefined,
    isAccessTokenJwt: false,
    signatureOnly: false,
    ...change,
  };
}

export function verify(
  token: string,
  keys: readonly object[],
  change?: Partial<VerifyRequirements>,
): Promise<Verification> {
  return verifyToken(token, async () => ({ keys: keys as JWK[] }), requirements(change), now);
}

/** The names of the checks that failed. */
export function failed({ checks }: Verification): string[] {
  return checks.filter(({ ok }) => ok === false).map(({ check }) => check);
}

export function reasonOf({ checks }: Verification): string | undefined {
  return checks.find(({ ok }) => ok === false)?.reason;
}
