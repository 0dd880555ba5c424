import { authMethodNames } from '../oauth/client-auth/auth-methods.ts';
import { basicEncodings } from '../oauth/client-auth/client-authentication.ts';
import { assertionOptions } from './assertion-options.ts';
import { credentialOptions } from './credential-options.ts';
import type { OptionRow } from './option.ts';

export const clientIdOption: OptionRow = {
  name: 'client-id',
  value: 'ID',
  group: 'Client',
  summary: 'client identifier',
  variable: 'CCGRANT_CLIENT_ID',
  inProfile: true,
};

/** Who asks, and how the authorization server is to know it. */
export const clientOptions: readonly OptionRow[] = [
  clientIdOption,
  ...credentialOptions,
  ...assertionOptions,
  {
    name: 'auth-method',
    value: 'METHOD',
    group: 'Client',
    summary: 'client authentication method; by default what the metadata allows',
    choices: authMethodNames,
    variable: 'CCGRANT_AUTH_METHOD',
    inProfile: true,
  },
  {
    name: 'basic-encoding',
    value: 'ENCODING',
    group: 'Client',
    summary: 'id and secret in client_secret_basic percent-encoded (form) or not (raw)',
    choices: basicEncodings,
    inProfile: true,
  },
];
