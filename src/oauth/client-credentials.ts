import { ProtocolError } from '../errors.ts';
import type { HttpDocument } from '../http/transport.ts';
import type { JsonObject } from '../json-object.ts';
import { readJwtClaims } from '../jwt/decode.ts';
import { certificateConfirmation } from './certificate-binding.ts';
import type { EndpointOptions } from './endpoint-request.ts';
import { postForm } from './endpoint-request.ts';
import type { SentRequest } from './error-response.ts';
import { answerOf, requireJsonObject, requireSuccess } from './error-response.ts';
import { requireConfirmation } from './require-confirmation.ts';
import type { SenderConstraint } from './sender-constraint.ts';

/** The parameters of an access token request, RFC 6749 section 4.4.2 and RFC 8707 section 2. */
export interface AccessTokenRequest {
  /** Scope tokens, none for no scope parameter. */
  readonly scope: readonly string[];
  readonly audience: readonly string[];
  readonly resource: readonly string[];
  /** Any further parameters. */
  readonly parameters: readonly (readonly [string, string])[];
}

/** An access token as it was issued. */
export interface IssuedToken {
  readonly accessToken: string;
  /** How the token is presented: `Bearer` unless a sender constraint was asked for. */
  readonly tokenType: string;
  /** Epoch seconds; undefined when the server did not say and the token does not tell. */
  readonly expiresOn: number | undefined;
  /** Epoch seconds, taken before the request left. */
  readonly issuedOn: number;
  /** The members of the response as the server wrote them. */
  readonly response: JsonObject;
  /** The key whose possession must be proved with the token, RFC 9449; undefined for a bearer token. */
  readonly boundTo?: BoundKey | undefined;
}

/** The key that a token is bound to. */
export interface BoundKey {
  /** RFC 7638, SHA-256: `jkt`. */
  readonly thumbprint: string;
  /** Algorithm of the proofs. */
  readonly alg: string;
  /** Whether it was made for this token, and is kept and dropped with it. */
  readonly isOwn: boolean;
}

export interface TokenAnswer {
  readonly token: IssuedToken;
  /** What was odd about the response, and tolerable: one sentence each. */
  readonly findings: readonly string[];
}

/**
 * Requests an access token by the client credentials grant, RFC 6749 section 4.4.
 * @param now milliseconds since the epoch
 * @throws ServerRefusedError; ProtocolError invalid_response; NetworkError
 */
export async function requestToken(
  tokenEndpoint: URL,
  request: AccessTokenRequest,
  options: EndpointOptions,
  sent: SentRequest,
  now: () => number,
): Promise<TokenAnswer> {
  const { constraint, authentication } = options;
  const { tls, caveat } = authentication;
  const issuedOn = Math.floor(now() / 1000);
  const document = await postForm(tokenEndpoint, toForm(request), options);
  requireSuccess(document, sent, now());
  const { token, findings } = readTokenResponse(
    requireJsonObject(document, sent),
    document,
    request,
    issuedOn,
    constraint,
  );
  if (constraint?.tokenType === token.tokenType)
    requireConfirmation(token.accessToken, constraint.confirmation, document);
  if (tls !== undefined) requireConfirmation(token.accessToken, certificateConfirmation(tls), document);
  return { token, findings: [...findings, ...[caveat?.(document)].filter((finding) => finding !== undefined)] };
}

function toForm({ scope, audience, resource, parameters }: AccessTokenRequest): (readonly [string, string])[] {
  return [
    ['grant_type', 'client_credentials'],
    ...(scope.length === 0 ? [] : [['scope', scope.join(' ')] as const]),
    ...audience.map((value) => ['audience', value] as const),
    ...resource.map((value) => ['resource', value] as const),
    ...parameters,
  ];
}

/**
 * Judges a successful access token response, RFC 6749 section 5.1.
 * @throws ProtocolError invalid_response
 */
export function readTokenResponse(
  response: JsonObject,
  document: HttpDocument,
  request: AccessTokenRequest,
  issuedOn: number,
  constraint?: Pick<SenderConstraint, 'tokenType' | 'isOptional'>,
): TokenAnswer {
  const reject = (reason: string, hint?: string): never => {
    throw new ProtocolError('invalid_response', `the access token response ${reason}`, {
      status: document.status,
      server: answerOf(document),
      hint,
    });
  };
  const { access_token: accessToken, token_type: tokenType, scope } = response;
  if (accessToken === undefined) return reject('has no access_token');
  // RFC 6749 appendix A.12: anything else could not be sent in a header field.
  if (typeof accessToken !== 'string' || !/^[\x21-\x7e]+$/.test(accessToken))
    return reject('has an access_token that cannot be used');
  const types =
    constraint === undefined ? ['Bearer'] : [constraint.tokenType, ...(constraint.isOptional ? ['Bearer'] : [])];
  const [expectedType = 'Bearer'] = types;
  const type = tokenType === undefined ? expectedType : types.find((one) => isSameType(one, tokenType));
  if (type === undefined)
    return reject(`is of token_type ${shown(tokenType)}, not ${expectedType}`, typeHint(tokenType, expectedType));
  const lifetime = toLifetime(response.expires_in);
  if (lifetime === 'unreadable') return reject(`has an expires_in of ${shown(response.expires_in)}`);
  if (!isScope(scope)) return reject('has a scope that is no string');
  const expiry = lifetime === undefined ? readJwtClaims(accessToken)?.exp : issuedOn + lifetime;
  return {
    token: {
      accessToken,
      tokenType: type,
      issuedOn,
      expiresOn: typeof expiry === 'number' && Math.abs(expiry) < latestInstant ? Math.floor(expiry) : undefined,
      response,
    },
    findings: [
      ...(tokenType === undefined ? [`the response has no token_type: taken as ${expectedType}`] : []),
      ...(type === expectedType ? [] : [`the server gave a bearer token, although ${expectedType} was asked for`]),
      ...scopeFindings(request.scope, grantedScope(scope, accessToken)),
    ],
  };
}

/** RFC 6749 section 5.1: token types have no case. */
function isSameType(expected: string, actual: unknown): boolean {
  return typeof actual === 'string' && actual.toLowerCase() === expected.toLowerCase();
}

function typeHint(actual: unknown, expected: string): string {
  if (expected === 'DPoP' && isSameType('Bearer', actual))
    return 'the server does not bind tokens to a key, or not for this client: to take a bearer token say --dpop-optional';
  if (isSameType('DPoP', actual)) return 'this token is of use only with a key: say --dpop';
  return `a token of another type must not be used as a ${expected.toLowerCase()} token`;
}

/** The latest instant that a date can hold, in seconds. */
const latestInstant = 8.64e12;

/** Seconds; some servers send them as a string, or as none at all. */
function toLifetime(value: unknown): number | undefined | 'unreadable' {
  if (value === undefined || value === null) return undefined;
  const seconds = typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  if (typeof seconds !== 'number' || !(Math.abs(seconds) < latestInstant / 2)) return 'unreadable';
  return Math.max(0, Math.floor(seconds));
}

type ScopeMember = string | readonly string[] | undefined | null;

function isScope(value: unknown): value is ScopeMember {
  if (value === undefined || value === null || typeof value === 'string') return true;
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** RFC 6749 section 5.1: an absent scope is the one asked for; where the token is a JWT, its claim tells. */
function grantedScope(member: ScopeMember, accessToken: string): readonly string[] | undefined {
  const claims = member === undefined || member === null ? readJwtClaims(accessToken) : undefined;
  const scope = member ?? claims?.scope ?? claims?.scp;
  if (typeof scope === 'string') return scope.split(' ');
  return Array.isArray(scope) ? scope : undefined;
}

function scopeFindings(asked: readonly string[], granted: readonly string[] | undefined): string[] {
  const missing = granted === undefined ? [] : asked.filter((scope) => !granted.includes(scope));
  return missing.length === 0 ? [] : [`the server did not grant the scope ${missing.join(' ')}`];
}

/** A value of a response, where it is a plain word or number: what else a server sends may be an echo. */
function shown(value: unknown): string {
  if (typeof value === 'number') return JSON.stringify(value);
  return typeof value === 'string' && /^[\w.+-]{1,30}$/.test(value) ? `"${value}"` : `a ${typeof value}`;
}
