import type { Secret } from '../secret.ts';

/** Where a secret is to be had; reading it waits until it is needed. */
export type SecretSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'standard input' }
  | { readonly kind: 'command'; readonly argv: readonly string[]; readonly directory: string }
  | { readonly kind: 'variable'; readonly variable: string; readonly value: Secret };

/** A secret that somebody named, and by what: `--pass-file`. */
export interface NamedSource {
  readonly source: SecretSource;
  readonly origin: string;
}

/** Where an assertion is to be had that somebody else has signed. */
export type AssertionSource =
  | SecretSource
  /** The runner of a job; the URL is undefined where it offers none. */
  | { readonly kind: 'github-actions'; readonly requestUrl: string | undefined };

/** A credential, and who named it: `--client-secret-file`, `CCGRANT_CLIENT_SECRET` … */
export type Credential = (
  | { readonly kind: 'secret' | 'private key'; readonly source: SecretSource }
  | { readonly kind: 'assertion'; readonly source: AssertionSource }
  /** The key is the one that is attested; undefined when none was named. */
  | { readonly kind: 'attestation'; readonly source: SecretSource; readonly key: NamedSource | undefined }
) & { readonly origin: string };
