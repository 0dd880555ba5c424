import { HttpHeaders } from '../../../src/http/headers.ts';
import { Transport } from '../../../src/http/transport.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../../../src/http/types.ts';

/** An answer of a server. An object is sent as JSON, and says so unless it has headers of its own. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | object;
}

export interface ScriptedHttp {
  readonly client: HttpClient;
  readonly transport: Transport;
  /** What was sent, in order. */
  readonly requests: HttpRequest[];
}

/** An HTTP client that answers by a function and keeps what it was sent. An Error in place of an answer is thrown. */
export function scriptedHttp(answer: (request: HttpRequest, number: number) => Answer | Error): ScriptedHttp {
  const requests: HttpRequest[] = [];
  const client: HttpClient = {
    async send(request) {
      requests.push(request);
      const result = answer(request, requests.length);
      if (result instanceof Error) throw result;
      return responseOf(result);
    },
    close: async () => {},
  };
  return { client, requests, transport: transportOver(client) };
}

export function responseOf({ status = 200, headers, body = '' }: Answer): HttpResponse {
  return {
    status,
    statusText: '',
    headers: new HttpHeaders(Object.entries(headers ?? { 'content-type': 'application/json' })),
    body: bytesOf(body),
  };
}

/** A transport without a time limit over a client. */
export function transportOver(
  client: HttpClient,
  { now = 1_700_000_000, maxTime = 0, allowHttp = false, signal = new AbortController().signal } = {},
): Transport {
  return new Transport({
    connect: async () => client,
    signal,
    maxTime,
    allowHttp,
    now: () => now * 1000,
    elapsed: () => performance.now(),
    trace: () => {},
  });
}

async function* bytesOf(body: string | Uint8Array | object): AsyncIterable<Uint8Array> {
  if (typeof body === 'string') yield Buffer.from(body);
  else yield body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body));
}

/** A stored answer: status, header fields and a JSON body (a string is an empty one). */
export interface StoredAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object | string;
}
