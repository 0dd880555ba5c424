import type { IncomingMessage } from 'node:http';
import { Refusal, type Scheme } from './refusal.ts';

export interface Credentials {
  readonly scheme: Scheme;
  readonly accessToken: string;
}

/**
 * Takes the access token out of a request: RFC 6750 section 2.1, RFC 9449 section 7.1. It comes in one Authorization
 * field and nowhere else: URLs end up in logs.
 *
 * @throws Refusal
 */
export function readCredentials(request: IncomingMessage, query: URLSearchParams): Credentials {
  // Not `headers`: that shows only the first of several.
  const [field, ...more] = request.headersDistinct.authorization ?? [];
  if (field === undefined) throw new Refusal({ description: 'an access token is required' });

  const [, name = '', rest = ''] = /^([^ ]*) *(.*)$/.exec(field) ?? [];
  const scheme = (['Bearer', 'DPoP'] as const).find((known) => known.toLowerCase() === name.toLowerCase());
  const invalid = (description: string) => new Refusal({ error: 'invalid_request', description, scheme });
  if (more.length > 0) throw invalid('there is more than one Authorization field');
  if (scheme === undefined) throw new Refusal({ description: 'an access token is required' });
  if (query.has('access_token')) throw invalid('there is more than one access token');
  if (!/^[\w.~+/-]+=*$/.test(rest)) throw invalid('the Authorization field has no well-formed access token');
  return { scheme, accessToken: rest };
}
