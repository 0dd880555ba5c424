import { dpopOptions } from './dpop-options.ts';
import type { OptionRow } from './option.ts';

/** What the access token is to be good for. */
export const requestOptions: readonly OptionRow[] = [
  {
    name: 'scope',
    value: 'SCOPE',
    repeats: true,
    negatable: true,
    group: 'Access token request',
    summary: 'scope to ask for, or several in one value',
    variable: 'CCGRANT_SCOPE',
    inProfile: true,
  },
  {
    name: 'audience',
    value: 'AUDIENCE',
    repeats: true,
    group: 'Access token request',
    summary: 'audience parameter (Auth0 and others)',
    variable: 'CCGRANT_AUDIENCE',
    inProfile: true,
  },
  {
    name: 'resource',
    value: 'URI',
    repeats: true,
    group: 'Access token request',
    summary: 'resource indicator (RFC 8707)',
    variable: 'CCGRANT_RESOURCE',
    inProfile: true,
  },
  {
    name: 'param',
    value: 'NAME=VALUE',
    repeats: true,
    group: 'Access token request',
    summary: 'any other parameter of the token request',
    inProfile: true,
  },
  ...dpopOptions,
];
