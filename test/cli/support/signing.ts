import type { CryptoKey, JWTPayload } from 'jose';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { issuer } from './scene.ts';

const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
const stranger = await generateKeyPair('ES256');

/** The key of the authorization server. */
export const jwk = { ...(await exportJWK(publicKey)), kid: 'key-1', use: 'sig', alg: 'ES256' };
export const jwks = { keys: [jwk] };

/** 2026-01-01T00:00:00Z, the time at which the tests run. */
const now = 1_767_225_600;

/** What an access token of ours says, issued ten seconds ago for five minutes. */
export const claims = {
  iss: issuer,
  sub: 'ci-bot',
  client_id: 'ci-bot',
  aud: 'my-api',
  scope: 'api:read api:write',
  iat: now - 10,
  exp: now + 290,
  jti: 'id-1',
} as const;

/** An access token by the authorization server; undefined takes a claim or header parameter away. */
export function signToken(otherClaims: object = {}, otherHeader: object = {}): Promise<string> {
  return sign(privateKey, otherClaims, otherHeader);
}

/** A token that says the same and is signed by somebody else. */
export function forgeToken(): Promise<string> {
  return sign(stranger.privateKey, {}, {});
}

function sign(key: CryptoKey, otherClaims: object, otherHeader: object): Promise<string> {
  const header = defined({ alg: 'ES256', typ: 'at+jwt', kid: 'key-1', ...otherHeader }) as { alg: string };
  return new SignJWT(defined({ ...claims, ...otherClaims }) as JWTPayload).setProtectedHeader(header).sign(key);
}

function defined(members: object): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** A token without any signature that could be checked, for commands that check none. */
export function unsignedToken(payload: unknown, header: object = { alg: 'RS256', typ: 'JWT' }): string {
  return `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(payload))}.c2lnbmF0dXJl`;
}

export function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}
