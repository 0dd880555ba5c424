import type { HttpDocument } from '../../http/transport.ts';
import type { TlsIdentity } from '../../http/types.ts';
import type { SigningKey } from '../../jwt/signing-key.ts';
import type { Secret } from '../../secret.ts';
import type { EndpointRequest } from '../endpoint-request.ts';
import type { AssertionTerms } from './client-assertion.ts';

/** How a client proves who it is, RFC 6749 section 2.3. */
export interface ClientAuthentication {
  /** Registered name of the method, RFC 7591 section 2. */
  readonly method: string;
  /** The client id that it sends, where that may be another than was given. */
  readonly clientId?: string | undefined;
  /** Puts the proof into a request; asked anew for each try, so that nothing is sent twice that must not be. */
  readonly complete: (request: EndpointRequest) => Promise<EndpointRequest>;
  /**
   * Looks at a response, and at the OAuth error in it, for a challenge that the proof must answer, and says whether
   * the request is worth one more try.
   */
  readonly wantsAnotherTry?: ((response: HttpDocument, error: string | undefined) => boolean) | undefined;
  /** The certificate of the connection (RFC 8705); with one, mtls_endpoint_aliases are used. */
  readonly tls?: TlsIdentity | undefined;
  /** What a person can look at when the server refuses the proof, asked after `complete`; without it, the hint is about id and secret. */
  readonly advise?: ((refusal: Refusal) => string | undefined) | undefined;
  /** Error codes by which a server refuses this proof, beside those of RFC 6749: `advise` is asked about them too. */
  readonly refusals?: readonly string[] | undefined;
  /** What is to be said although the server accepted the proof. */
  readonly caveat?: ((answer: Pick<Refusal, 'asksForCertificate'>) => string | undefined) | undefined;
}

/** How a server refused a request. */
export interface Refusal {
  readonly error: string | undefined;
  readonly status: number;
  /** As in HttpResponse. */
  readonly asksForCertificate?: boolean | undefined;
  /** The `Date` field of the response. */
  readonly date: string | undefined;
  /** When the response came, in milliseconds since the epoch. */
  readonly now: number;
}

/** Who the client is, and what it has to prove it. */
export interface ClientCredentials {
  readonly clientId: string;
  /** Undefined for a client that proves nothing. */
  readonly credential: ClientCredential | undefined;
  readonly basicEncoding: BasicEncoding;
  /** For methods by which the client signs an assertion. */
  readonly assertion: AssertionTerms;
  /** The algorithms that the metadata lists for proofs of the key in an attestation. */
  readonly supportedProofAlgorithms?: readonly string[] | undefined;
}

/** The same before it is known whether the client has an id: not every method needs one. */
export type PossibleClient = Omit<ClientCredentials, 'clientId'> & { readonly clientId: string | undefined };

/** What is known of a client before the server is asked anything. */
export type Claimant = Pick<PossibleClient, 'clientId' | 'credential'>;

/** What a client proves who it is with, made ready for use. */
export type ClientCredential =
  | { readonly kind: 'secret'; readonly secret: Secret }
  | { readonly kind: 'private key'; readonly key: SigningKey }
  /** Signed by somebody else; its type is a URN (RFC 7521 section 4.2), and reading it asks for the one of now, for this URL. */
  | { readonly kind: 'assertion'; readonly type: string; readonly read: (target: URL) => Promise<Secret> }
  /** Somebody else's word for the client that has this key; reading it asks for the one of now. */
  | {
      readonly kind: 'attestation';
      readonly key: SigningKey;
      readonly clientId: string;
      readonly read: () => Promise<Secret>;
    }
  | { readonly kind: 'certificate'; readonly identity: TlsIdentity };

export type CredentialKind = ClientCredential['kind'];
export type CredentialOf<K extends CredentialKind> = Extract<ClientCredential, { readonly kind: K }>;

export const basicEncodings = ['form', 'raw'] as const;
/** Whether id and secret are percent-encoded for HTTP Basic, or sent as they are. */
export type BasicEncoding = (typeof basicEncodings)[number];
