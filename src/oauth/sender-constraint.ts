import type { HttpHeaders } from '../http/headers.ts';
import type { HttpRequest } from '../http/types.ts';

/** Binds a token to a key that the client holds, such as DPoP (RFC 9449), at an endpoint of the authorization server. */
export interface SenderConstraint {
  /** The token_type that the server must answer with (RFC 9449 section 5: `DPoP`). */
  readonly tokenType: string;
  /** Adds the proof to a request; asked anew for each try. */
  readonly complete: (request: HttpRequest) => Promise<HttpRequest>;
  /** Looks at a response, for a nonce, and says whether the request is worth one more try. */
  readonly wantsAnotherTry: (response: { readonly status: number; readonly headers: HttpHeaders }) => boolean;
}
