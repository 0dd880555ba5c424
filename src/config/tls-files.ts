import type { NamedSource } from './secret-source.ts';

/** Where a client certificate is to be had; reading it waits until it is needed. */
export interface TlsFiles {
  /** Absolute path of the certificate, and who named it. */
  readonly certificate: string;
  readonly origin: string;
  /** Absolute path of the private key, and who named it; undefined when it is in the certificate's file. */
  readonly privateKey: { readonly path: string; readonly origin: string } | undefined;
  /** The password of the private key or PKCS#12 file, and who named it. */
  readonly password: NamedSource | undefined;
}

/** The files that make up the certificate, for telling it from others. */
export function pathsOf({ certificate, privateKey }: TlsFiles): readonly string[] {
  return privateKey === undefined ? [certificate] : [certificate, privateKey.path];
}
