import type { HttpHeaders } from '../http/headers.ts';
import type { HttpDocument, Transport } from '../http/transport.ts';
import { documentHeaders } from '../http/transport.ts';
import type { HttpRequest } from '../http/types.ts';
import type { ClientAuthentication } from './client-auth/client-authentication.ts';
import { readErrorResponse } from './error-response.ts';
import type { SenderConstraint } from './sender-constraint.ts';

/** The parameters of a form, in order. */
export type Form = (readonly [string, string])[];

/** A form that is sent to an endpoint of the authorization server. */
export interface EndpointRequest {
  readonly url: URL;
  readonly headers: HttpHeaders;
  readonly form: Form;
}

export interface EndpointOptions {
  readonly authentication: ClientAuthentication;
  readonly transport: Transport;
  readonly constraint?: SenderConstraint | undefined;
}

/**
 * Sends a form to an endpoint, the client authenticated, and reads the whole answer whatever it is.
 * Each try is completed anew, so that one-time proofs are never sent twice.
 * @throws NetworkError; ProtocolError response_too_large
 */
export async function postForm(
  url: URL,
  form: Form,
  { authentication, transport, constraint }: EndpointOptions,
): Promise<HttpDocument> {
  const prepare = async (): Promise<HttpRequest> => {
    const authenticated = await authentication.complete({ url, headers: documentHeaders, form });
    const request: HttpRequest = {
      method: 'POST',
      url: authenticated.url,
      headers: authenticated.headers.with('content-type', 'application/x-www-form-urlencoded'),
      body: new URLSearchParams(authenticated.form.map(([name, value]): [string, string] => [name, value])).toString(),
      tls: authentication.tls,
    };
    return constraint === undefined ? request : constraint.complete(request);
  };
  const learners = [authentication.wantsAnotherTry, constraint?.wantsAnotherTry].filter((one) => one !== undefined);
  /** All of them look: an answer may hold what one needs now, and what another one needs next time. */
  const isWorthATry = (document: HttpDocument): boolean => {
    const error = readErrorResponse(document)?.response.error;
    return learners.map((wantsAnotherTry) => wantsAnotherTry(document, error)).includes(true);
  };
  let document = await transport.fetch(prepare, isRefusal);
  if (learners.length === 0) return document;
  // One for each is enough: who was told what it lacks lacks it no more.
  for (let tries = 0; isWorthATry(document) && tries < learners.length; tries += 1) {
    document = await transport.fetch(prepare, isRefusal);
  }
  return document;
}

/** A server without care answers 500 to a wrong client: an OAuth error is a refusal, whatever the status. */
function isRefusal(document: HttpDocument): boolean {
  return readErrorResponse(document)?.isDefinite === true;
}
