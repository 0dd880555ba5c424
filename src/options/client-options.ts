import type { ClientSettings } from '../client/oauth-client.ts';
import type { Context } from '../context.ts';
import { authMethodNames } from '../oauth/client-auth/auth-methods.ts';
import type { BasicEncoding } from '../oauth/client-auth/client-authentication.ts';
import { basicEncodings } from '../oauth/client-auth/client-authentication.ts';
import { assertionOptions, resolveAssertion } from './assertion-options.ts';
import { credentialOptions, resolveCertificate, resolveCredential } from './credential-options.ts';
import type { OptionRow } from './option.ts';
import type { Settings } from './settings.ts';

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

/**
 * Who the client is.
 * @throws ConfigError credential_conflict, credential_misplaced, config_invalid
 */
export function resolveClient(settings: Settings, ctx: Context): ClientSettings {
  const credential = resolveCredential(settings, ctx);
  return {
    clientId: settings.text('client-id')?.value,
    credential,
    certificate: resolveCertificate(settings, ctx),
    authMethod: settings.text('auth-method')?.value,
    basicEncoding: settings.text('basic-encoding')?.value as BasicEncoding | undefined,
    assertion: resolveAssertion(settings, credential, ctx),
  };
}
