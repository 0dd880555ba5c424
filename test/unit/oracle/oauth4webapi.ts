import * as oauth from 'oauth4webapi';
import type { CredentialOf } from '../../../src/oauth/client-auth/client-authentication.ts';
import type { Answer } from '../support/scripted-http.ts';

/** The client and the server that both programs are told of. */
export const server = {
  issuer: 'https://as.example',
  token_endpoint: 'https://as.example/oauth2/token?tenant=a',
  introspection_endpoint: 'https://as.example/introspect',
  revocation_endpoint: 'https://as.example/revoke',
} as const;

export const methods = ['client_secret_basic', 'client_secret_post', 'none'] as const;
export type Method = (typeof methods)[number];

/** A request in a form that can be compared: what a server makes of it, not how it is spelled. */
export interface ComparableRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Percent-decoded, sorted. */
  readonly form: readonly (readonly [string, string])[];
  /** Id and secret of HTTP Basic, decoded as RFC 6749 section 2.3.1 says. */
  readonly basic: readonly string[] | undefined;
}

export function toComparable(
  method: string,
  url: string,
  fields: Iterable<readonly [string, string]>,
  body: string,
): ComparableRequest {
  const { authorization, ...headers } = Object.fromEntries(
    [...fields].map(([name, value]) => [name.toLowerCase(), value]),
  );
  return {
    method,
    url,
    headers,
    form: [...new URLSearchParams(body)].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    basic: authorization === undefined ? undefined : decodeBasic(authorization),
  };
}

function decodeBasic(field: string): string[] {
  const [, credentials = ''] = /^Basic ([A-Za-z0-9+/]+=*)$/.exec(field) ?? [];
  const [id = '', secret = ''] = Buffer.from(credentials, 'base64').toString().split(':');
  return [id, secret].map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
}

/** The authentication of oauth4webapi by the same method with the same credentials. */
export function oracleAuthentication(method: Method, { secret }: CredentialOf<'secret'>): oauth.ClientAuth {
  const value = secret.reveal();
  if (method === 'client_secret_basic') return oauth.ClientSecretBasic(value);
  return method === 'client_secret_post' ? oauth.ClientSecretPost(value) : oauth.None();
}

/** A fetch that keeps the request and gives this answer. */
export function oracleFetch(answer: Answer): {
  fetch: NonNullable<oauth.TokenEndpointRequestOptions[typeof oauth.customFetch]>;
  sent: () => ComparableRequest;
} {
  let sent: ComparableRequest | undefined;
  return {
    fetch: async (url, { method, headers, body }) => {
      sent = toComparable(method, url, Object.entries(headers), String(body));
      return toResponse(answer);
    },
    sent: () => {
      if (sent === undefined) throw new Error('nothing was sent');
      return sent;
    },
  };
}

/** The same answer that ccgrant's scripted client gives, as a Response of the platform. */
export function toResponse({
  status = 200,
  headers = { 'content-type': 'application/json' },
  body = '',
}: Answer): Response {
  const content = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  const bytes = Buffer.from(content as string);
  const response = new Response(bytes.length === 0 ? null : bytes, { status, headers });
  // The platform adds a content type of its own to a body of text.
  if (!Object.keys(headers).some((name) => name.toLowerCase() === 'content-type'))
    response.headers.delete('content-type');
  return response;
}

/** `accepted`, or `refused` with the OAuth error code that was understood. */
export type Verdict = 'accepted' | 'refused' | `refused: ${string}`;

export async function oracleVerdict(action: () => Promise<unknown>): Promise<Verdict> {
  try {
    await action();
    return 'accepted';
  } catch (error) {
    if (error instanceof oauth.ResponseBodyError) return `refused: ${error.error}`;
    if (error instanceof Error && 'code' in error) return 'refused';
    throw error;
  }
}
