import { NetworkError, ProtocolError } from '../errors.ts';
import type { Text } from '../text.ts';
import { text } from '../text.ts';
import { readText } from './body.ts';
import { combinedSignal, timeoutSignal } from './combined-signal.ts';
import { HttpHeaders } from './headers.ts';
import { retryAfter } from './retry-after.ts';
import { traceRequest, traceResponse } from './trace.ts';
import type { HttpClient, HttpRequest, HttpResponse } from './types.ts';
import { requireSecureUrl } from './url-policy.ts';

export interface TransportOptions {
  readonly connect: () => Promise<HttpClient>;
  /** Aborted by the person's signal. */
  readonly signal: AbortSignal;
  /** Milliseconds for everything that this transport does; 0 for no limit. */
  readonly maxTime: number;
  readonly allowHttp: boolean;
  readonly now: () => number;
  /** As in the Context. */
  readonly elapsed: () => number;
  readonly trace: (line: Text) => void;
}

/** A whole answer, read within limits. */
export interface HttpDocument {
  readonly url: URL;
  readonly method: string;
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly text: string;
  /** As in HttpResponse. */
  readonly asksForCertificate?: boolean | undefined;
}

/** Answers of authorization servers are small; more than this is a fault or an attack. */
const documentLimit = 1024 * 1024;
const maxRetries = 2;
const maxRedirects = 3;
const firstRetryDelay = 250;
/** Milliseconds that a timer can hold. */
const longestTimer = 2 ** 31 - 1;

/** The one place through which every request of a run leaves, within the time that the run has. */
export class Transport {
  readonly #options: TransportOptions;
  #limits: { readonly deadline: number; readonly signal: AbortSignal } | undefined;
  #client: Promise<HttpClient> | undefined;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  /** The time of the run begins with its first request: what a person takes to type a secret does not count. */
  get #time(): { readonly deadline: number; readonly signal: AbortSignal } {
    const { maxTime, signal, elapsed } = this.#options;
    this.#limits ??=
      maxTime === 0
        ? { deadline: Number.POSITIVE_INFINITY, signal }
        : {
            deadline: elapsed() + maxTime,
            signal: combinedSignal(signal, timeoutSignal(maxTime)),
          };
    return this.#limits;
  }

  /** Starts the time of the run, unless a request has; the signal aborts when it is over. */
  start(): AbortSignal {
    return this.#time.signal;
  }

  /**
   * Sends one request as it is.
   * @param signal aborts this request alone
   * @throws UsageError http_not_allowed; NetworkError; ProtocolError
   */
  async send(request: HttpRequest, signal?: AbortSignal): Promise<HttpResponse> {
    requireSecureUrl(request.url, this.#options.allowHttp);
    this.#client ??= this.#options.connect();
    const client = await this.#client;
    const abort = signal === undefined ? this.#time.signal : combinedSignal(this.#time.signal, signal);
    traceRequest(request, this.#options.trace);
    try {
      const response = await client.send(request, abort);
      traceResponse(response, this.#options.trace);
      if (response.asksForCertificate === false)
        this.trace(text`* ${request.url.host} did not ask for the certificate`);
      return { ...response, body: explained(response.body) };
    } catch (error) {
      throw explainTimeout(error, request.url);
    }

    async function* explained(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
      try {
        yield* body;
      } catch (error) {
        throw explainTimeout(error, request.url);
      }
    }
  }

  /**
   * Sends a request and reads the whole answer. Lost connections, 408, 429 and 5xx are tried again, twice
   * at the most and inside the deadline; `prepare` is asked for a new request each time.
   * @param isFinal says of a document with such a status that trying again will not help
   * @throws NetworkError; ProtocolError
   */
  async fetch(
    prepare: () => Promise<HttpRequest> | HttpRequest,
    isFinal: (document: HttpDocument) => boolean = () => false,
  ): Promise<HttpDocument> {
    for (let tries = 1; ; tries += 1) {
      const request = await prepare();
      const outcome = await this.#attempt(request);
      const isTransient =
        outcome instanceof NetworkError ? isWorthRetrying(outcome) : isBusy(outcome.status) && !isFinal(outcome);
      if (!isTransient || tries > maxRetries) return settle(outcome);
      const asked =
        outcome instanceof NetworkError
          ? undefined
          : retryAfter(outcome.headers.get('retry-after'), this.#options.now());
      const delay = asked ?? Math.random() * firstRetryDelay * 2 ** tries;
      if (this.#options.elapsed() + delay > this.#time.deadline) return settle(outcome);
      await this.pause(delay, request.url);
    }
  }

  /**
   * GETs a public document; redirects are followed three times at the most, never down to plain http.
   * @throws NetworkError; ProtocolError unexpected_redirect
   */
  async get(url: URL): Promise<HttpDocument> {
    let target = url;
    for (let hops = 0; hops <= maxRedirects; hops += 1) {
      const request: HttpRequest = { method: 'GET', url: target, headers: documentHeaders };
      const document = await this.fetch(() => request);
      const location = document.headers.get('location');
      if (!isRedirect(document.status) || location === undefined) return document;
      if (!URL.canParse(location, target.href)) break;
      const next = new URL(location, target);
      if (!/^https?:$/.test(next.protocol) || (target.protocol === 'https:' && next.protocol !== 'https:')) break;
      target = next;
    }
    throw new ProtocolError('unexpected_redirect', `${url.href} redirects too often, or to a place that is not safe`);
  }

  /**
   * Waits before a request is tried again.
   * @param milliseconds more than a timer can hold is 24 days
   * @throws NetworkError timeout when the run ends before
   */
  async pause(milliseconds: number, url: URL): Promise<void> {
    const { signal } = this.#time;
    const { setTimeout: sleep } = await import('node:timers/promises');
    try {
      await sleep(Math.min(milliseconds, longestTimer), undefined, { signal });
    } catch {
      throw explainTimeout(signal.reason, url);
    }
  }

  /** Says something about the requests where `-v` asked for it. */
  trace(line: Text): void {
    this.#options.trace(line);
  }

  /** Drops all connections. */
  async close(): Promise<void> {
    (await this.#client)?.close();
  }

  async #attempt(request: HttpRequest): Promise<HttpDocument | NetworkError> {
    try {
      const response = await this.send(request);
      const { status, headers, asksForCertificate } = response;
      const content = await readText(response, documentLimit);
      return { url: request.url, method: request.method, status, headers, text: content, asksForCertificate };
    } catch (error) {
      if (error instanceof NetworkError) return error;
      throw error;
    }
  }
}

/** Headers of a request for a small JSON document. */
export const documentHeaders = new HttpHeaders([
  ['accept', 'application/json'],
  ['accept-encoding', 'identity'],
]);

function settle(outcome: HttpDocument | NetworkError): HttpDocument {
  if (outcome instanceof NetworkError) throw outcome;
  return outcome;
}

function isWorthRetrying({ code }: NetworkError): boolean {
  return code === 'connection_failed' || code === 'connection_lost';
}

/** Statuses by which a server says "not now". */
export function isBusy(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

export function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

function explainTimeout(error: unknown, url: URL): unknown {
  if (!(error instanceof DOMException && error.name === 'TimeoutError')) return error;
  return new NetworkError('timeout', `no answer from ${url.host} in time`, {
    hint: 'give it more time with --max-time SECONDS',
    cause: error,
  });
}
