import type { ClientSettings } from '../client/oauth-client.ts';
import type { Context } from '../context.ts';
import type { BasicEncoding } from '../oauth/client-auth/client-authentication.ts';
import { resolveAssertion } from './resolve-assertion.ts';
import { resolveCredentials } from './resolve-credential.ts';
import type { Settings } from './settings.ts';

/**
 * Who the client is.
 * @throws UsageError usage; ConfigError credential_conflict, credential_misplaced, config_invalid
 */
export function resolveClient(settings: Settings, ctx: Context): ClientSettings {
  const { credential, certificate } = resolveCredentials(settings, ctx);
  return {
    clientId: settings.text('client-id')?.value,
    credential,
    certificate,
    authMethod: settings.text('auth-method')?.value,
    basicEncoding: settings.text('basic-encoding')?.value as BasicEncoding | undefined,
    assertion: resolveAssertion(settings, credential, ctx),
  };
}
