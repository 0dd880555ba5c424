/** Where a client certificate is to be had; reading it waits until it is needed. */
export interface TlsFiles {
  /** Absolute path of the certificate, and who named it. */
  readonly certificate: string;
  readonly origin: string;
  /** Absolute path of the private key; undefined when it is in the certificate's file. */
  readonly privateKey: string | undefined;
  /** Absolute path of the file with the password of the key. */
  readonly password: string | undefined;
}
