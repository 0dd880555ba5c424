import type { HttpHeaders } from '../http/headers.ts';
import type { HttpRequest } from '../http/types.ts';

/** Binds requests to a key that the sender holds, such as DPoP (RFC 9449). */
export interface SenderConstraint {
  /** Adds the proof to a request; asked anew for each try. */
  readonly complete: (request: HttpRequest) => Promise<HttpRequest>;
  /** Looks at a response, for a nonce, and says whether the request is worth one more try. */
  readonly wantsAnotherTry: (response: { readonly status: number; readonly headers: HttpHeaders }) => boolean;
}
