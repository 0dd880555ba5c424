/** The schemes of the Authorization field in which access tokens come: RFC 6750, RFC 9449 section 7.1. */
export type Scheme = 'Bearer' | 'DPoP';

/** RFC 6750 section 3.1, RFC 9449 sections 7.1 and 9. */
export type ErrorCode =
  | 'invalid_request'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce';

export interface RefusalFacts {
  /** Absent where the request brought no credentials: RFC 6750 section 3. */
  readonly error?: ErrorCode;
  /** For developers; printable ASCII without quotes and backslashes (RFC 6750 section 3). */
  readonly description: string;
  /** What the request tried; absent when it was none of ours. */
  readonly scheme?: Scheme | undefined;
  /** The scope that would do. */
  readonly scope?: string;
}

const statusOf = {
  invalid_request: 400,
  invalid_token: 401,
  insufficient_scope: 403,
  invalid_dpop_proof: 401,
  use_dpop_nonce: 401,
} as const satisfies Record<ErrorCode, number>;

/** A protected resource request that is refused. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly facts: RefusalFacts;

  constructor(facts: RefusalFacts) {
    super(facts.description);
    this.facts = facts;
  }

  get status(): number {
    return this.facts.error === undefined ? 401 : statusOf[this.facts.error];
  }
}

/** The API cannot judge the request now; the fault is not the client's. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}
