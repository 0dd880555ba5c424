import { ConfigError, ProtocolError } from '../errors.ts';
import type { Transport } from '../http/transport.ts';
import { documentHeaders } from '../http/transport.ts';
import { isHttpUrl } from '../http/url-policy.ts';
import { parseJsonObject } from '../json-object.ts';
import { Secret } from '../secret.ts';

/** Where the runner of a job gives out ID tokens, and what it wants to see for one. */
export interface IdTokenEndpoint {
  readonly url: URL;
  readonly token: string;
}

/**
 * The endpoint of this job.
 * @param url ACTIONS_ID_TOKEN_REQUEST_URL
 * @param token ACTIONS_ID_TOKEN_REQUEST_TOKEN
 * @param origin who wanted it, for messages
 * @throws ConfigError missing_setting outside of a job that may ask
 */
export function requireIdTokenEndpoint(
  url: string | undefined,
  token: string | undefined,
  origin: string,
): IdTokenEndpoint {
  // Anything else cannot be sent in a header field, and would be a failure of the connection.
  const isToken = token !== undefined && /^[\x21-\x7e]+$/.test(token);
  if (isToken && url !== undefined && isHttpUrl(url)) return { url: new URL(url), token };
  throw new ConfigError('missing_setting', `this is no job of GitHub Actions that may ask for ID tokens (${origin})`, {
    hint: 'the job needs permissions: id-token: write; the runner then sets ACTIONS_ID_TOKEN_REQUEST_URL and _TOKEN',
  });
}

/**
 * Asks the runner of GitHub Actions for an ID token of the job, by which the job proves who it is.
 * @throws ProtocolError invalid_response; NetworkError
 * @see https://docs.github.com/en/actions/reference/security/oidc
 */
export async function requestIdToken(
  endpoint: IdTokenEndpoint,
  audience: string,
  transport: Transport,
): Promise<Secret> {
  const url = new URL(endpoint.url);
  url.searchParams.set('audience', audience);
  const request = { method: 'GET', url, headers: documentHeaders.with('authorization', `Bearer ${endpoint.token}`) };
  const { status, text } = await transport.fetch(() => request);
  const token = parseJsonObject(text)?.value;
  if (status === 200 && typeof token === 'string' && token !== '') return new Secret(token);
  throw new ProtocolError('invalid_response', 'GitHub Actions gave no ID token for this job', {
    status,
    server: `${status} from GET ${url.origin}${url.pathname}`,
    hint: 'it gives them while the job runs, and where the job has permissions: id-token: write',
  });
}
