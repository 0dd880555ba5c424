import { base64url, decodeJwt, decodeProtectedHeader, generateKeyPair, SignJWT } from 'jose';
import type { RealmClient } from './realm.ts';

/** Gets an access token without the help of ccgrant. */
export async function requestToken(issuer: string, client: RealmClient, scope?: string): Promise<string> {
  const response = await post(`${issuer}/protocol/openid-connect/token`, client, {
    grant_type: 'client_credentials',
    ...(scope !== undefined && { scope }),
  });
  return (response as { access_token: string }).access_token;
}

/** Revokes a token without the help of ccgrant: its cache learns nothing of it. */
export async function revokeToken(issuer: string, client: RealmClient, token: string): Promise<void> {
  await post(`${issuer}/protocol/openid-connect/revoke`, client, { token });
}

/** What the authorization server tells this client about a token, without the help of ccgrant. */
export async function isTokenActive(issuer: string, client: RealmClient, token: string): Promise<boolean> {
  const response = await post(`${issuer}/protocol/openid-connect/token/introspect`, client, { token });
  return (response as { active: boolean }).active;
}

/** The same token with another payload under the old signature. */
export function tamperWith(token: string): string {
  const [header, , signature] = token.split('.');
  const payload = { ...decodeJwt(token), sub: 'somebody-else' };
  return [header, base64url.encode(JSON.stringify(payload)), signature].join('.');
}

/** The same claims and `kid`, signed with a key that is not the authorization server's. */
export async function forge(token: string): Promise<string> {
  const { privateKey } = await generateKeyPair('RS256');
  const { kid } = decodeProtectedHeader(token);
  return new SignJWT(decodeJwt(token))
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', ...(kid !== undefined && { kid }) })
    .sign(privateKey);
}

/** The same claims without a signature. */
export function withoutSignature(token: string): string {
  const header = { ...decodeProtectedHeader(token), alg: 'none' };
  return `${base64url.encode(JSON.stringify(header))}.${token.split('.')[1]}.`;
}

async function post(url: string, client: RealmClient, form: Record<string, string>): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    body: new URLSearchParams({ client_id: client.clientId, client_secret: client.secret, ...form }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}
