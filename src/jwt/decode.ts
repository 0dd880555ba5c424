import { isUtf8 } from 'node:buffer';
import { UsageError } from '../errors.ts';
import type { JsonObject } from '../json-object.ts';
import { isTooDeep } from '../json-object.ts';
import { duplicateMember } from './duplicate-member.ts';

/** A JWS in compact serialisation whose payload is a claims set, RFC 7515 section 7.1 and RFC 7519. */
export interface DecodedJwt {
  readonly kind: 'JWS';
  readonly header: JsonObject;
  readonly payload: JsonObject;
  /** base64url, as it stands in the token. */
  readonly signature: string;
}

/** A JWE in compact serialisation, of which only the header can be read without the key (RFC 7516 section 7.1). */
export interface DecodedJwe {
  readonly kind: 'JWE';
  readonly header: JsonObject;
}

/** The parts of a compact serialisation, not looked into. */
export interface CompactParts {
  readonly kind: 'JWS' | 'JWE';
  /** base64url, as it stands in the token. */
  readonly encodedHeader: string;
  /** base64url, as it stands in the token; of a JWE the encrypted key. */
  readonly encodedPayload: string;
  /** base64url, as it stands in the token. */
  readonly signature: string;
}

/** Characters of the longest token. Larger ones do not fit into a header field of any server. */
export const tokenLimit = 1024 * 1024;

/**
 * Decodes a token; trusts nothing, verifies nothing.
 * @throws UsageError not_a_jwt
 */
export function decodeJwt(token: string): DecodedJwt | DecodedJwe {
  const parts = splitCompact(token);
  const header = parseHeader(parts);
  if (parts.kind === 'JWE') return { kind: 'JWE', header };
  return { kind: 'JWS', header, payload: parseJson(parts.encodedPayload, 'claims set'), signature: parts.signature };
}

/**
 * Takes a compact serialisation apart, strictly: RFC 7515 section 2 allows neither white space nor
 * padding, and RFC 4648 section 3.5 only one spelling of the same bytes.
 * @throws UsageError not_a_jwt
 */
export function splitCompact(token: string): CompactParts {
  if (token.length > tokenLimit) throw notJwt('it is too long');
  const parts = token.split('.');
  if (parts.length !== 3 && parts.length !== 5) throw notJwt('it is opaque: only the authorization server can read it');
  if (parts.some((part) => !isBase64url(part))) throw notJwt('a part of it is not base64url');
  const [header = '', payload = '', signature = ''] = parts;
  const kind = parts.length === 3 ? 'JWS' : 'JWE';
  return { kind, encodedHeader: header, encodedPayload: payload, signature };
}

/** The claims of a token if it is a JWT, for what a client may guess from its own token; never to be trusted. */
export function readJwtClaims(token: string): JsonObject | undefined {
  try {
    const decoded = decodeJwt(token);
    return decoded.kind === 'JWS' ? decoded.payload : undefined;
  } catch {
    return undefined;
  }
}

let latest: { readonly encoded: string; readonly header: JsonObject } | undefined;

/**
 * Reads the JOSE header. Those of one server are nearly all the same, and a token more often than not has
 * the header of the one before.
 * @throws UsageError not_a_jwt
 */
export function parseHeader({ encodedHeader }: CompactParts): JsonObject {
  if (latest?.encoded !== encodedHeader) {
    latest = { encoded: encodedHeader, header: parseJson(encodedHeader, 'header') };
  }
  return latest.header;
}

/**
 * Reads a JOSE header or claims set in base64url: UTF-8, a JSON object, no member twice (RFC 7515 section 4).
 * @throws UsageError not_a_jwt
 */
export function parseJson(encoded: string, part: string): JsonObject {
  const bytes = Buffer.from(encoded, 'base64url');
  if (!isUtf8(bytes)) throw notJwt(`its ${part} is not JSON`);
  const source = bytes.toString();
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch {
    throw notJwt(`its ${part} is not JSON`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw notJwt(`its ${part} is not a JSON object`);
  if (isTooDeep(value)) throw notJwt(`its ${part} is nested too deeply`);
  const duplicate = duplicateMember(source, value);
  if (duplicate !== undefined) throw notJwt(`its ${part} has the member ${duplicate} twice`);
  return value as JsonObject;
}

/** Whether this is how its bytes are written. Quicker than to look for the characters that do not belong there. */
function isBase64url(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part;
}

function notJwt(reason: string): UsageError {
  return new UsageError('not_a_jwt', `not a JWT: ${reason}`, {
    hint: 'ask the authorization server about it: ccgrant introspect',
  });
}
