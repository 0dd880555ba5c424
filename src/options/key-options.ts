import type { OptionRow } from './option.ts';

/** Keys other than those of the issuer's metadata. */
export const keyOptions: readonly OptionRow[] = [
  {
    name: 'jwks',
    value: 'FILE',
    group: 'Checks',
    summary: 'keys from a file: JWK Set, JWK, PEM public key or certificate',
  },
  {
    name: 'verify-secret-file',
    value: 'FILE',
    group: 'Checks',
    summary: 'shared secret, for HS256, HS384 and HS512 only',
    readsStandardInput: true,
  },
];
