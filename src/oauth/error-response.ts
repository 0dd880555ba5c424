import type { OAuthErrorResponse } from '../errors.ts';
import { NetworkError, ProtocolError, ServerRefusedError } from '../errors.ts';
import { retryAfter } from '../http/retry-after.ts';
import type { HttpDocument } from '../http/transport.ts';
import { isBusy, isRedirect } from '../http/transport.ts';
import type { JsonObject } from '../json-object.ts';
import { parseJsonObject } from '../json-object.ts';
import { tokenChallenge } from './challenge.ts';
import type { Refusal } from './client-auth/client-authentication.ts';

/** Error codes that say "no", whatever the status: trying again does not help. */
const definiteErrors = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'invalid_target',
  'invalid_token',
  'unsupported_token_type',
  'access_denied',
  'invalid_dpop_proof',
  'use_dpop_nonce',
]);

/** Members that providers put beside the error, with which their support finds the incident. */
const referenceMembers = ['error_codes', 'correlation_id', 'trace_id', 'errorId', 'request_id'];

export interface ErrorResponse {
  readonly response: OAuthErrorResponse;
  /** Whether the code is one of the registered refusals. */
  readonly isDefinite: boolean;
  /** The server's words and the provider's references, in one line. */
  readonly summary: string;
}

/** What was sent, for the report of a refusal. */
export interface SentRequest {
  /** `client_secret_basic, client_id=ci-bot, secret from CCGRANT_CLIENT_SECRET_FILE` */
  readonly description: string;
  /** Takes the secrets out of a text before it is cut: half a secret would not be recognised as one. */
  readonly redact: (text: string) => string;
  readonly hint: (refusal: Omit<Refusal, 'now'>) => string | undefined;
}

/**
 * The OAuth error (RFC 6749 section 5.2) in a document of any status and content type, or else in its
 * challenge (RFC 6750 section 3).
 * An `error` that has blanks in it is prose of the HTTP server and no code.
 */
export function readErrorResponse(
  { text, headers }: HttpDocument,
  redact: (text: string) => string = (words) => words,
): ErrorResponse | undefined {
  const body = parseJsonObject(text) ?? {};
  const challenge = tokenChallenge(headers.get('www-authenticate'))?.parameters;
  const error = body.error ?? body.errorCode ?? challenge?.get('error');
  if (typeof error !== 'string' || !/^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/.test(error)) return undefined;
  const described = challenge?.get('error_description');
  const response: OAuthErrorResponse = {
    error,
    error_description:
      textMember(body, 'error_description', redact) ??
      textMember(body, 'errorSummary', redact) ??
      (described && shorten(redact(described), 500)),
    error_uri: textMember(body, 'error_uri', redact),
  };
  const { error_description: description, error_uri: uri } = response;
  const references = referenceMembers.flatMap((name) => {
    const values = [body[name]].flat().filter((value) => typeof value === 'string' || typeof value === 'number');
    return values.length === 0 ? [] : [`${name}=${redact(values.join(',')).slice(0, 100)}`];
  });
  const words = description === undefined ? error : `"${description}"`;
  const more = [uri, references.join(' ')]
    .filter((part) => part !== undefined && part !== '')
    .map((part) => ` (${part})`);
  return { response, isDefinite: definiteErrors.has(error), summary: `${words}${more.join('')}` };
}

/**
 * Throws unless the document is a 200 without an OAuth error.
 * @throws ServerRefusedError; NetworkError server_unavailable; ProtocolError
 */
export function requireSuccess(document: HttpDocument, sent: SentRequest, now: number): void {
  const answer = readErrorResponse(document, sent.redact);
  const { status } = document;
  if (answer !== undefined && (answer.isDefinite || !isBusy(status))) throw refused(document, answer, sent);
  if (isBusy(status)) throw unavailable(document, answer, now);
  if (isRedirect(status)) throw redirected(document);
  if (status !== 200) throw unexplained(document, sent);
}

function refused(document: HttpDocument, { response, summary }: ErrorResponse, sent: SentRequest): ServerRefusedError {
  const { error } = response;
  return new ServerRefusedError(refusalMessages.get(error) ?? 'the authorization server refused the request', {
    status: document.status,
    response,
    server: `${answerOf(document)}: ${summary}`,
    sent: sent.description,
    hint: sent.hint({
      error,
      status: document.status,
      asksForCertificate: document.asksForCertificate,
      date: document.headers.get('date'),
    }),
  });
}

const refusalMessages = new Map([
  ['invalid_client', 'the authorization server refused the client credentials'],
  ['unauthorized_client', 'the authorization server refused this client'],
  ['invalid_scope', 'the authorization server refused the scope'],
  ['invalid_target', 'the authorization server refused the resource or audience'],
  ['unsupported_grant_type', 'the authorization server does not offer the client credentials grant'],
  ['unsupported_token_type', 'the authorization server cannot do this with a token of this type'],
  ['temporarily_unavailable', 'the authorization server is busy'],
  ['server_error', 'the authorization server failed'],
]);

function unavailable(document: HttpDocument, answer: ErrorResponse | undefined, now: number): NetworkError {
  const wait = retryAfter(document.headers.get('retry-after'), now) ?? 0;
  return new NetworkError('server_unavailable', 'the authorization server could not answer', {
    status: document.status,
    response: answer?.response,
    server: answer === undefined ? answerOf(document) : `${answerOf(document)}: ${answer.summary}`,
    hint: wait === 0 ? 'try again later' : `it asks to wait ${Math.ceil(wait / 1000)} s`,
  });
}

function redirected(document: HttpDocument): ProtocolError {
  const location = document.headers.get('location') ?? 'nowhere';
  return new ProtocolError('unexpected_redirect', 'the authorization server redirects: credentials are not sent on', {
    status: document.status,
    server: `${answerOf(document)} to ${location}`,
    hint: 'is the endpoint http where the server wants https, or has it moved?',
  });
}

function unexplained(document: HttpDocument, sent: SentRequest): ProtocolError {
  const { status, url, headers, asksForCertificate } = document;
  const hint =
    status === 404 || status === 405
      ? `is ${url.href} the right endpoint?`
      : sent.hint({ error: undefined, status, asksForCertificate, date: headers.get('date') });
  return new ProtocolError('invalid_response', 'the authorization server refused, and did not say why', {
    status,
    server: `${answerOf(document)}: ${excerpt(document, sent.redact)}`,
    sent: sent.description,
    hint,
  });
}

/**
 * The body of a successful response as a JSON object.
 * @throws ProtocolError invalid_response
 */
export function requireJsonObject(document: HttpDocument, sent: SentRequest): JsonObject {
  const body = parseJsonObject(document.text);
  if (body !== undefined) return body;
  throw new ProtocolError('invalid_response', 'the authorization server did not answer with a JSON object', {
    status: document.status,
    server: `${answerOf(document)}: ${excerpt(document, sent.redact)}`,
    hint: `is ${document.url.href} the right endpoint?`,
  });
}

/** `401 from POST https://as.example/token` */
export function answerOf({ status, method, url }: HttpDocument): string {
  return `${status} from ${method} ${url.origin}${url.pathname}`;
}

/** What a body is, and its beginning unless the status is one of success: then it may hold a token. */
function excerpt({ status, text, headers }: HttpDocument, redact: (text: string) => string): string {
  const type = headers.get('content-type') ?? 'no content type';
  if (text.trim() === '') return `empty body, ${type}`;
  if (status < 300) return `${type}, ${text.length} characters`;
  return `${type}, "${shorten(redact(text.trim()).replace(/\s+/g, ' '), 200)}"`;
}

function textMember(body: JsonObject, name: string, redact: (text: string) => string): string | undefined {
  const value = body[name];
  return typeof value === 'string' ? shorten(redact(value), 500) : undefined;
}

/** Cuts between words only. */
function shorten(value: string, limit: number): string {
  return value.length <= limit ? value : `${value.slice(0, limit).replace(/\S*$/, '')}…`;
}
