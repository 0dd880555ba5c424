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
  /** Decoded from base64url; empty for a JWE. */
  readonly payload: Buffer;
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
  return { kind: 'JWS', header, payload: parseJson(parts.payload, 'claims set'), signature: parts.signature };
}

/**
 * Takes a compact serialisation apart, strictly: RFC 7515 section 2 allows neither white space nor
 * padding, and RFC 4648 section 3.5 only one spelling of the same bytes.
 * @throws UsageError not_a_jwt
 */
export function splitCompact(token: string): CompactParts {
  if (token.length > tokenLimit) throw notJwt('it is too long');
  const parts = token.split('.');
  if (parts.length !== 3 && parts.length !== 5) {
    throw notSpeltOut(token, 'it is opaque: only the authorization server can read it');
  }
  const [encodedHeader = '', encodedPayload = '', signature = '', ...others] = parts;
  const payload = Buffer.from(encodedPayload, 'base64url');
  const isSpeltOut =
    isBase64urlOf(payload, encodedPayload) &&
    (encodedHeader === latest?.encoded || isBase64url(encodedHeader)) &&
    isBase64url(signature) &&
    others.every(isBase64url);
  if (!isSpeltOut) throw notSpeltOut(token, 'a part of it is not base64url');
  if (parts.length === 5) return { kind: 'JWE', encodedHeader, payload: Buffer.of(), signature };
  return { kind: 'JWS', encodedHeader, payload, signature };
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
    latest = { encoded: encodedHeader, header: parseJson(Buffer.from(encodedHeader, 'base64url'), 'header') };
  }
  return latest.header;
}

/**
 * Reads a JOSE header or claims set: UTF-8, a JSON object, no member twice (RFC 7515 section 4).
 * @throws UsageError not_a_jwt
 */
export function parseJson(bytes: Buffer, part: string): JsonObject {
  let source = bytes.toString();
  let value: unknown;
  try {
    // What stands for a wrong byte may have been there before: only then it takes the slower decoder to say.
    if (source.includes('\ufffd')) source = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
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

function isBase64url(part: string): boolean {
  return isBase64urlOf(Buffer.from(part, 'base64url'), part);
}

/** Whether these bytes are written like this. Quicker than to look for the characters that do not belong there. */
function isBase64urlOf(bytes: Buffer, part: string): boolean {
  return bytes.toString('base64url') === part;
}

function notSpeltOut(token: string, reason: string): UsageError {
  if (!/\s/.test(token)) return notJwt(reason);
  return notJwt(
    'there is white space in it',
    'a token that was wrapped must be on one line again; many tokens, one a line, are read with --lines',
  );
}

function notJwt(reason: string, hint = 'ask the authorization server about it: ccgrant introspect'): UsageError {
  return new UsageError('not_a_jwt', `not a JWT: ${reason}`, { hint });
}
