import type { NamedSource } from '../config/secret-source.ts';

/** How the tokens of a client are to be bound to a key, RFC 9449. */
export interface DpopSettings {
  /** Where the private key is; undefined for a key that is made for each token. */
  readonly keyFile: DpopKeyFile | undefined;
  /** Whether a bearer token will do where the server does not bind it. */
  readonly isOptional: boolean;
}

export interface DpopKeyFile {
  /** Absolute. */
  readonly path: string;
  /** Who named it: `--dpop-key`. */
  readonly origin: string;
  /** The password of the key, if it should be encrypted. */
  readonly password: NamedSource | undefined;
}
