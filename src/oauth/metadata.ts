import { NetworkError, ProtocolError, UsageError } from '../errors.ts';
import type { HttpDocument, Transport } from '../http/transport.ts';
import { parseJsonObject } from '../json-object.ts';
import type { EndpointName } from './endpoint-names.ts';

/** Authorization server metadata as the server wrote it, RFC 8414 section 2. */
export interface AuthorizationServerMetadata {
  readonly issuer: string;
  readonly [member: string]: unknown;
}

/** How the person named the server: by its issuer, or by the URL of its metadata. */
export type ServerIdentity =
  | { readonly kind: 'issuer'; readonly issuer: string }
  | { readonly kind: 'metadata url'; readonly url: string };

export interface Discovery {
  readonly metadata: AuthorizationServerMetadata;
  /** The well-known URLs that gave the metadata, first the one that wins. */
  readonly metadataUrls: readonly string[];
  /** Whether every well-known place was asked, so that what is missing is nowhere. */
  readonly isExhaustive: boolean;
}

/**
 * What a value given as issuer means.
 * @throws UsageError invalid_url for a query or fragment, which no issuer has (RFC 8414 section 2)
 */
export function toServerIdentity(value: string, url: URL): ServerIdentity {
  if (url.pathname.includes('/.well-known/')) return { kind: 'metadata url', url: url.href };
  if (/[?#]/.test(value)) {
    throw new UsageError('invalid_url', 'an issuer has neither a query nor a fragment', {
      hint: 'give the URL up to the question mark',
    });
  }
  return { kind: 'issuer', issuer: value };
}

/** One name for a server, however it was named: what is cached under it must be found again. */
export function serverName(identity: ServerIdentity): string {
  const name = identity.kind === 'issuer' ? identity.issuer : identity.url.replace(/\/\.well-known\/[^/]+/, '');
  return name.replace(/\/$/, '');
}

/**
 * Where the metadata of an issuer may be, the most usual place first: OpenID Connect Discovery section 4
 * appends the well-known part, RFC 8414 section 3 puts it between host and path, and servers do both with both.
 */
export function wellKnownUrls(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return [
    ...new Set([
      `${origin}${path}/.well-known/openid-configuration`,
      `${origin}/.well-known/oauth-authorization-server${path}`,
      `${origin}/.well-known/openid-configuration${path}`,
      `${origin}${path}/.well-known/oauth-authorization-server`,
    ]),
  ];
}

/**
 * Fetches the metadata of an authorization server, RFC 8414 section 3 and OpenID Connect Discovery
 * section 4. Where one place lacks a needed endpoint, the next one is asked.
 * @param needed endpoints that the caller is going to use
 * @throws ProtocolError issuer_mismatch; NetworkError metadata_unavailable and those of the transport
 */
export async function discover(
  identity: ServerIdentity,
  needed: readonly EndpointName[],
  transport: Transport,
): Promise<Discovery> {
  const places = identity.kind === 'issuer' ? wellKnownUrls(identity.issuer) : [identity.url];
  const misses: Miss[] = [];
  let found: Discovery | undefined;
  for (const place of places) {
    const answer = readMetadata(await transport.get(new URL(place)), identity);
    if (isMiss(answer)) {
      misses.push(answer);
      continue;
    }
    // Of a pasted URL the issuer is known only now, and with it the other places.
    if (identity.kind === 'metadata url')
      places.push(...wellKnownUrls(answer.issuer).filter((url) => !places.includes(url)));
    found = merge(found, answer, place);
    if (needed.every((name) => name in answer || name in (found?.metadata ?? {}))) return found;
  }
  if (found !== undefined) return { ...found, isExhaustive: true };
  throw nothingFound(misses, identity);
}

interface Miss {
  readonly reason: string;
  readonly foreignIssuer?: string;
}

function isMiss(answer: AuthorizationServerMetadata | Miss): answer is Miss {
  return !('issuer' in answer);
}

function merge(found: Discovery | undefined, metadata: AuthorizationServerMetadata, place: string): Discovery {
  return {
    metadata: { ...metadata, ...found?.metadata },
    metadataUrls: [...(found?.metadataUrls ?? []), place],
    isExhaustive: false,
  };
}

function readMetadata(document: HttpDocument, identity: ServerIdentity): AuthorizationServerMetadata | Miss {
  const { status, url, text } = document;
  const body = parseJsonObject(text);
  if (status !== 200 || body === undefined) {
    const explanation = typeof body?.error === 'string' ? `: ${body.error}` : '';
    return { reason: `${status === 200 ? 'no JSON object' : status} from ${url.href}${explanation}` };
  }
  const { issuer } = body;
  if (typeof issuer !== 'string') return { reason: `metadata without an issuer from ${url.href}` };
  if (isIssuerOf(issuer, identity)) return { ...body, issuer };
  return { reason: `metadata of issuer ${issuer} from ${url.href}`, foreignIssuer: issuer };
}

/** RFC 8414 section 3.3: identical, code point by code point, or metadata is not to be used. */
function isIssuerOf(issuer: string, identity: ServerIdentity): boolean {
  if (identity.kind === 'issuer') return issuer === identity.issuer;
  return URL.canParse(issuer) && wellKnownUrls(issuer).includes(identity.url);
}

function nothingFound(misses: readonly Miss[], identity: ServerIdentity): ProtocolError | NetworkError {
  const server = misses.map(({ reason }) => reason).join('; ');
  const asked = identity.kind === 'issuer' ? identity.issuer : identity.url;
  const foreign = misses.find(({ foreignIssuer }) => foreignIssuer !== undefined)?.foreignIssuer;
  if (foreign !== undefined) {
    return new ProtocolError('issuer_mismatch', `the metadata is not that of ${asked}`, {
      server,
      hint: foreignIssuerHint(foreign),
    });
  }
  return new NetworkError('metadata_unavailable', `no metadata of ${asked}`, {
    server,
    hint: /\/token\/?$/.test(asked)
      ? `that looks like a token endpoint: say --token-endpoint ${asked}, or give the issuer`
      : 'check the issuer (on Keycloak http://HOST/realms/NAME), or give the endpoints: --token-endpoint URL',
  });
}

/** People paste hints into their shell: an issuer that would mean something there is not made a command of. */
function foreignIssuerHint(issuer: string): string {
  if (issuer.includes('{')) return 'this server wants the id of a tenant in its issuer';
  return /^[A-Za-z0-9:/.~%_-]+$/.test(issuer)
    ? `if this is the server that you mean: --issuer ${issuer}`
    : 'if this is the server that you mean, give the issuer exactly as the metadata has it';
}
