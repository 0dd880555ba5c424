import { type IncomingMessage, request } from 'node:http';
import { request as requestTls } from 'node:https';
import { json } from 'node:stream/consumers';

/** Header fields by name; an array is as many fields. */
export type Fields = Readonly<Record<string, string | readonly string[]>>;

/** Whom a client trusts, and the certificate that it presents; all PEM. */
export interface TlsOptions {
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface ResourceResponse {
  readonly status: number;
  /** The values of all fields of this name, in their order. */
  fields(name: string): readonly string[];
  readonly body: { readonly message?: string; readonly error?: string; readonly error_description?: string };
}

/** Requests a protected resource on a connection of its own, with fields that may come more than once. */
export async function send(url: string, fields: Fields, tls?: TlsOptions, method = 'GET'): Promise<ResourceResponse> {
  const options = { method, agent: false };
  const outgoing = tls === undefined ? request(url, options) : requestTls(url, { ...options, ...tls });
  for (const [name, value] of Object.entries(fields)) outgoing.setHeader(name, value);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve).once('error', reject).end();
  });
  const body = method === 'HEAD' ? {} : await json(response);
  return {
    status: response.statusCode ?? 0,
    fields: (name) => response.headersDistinct[name] ?? [],
    body: body as ResourceResponse['body'],
  };
}
