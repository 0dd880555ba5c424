import { ConfigError } from '../../errors.ts';
import { credentialKindsOf } from './auth-methods.ts';
import type { CredentialKind } from './client-authentication.ts';

/** The option that gives a credential of each kind. */
export const credentialOption: Readonly<Record<CredentialKind, string>> = {
  secret: '--client-secret-file',
  'private key': '--private-key',
  assertion: '--client-assertion-file',
  attestation: '--client-attestation-file',
  certificate: '--cert',
};

/** How a person gives a credential of each kind, for hints. */
const waysToGive: Readonly<Record<CredentialKind, string>> = {
  secret: '--client-secret-file FILE, CCGRANT_CLIENT_SECRET_FILE or CCGRANT_CLIENT_SECRET',
  'private key': '--private-key FILE or CCGRANT_PRIVATE_KEY',
  assertion: '--client-assertion-file FILE or CCGRANT_CLIENT_ASSERTION_FILE',
  attestation: '--client-attestation-file FILE or CCGRANT_CLIENT_ATTESTATION_FILE beside a private key',
  certificate: '--cert FILE',
};

/**
 * What a client lacks that has no credential for the method, and how to give it.
 * @param asked name of the method, undefined for any
 */
export function lackOfCredential(asked: string | undefined): { readonly name: string; readonly ways: string } {
  const kinds = asked === undefined ? [] : credentialKindsOf(asked);
  const [kind = 'secret'] = kinds;
  if (asked !== undefined) return { name: `client ${kind}`, ways: kinds.map((one) => waysToGive[one]).join(', or ') };
  const { secret, ...others } = waysToGive;
  return {
    name: 'client secret',
    ways: `${secret} (instead of a secret ${Object.values(others).join(', ')}; for a client without one --auth-method none)`,
  };
}

/** That there is no credential for a method. */
export function missingCredential(asked: string | undefined): ConfigError {
  const { name, ways } = lackOfCredential(asked);
  return new ConfigError('missing_setting', `no ${name} is given`, { hint: ways });
}
