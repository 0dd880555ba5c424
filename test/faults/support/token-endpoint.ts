import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { Answer } from '../../support/http-server.ts';
import { json } from '../../support/http-server.ts';

/** One access token request. Times in milliseconds of the monotonic clock. */
export interface TokenRequest {
  /** Everything that tells one key from another. */
  readonly key: string;
  /** The client's end of the connection. */
  readonly port: number | undefined;
  readonly arrivedAt: number;
  /** When it was answered, or its client was gone; undefined while it is in flight. */
  endedAt: number | undefined;
}

export interface TokenEndpointOptions {
  /** Milliseconds from the request to its answer. */
  readonly delay?: number;
  /** Members of the token response beside `access_token`; `expires_in` is 3600 unless said otherwise. */
  readonly members?: Readonly<Record<string, unknown>>;
}

/** A token endpoint that gives out a different token each time, and sees which requests are in flight at once. */
export class TokenEndpoint {
  /** Milliseconds from the request to its answer. */
  delay: number;
  /** What is answered instead of a token. */
  instead: Answer | undefined;
  members: Readonly<Record<string, unknown>>;
  readonly requests: TokenRequest[] = [];
  readonly issued: string[] = [];
  /** How many requests came while another one for the same key was in flight. */
  overlaps = 0;
  #waiting: { count: number; resolve: () => void }[] = [];

  constructor({ delay = 0, members = {} }: TokenEndpointOptions = {}) {
    this.delay = delay;
    this.members = members;
  }

  readonly answer: Answer = async ({ headers, body }, response) => {
    const key = `${headers.authorization} ${body}`;
    if (this.requests.some((other) => other.key === key && other.endedAt === undefined)) this.overlaps += 1;
    const request: TokenRequest = {
      key,
      port: response.req.socket.remotePort,
      arrivedAt: performance.now(),
      endedAt: undefined,
    };
    const end = (): void => {
      request.endedAt ??= performance.now();
    };
    // The socket closes with a client that is killed; a response that nobody reads any more may never finish.
    response.once('finish', end).once('close', end).req.socket.once('end', end).once('close', end);
    this.requests.push(request);
    this.#announce();
    await pause(this.delay);
    if (this.instead !== undefined) return this.instead;
    const token = `token-${this.issued.length + 1}-${randomBytes(8).toString('hex')}`;
    this.issued.push(token);
    return json({ access_token: token, token_type: 'Bearer', expires_in: 3600, ...this.members });
  };

  /** Resolves when this many requests have come. */
  arrived(count: number): Promise<void> {
    if (this.requests.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ count, resolve }));
  }

  /** Milliseconds from the first request to the last answer. */
  get span(): number {
    const ends = this.requests.map(({ endedAt }) => endedAt ?? Number.NaN);
    return Math.max(...ends) - Math.min(...this.requests.map(({ arrivedAt }) => arrivedAt));
  }

  #announce(): void {
    const due = this.#waiting.filter(({ count }) => this.requests.length >= count);
    this.#waiting = this.#waiting.filter((waiter) => !due.includes(waiter));
    for (const { resolve } of due) resolve();
  }
}
