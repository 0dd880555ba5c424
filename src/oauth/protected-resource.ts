import type { OAuthErrorResponse } from '../errors.ts';
import type { HttpHeaders } from '../http/headers.ts';
import type { HttpRequest } from '../http/types.ts';
import type { Challenge } from './challenge.ts';
import { tokenChallenge } from './challenge.ts';

/** How a request to a protected resource shows its access token. */
export interface ResourceAuthorization {
  /** Adds the token, and the proof that goes with it; asked anew for each try. */
  readonly complete: (request: HttpRequest) => Promise<HttpRequest>;
  /** Looks at the response of a URL, for a nonce, and says whether the request is worth one more try. */
  readonly wantsAnotherTry: (response: ResourceResponse, url: URL) => boolean;
}

/** RFC 6750 section 2.1: in the Authorization field, never in the query, never in the body. */
export function bearerAuthorization(accessToken: string): ResourceAuthorization {
  return {
    complete: async (request) => ({
      ...request,
      headers: request.headers.with('Authorization', `Bearer ${accessToken}`),
    }),
    wantsAnotherTry: () => false,
  };
}

export interface ResourceResponse {
  readonly status: number;
  readonly headers: HttpHeaders;
}

/** The error of a resource's challenge, where it has one that is a code (RFC 6750 section 3). */
export function challengeResponse({ headers }: ResourceResponse): OAuthErrorResponse | undefined {
  const parameters = tokenChallenge(headers.get('www-authenticate'))?.parameters;
  const error = parameters?.get('error');
  if (error === undefined || !/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(error)) return undefined;
  return { error, error_description: parameters?.get('error_description'), error_uri: parameters?.get('error_uri') };
}

/** Whether the resource says that the token itself is no good, so that a fresh one may be, RFC 6750 section 3.1. */
export function isTokenRefused(response: ResourceResponse): boolean {
  return response.status === 401 && challengeResponse(response)?.error === 'invalid_token';
}

/** What a resource says against a request, in one line, or undefined when it does not say. */
export function refusalReason({ headers }: ResourceResponse): string | undefined {
  const challenge = tokenChallenge(headers.get('www-authenticate'));
  if (challenge === undefined) return undefined;
  const { parameters } = challenge;
  const description = parameters.get('error_description');
  const parts = [parameters.get('error'), description && `"${description}"`, scopeOf(challenge)];
  return parts.filter(Boolean).join(' ') || `wants a ${challenge.scheme} token`;
}

function scopeOf({ parameters }: Challenge): string | undefined {
  const scope = parameters.get('scope');
  return scope && `scope="${scope}"`;
}

/**
 * What a person can do about a refusal by a resource.
 * @param inspection the command that shows what the token says
 */
export function resourceHint({ status, headers }: ResourceResponse, inspection: string): string | undefined {
  const { parameters } = tokenChallenge(headers.get('www-authenticate')) ?? { parameters: new Map<string, string>() };
  const scope = parameters.get('scope');
  switch (parameters.get('error')) {
    case 'insufficient_scope':
      // People paste hints into their shell: only what a scope may hold (RFC 6749 section 3.3), less the quote, goes in.
      return scope !== undefined && /^[\x21\x23-\x26\x28-\x5b\x5d-\x7e ]+$/.test(scope)
        ? `ask for what it needs: --scope '${scope}'`
        : 'ask for another scope with --scope';
    case 'invalid_token':
      return `compare what it expects with what the token says: ${inspection}; issuer, audience, expiry and revocation are the usual reasons`;
    default:
      if (status === 401) return `does the API accept tokens of this issuer, and for this audience? see ${inspection}`;
      if (status === 403) return 'the token was accepted, and does not allow this: a scope or role is missing';
      return undefined;
  }
}
