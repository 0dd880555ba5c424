import type { OptionRow } from './option.ts';

/** How a token is bound to a key, RFC 9449. */
export const dpopOptions: readonly OptionRow[] = [
  {
    name: 'dpop',
    group: 'Access token request',
    summary: 'a token that is bound to a key (DPoP), made for it and kept beside it',
    inProfile: true,
  },
  {
    name: 'dpop-key',
    value: 'FILE',
    group: 'Access token request',
    summary: 'the same with this private key: PEM or JWK',
    inProfile: true,
    isPath: true,
  },
  {
    name: 'dpop-optional',
    group: 'Access token request',
    summary: 'the same, and a bearer token will do where the server does not bind it',
    inProfile: true,
  },
];
