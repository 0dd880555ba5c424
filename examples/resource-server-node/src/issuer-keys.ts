import { createRemoteJWKSet, type JWTVerifyGetKey } from 'jose';
import { checkUrl } from './settings.ts';
import { SetupError } from './setup-error.ts';

/** How long the authorization server may take to answer, in milliseconds. */
const patience = 10_000;

/**
 * Finds the keys of an issuer by its metadata (RFC 8414, OpenID Connect Discovery). They are fetched when they are
 * first needed, anew after ten minutes, and when a token names a key that is not among them.
 *
 * @throws SetupError without metadata of exactly this issuer
 */
export async function discoverKeys(issuer: string): Promise<JWTVerifyGetKey> {
  const { jwks_uri } = await discoverMetadata(issuer);
  if (typeof jwks_uri !== 'string') throw new SetupError(`the metadata of ${issuer} has no jwks_uri`);
  return createRemoteJWKSet(new URL(checkUrl('jwks_uri', jwks_uri)), {
    timeoutDuration: patience,
    // Whoever makes up key names causes one request in five seconds, and a new key is known within them.
    cooldownDuration: 5000,
  });
}

async function discoverMetadata(issuer: string): Promise<Record<string, unknown>> {
  const failures: string[] = [];
  for (const url of metadataUrls(issuer)) {
    const metadata = await fetchJson(url).catch((error: Error) => {
      failures.push(`${url}: ${error.cause instanceof Error ? error.cause.message : error.message}`);
    });
    if (metadata === undefined) continue;
    // RFC 8414 section 3.3: else whoever can answer here could put another's keys in the issuer's place.
    if (metadata.issuer === issuer) return metadata;
    failures.push(`${url}: it is about ${JSON.stringify(metadata.issuer)}`);
  }
  throw new SetupError([`no metadata of the issuer ${issuer}`, ...failures].join('\n  '));
}

function metadataUrls(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return [
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ];
}

async function fetchJson(url: string): Promise<Record<string, unknown>> {
  const response = await fetch(url, { signal: AbortSignal.timeout(patience), redirect: 'error' });
  if (!response.ok) throw new Error(`status ${response.status}`);
  const json: unknown = await response.json();
  if (typeof json !== 'object' || json === null) throw new Error('not a JSON object');
  return json as Record<string, unknown>;
}
