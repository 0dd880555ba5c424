import type { Context } from '../context.ts';
import { NetworkError, ProtocolError } from '../errors.ts';
import { HttpHeaders } from '../http/headers.ts';
import { retryAfter } from '../http/retry-after.ts';
import type { Transport } from '../http/transport.ts';
import { isRedirect } from '../http/transport.ts';
import type { HttpResponse } from '../http/types.ts';
import type { ResourceAuthorization } from '../oauth/protected-resource.ts';
import type { ApiRequest } from './api-request.ts';

export interface ExchangePolicy {
  readonly followRedirects: boolean;
  readonly maxRedirects: number;
  readonly retries: number;
  /** Milliseconds until the response headers must be there, 0 for no limit. */
  readonly headerTime: number;
}

export interface Exchanged {
  readonly request: ApiRequest;
  readonly response: HttpResponse;
  readonly redirects: number;
  readonly retries: number;
  /** Milliseconds from the start to the response headers. */
  readonly startTransfer: number;
}

/** Statuses that curl's --retry calls transient. */
const transientStatuses = [408, 429, 500, 502, 503, 504];
const maxPause = 600_000;

/**
 * Sends a request, and what redirects and retries make of it, until there is a response to show.
 * @param authorization shows the token to the origin of the original request, and to no other
 * @throws NetworkError; ProtocolError unexpected_redirect; UsageError http_not_allowed
 */
export async function exchange(
  original: ApiRequest,
  authorization: ResourceAuthorization,
  policy: ExchangePolicy,
  transport: Transport,
  { now, elapsed }: Pick<Context, 'now' | 'elapsed'>,
): Promise<Exchanged> {
  const start = elapsed();
  let request = original;
  let redirects = 0;
  let retries = 0;
  let isProven = false;
  let isAuthorized = true;
  for (;;) {
    const outcome = await attempt(request, isAuthorized ? authorization : undefined, policy.headerTime, transport);
    const isRepeatable = request.body?.isRepeatable !== false;
    const mayRetry = isRepeatable && retries < policy.retries;
    if (outcome instanceof NetworkError) {
      if (!mayRetry || outcome.code !== 'timeout') throw outcome;
      await transport.pause(backoff(retries), request.url);
      retries += 1;
    } else if (isAuthorized && authorization.wantsAnotherTry(outcome, request.url) && isRepeatable && !isProven) {
      isProven = true;
      await release(outcome);
    } else if (mayRetry && transientStatuses.includes(outcome.status)) {
      const asked = retryAfter(outcome.headers.get('retry-after'), now());
      await transport.pause(Math.min(asked ?? backoff(retries), maxPause), request.url);
      retries += 1;
    } else {
      const location = outcome.headers.get('location');
      if (!policy.followRedirects || !isRedirect(outcome.status) || location === undefined) {
        return { request, response: outcome, redirects, retries, startTransfer: elapsed() - start };
      }
      if (redirects === policy.maxRedirects)
        throw new ProtocolError('unexpected_redirect', `more than ${redirects} redirects`);
      request = redirected(request, outcome.status, location);
      // What has been sent elsewhere does not get the token back on its way home.
      isAuthorized &&= request.url.origin === original.url.origin;
      redirects += 1;
    }
  }
}

/** Characters of a body that is read for nothing. */
const smallBody = 64 * 1024;

/** Reads a short body to its end, so that its connection serves the next try. */
async function release({ headers, body }: HttpResponse): Promise<void> {
  const length = headers.get('content-length');
  if (length === undefined || !(Number(length) <= smallBody)) return;
  for await (const _ of body);
}

/** curl's pauses: one second, doubled each time, ten minutes at the most. */
function backoff(retries: number): number {
  return Math.min(1000 * 2 ** retries, maxPause);
}

async function attempt(
  { method, url, headers, body }: ApiRequest,
  authorization: ResourceAuthorization | undefined,
  headerTime: number,
  transport: Transport,
): Promise<HttpResponse | NetworkError> {
  const limit = new AbortController();
  const timer =
    headerTime === 0 ? undefined : setTimeout(() => limit.abort(new DOMException('', 'TimeoutError')), headerTime);
  try {
    const request = { method, url, headers, body: body?.content };
    return await transport.send((await authorization?.complete(request)) ?? request, limit.signal);
  } catch (error) {
    if (error instanceof NetworkError) return error;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The request that follows a redirect, RFC 9110 section 15.4. Another origin gets no token, no header
 * that was given and no body: they were meant for the first one.
 */
function redirected(request: ApiRequest, status: number, location: string): ApiRequest {
  if (!URL.canParse(location, request.url.href))
    throw new ProtocolError('unexpected_redirect', 'a redirect to what is no URL');
  const url = new URL(location, request.url);
  const isSameOrigin = url.origin === request.url.origin;
  if (request.url.protocol === 'https:' && url.protocol !== 'https:') {
    throw new ProtocolError('unexpected_redirect', `a redirect from https down to ${url.protocol}//${url.host}`);
  }
  const becomesGet = (status === 303 && request.method !== 'HEAD') || (status < 303 && request.method === 'POST');
  const keepsBody = isSameOrigin && !becomesGet;
  return {
    method: becomesGet ? 'GET' : request.method,
    url,
    headers: isSameOrigin ? withoutBodyHeaders(request.headers, keepsBody) : harmless(request.headers),
    body: keepsBody ? request.body : undefined,
  };
}

function withoutBodyHeaders(headers: HttpHeaders, keepsBody: boolean): HttpHeaders {
  return keepsBody ? headers : headers.without('content-type').without('content-length');
}

function harmless(headers: HttpHeaders): HttpHeaders {
  return new HttpHeaders([...headers].filter(([name]) => /^(user-agent|accept|accept-encoding)$/i.test(name)));
}
