import type { HttpDocument } from '../http/transport.ts';
import type { HttpRequest } from '../http/types.ts';
import type { Confirmation } from './require-confirmation.ts';

/** Binds a token to a key that the client holds, such as DPoP (RFC 9449), at an endpoint of the authorization server. */
export interface SenderConstraint {
  /** The token_type that the server must answer with (RFC 9449 section 5: `DPoP`). */
  readonly tokenType: string;
  /** Whether a bearer token will do where the server does not bind it. */
  readonly isOptional: boolean;
  /** What a token of that type must be bound to. */
  readonly confirmation: Confirmation;
  /** Adds the proof to a request; asked anew for each try. */
  readonly complete: (request: HttpRequest) => Promise<HttpRequest>;
  /** Looks at a response, and at the OAuth error in it, for a nonce, and says whether the request is worth one more try. */
  readonly wantsAnotherTry: (response: HttpDocument, error: string | undefined) => boolean;
}
