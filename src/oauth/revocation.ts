import type { EndpointOptions } from './endpoint-request.ts';
import { postForm } from './endpoint-request.ts';
import type { SentRequest } from './error-response.ts';
import { readErrorResponse, requireSuccess } from './error-response.ts';
import { tokenForm } from './introspection.ts';

/**
 * Revokes a token, RFC 7009 section 2. A 200 means no more than that the token is not valid afterwards:
 * it may never have been.
 * @param now milliseconds since the epoch
 * @returns what the server had to say against it all the same (Keycloak: 200 with `invalid_token`)
 * @throws ServerRefusedError; ProtocolError; NetworkError
 */
export async function revokeToken(
  revocationEndpoint: URL,
  token: { readonly value: string; readonly typeHint?: string | undefined },
  options: EndpointOptions,
  sent: SentRequest,
  now: () => number,
): Promise<{ readonly objection: string | undefined }> {
  const document = await postForm(revocationEndpoint, tokenForm(token), options);
  const response = readErrorResponse(document, sent.redact)?.response;
  // RFC 7009 section 2.2: an unknown token is no error, and the purpose is reached.
  if (document.status === 200 && response?.error === 'invalid_token') {
    return { objection: response.error_description ?? response.error };
  }
  requireSuccess(document, sent, now());
  return { objection: undefined };
}
