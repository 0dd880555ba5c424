import { sha256Hex } from '../sha256.ts';
import type { Text } from '../text.ts';
import { text } from '../text.ts';
import { fingerprint } from '../token-fingerprint.ts';
import type { HttpRequest, HttpResponse } from './types.ts';

const secretFields = /^(proxy-)?authorization$|^(set-)?cookie2?$|^dpop$|api-?key|token|secret/i;
const secretParameters = /^(client_secret|client_assertion|assertion|password|refresh_token)$/;

/** Writes a request as curl's `-v` does, with every credential masked. */
export function traceRequest({ method, url, headers, body }: HttpRequest, trace: (line: Text) => void): void {
  trace(text`> ${method} ${url.href}`);
  for (const [name, value] of headers) trace(text`> ${name}: ${secretFields.test(name) ? maskField(value) : value}`);
  if (typeof body === 'string' && headers.get('content-type')?.startsWith('application/x-www-form-urlencoded')) {
    trace(text`> ${maskForm(body)}`);
  }
}

/** Writes the status and headers of a response. */
export function traceResponse({ status, headers }: HttpResponse, trace: (line: Text) => void): void {
  trace(text`< ${status}`);
  for (const [name, value] of headers) trace(text`< ${name}: ${secretFields.test(name) ? maskField(value) : value}`);
}

/** Keeps the scheme, which says what was used, and of a token the fingerprint, by which traces can be compared. */
function maskField(value: string): string {
  const [, scheme, credentials = ''] = /^(Basic|Bearer|DPoP) +(.*)$/i.exec(value) ?? [];
  if (scheme === undefined) return '[secret]';
  return `${scheme} ${scheme.toLowerCase() === 'basic' ? '[secret]' : fingerprint(credentials, sha256Hex)}`;
}

function maskForm(body: string): string {
  return body
    .split('&')
    .map((pair) => {
      const [name = '', value = ''] = pair.split('=', 2);
      if (name === 'token') return `token=${fingerprint(decodeURIComponent(value.replaceAll('+', ' ')), sha256Hex)}`;
      return secretParameters.test(name) ? `${name}=[secret]` : pair;
    })
    .join('&');
}
