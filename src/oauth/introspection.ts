import { ProtocolError } from '../errors.ts';
import type { JsonObject } from '../json-object.ts';
import type { EndpointOptions } from './endpoint-request.ts';
import { postForm } from './endpoint-request.ts';
import type { SentRequest } from './error-response.ts';
import { answerOf, requireJsonObject, requireSuccess } from './error-response.ts';

/** RFC 7662 section 2.2: only `active` is required. */
export interface IntrospectionResponse extends JsonObject {
  readonly active: boolean;
}

/**
 * Asks the authorization server whether a token is active, RFC 7662 section 2.
 * @param now milliseconds since the epoch
 * @throws ServerRefusedError; ProtocolError invalid_response; NetworkError
 */
export async function introspectToken(
  introspectionEndpoint: URL,
  token: { readonly value: string; readonly typeHint?: string | undefined },
  options: EndpointOptions,
  sent: SentRequest,
  now: () => number,
): Promise<IntrospectionResponse> {
  const document = await postForm(introspectionEndpoint, tokenForm(token), options);
  requireSuccess(document, sent, now());
  const response = requireJsonObject(document, sent);
  const { active } = response;
  if (typeof active === 'boolean') return { ...response, active };
  throw new ProtocolError('invalid_response', 'the introspection response does not say whether the token is active', {
    status: document.status,
    server: `${answerOf(document)}: active is ${active === undefined ? 'missing' : `a ${typeof active}`}`,
  });
}

/** The form of RFC 7662 section 2.1 and RFC 7009 section 2.1. */
export function tokenForm({
  value,
  typeHint,
}: {
  readonly value: string;
  readonly typeHint?: string | undefined;
}): (readonly [string, string])[] {
  return [['token', value], ...(typeHint === undefined ? [] : [['token_type_hint', typeHint] as const])];
}
