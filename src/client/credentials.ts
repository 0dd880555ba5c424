import { readSecret } from '../config/read-secret.ts';
import type { Context } from '../context.ts';
import type { TlsIdentity } from '../http/types.ts';
import { credentialKindsOf } from '../oauth/client-auth/auth-methods.ts';
import type { ClientCredential, CredentialKind } from '../oauth/client-auth/client-authentication.ts';
import type { Secret } from '../secret.ts';
import type { ClientSettings } from './oauth-client.ts';
import { once } from './once.ts';

/** What a client has to prove who it is, read when it is first needed. */
export interface Credentials {
  /** The client secret; undefined when none was named. */
  readonly secret: () => Promise<Secret> | undefined;
  /** The certificate for the connections; undefined when none was named. */
  readonly certificate: () => Promise<TlsIdentity> | undefined;
}

/** The credentials of a run; nothing is read yet. */
export function openCredentials({ credential, certificate }: ClientSettings, ctx: Context): Credentials {
  return {
    secret: once(() =>
      credential?.kind === 'secret' ? readSecret(credential.source, credential.origin, ctx) : undefined,
    ),
    certificate: once(
      () =>
        certificate &&
        import('../config/read-tls-identity.ts').then(({ readTlsIdentity }) => readTlsIdentity(certificate, ctx)),
    ),
  };
}

/**
 * The kind of credential that the client uses. A certificate beside another credential is for the connection alone.
 */
export function credentialKind({ credential, certificate, authMethod }: ClientSettings): CredentialKind | undefined {
  const given = [credential?.kind, certificate && ('certificate' as const)].filter((kind) => kind !== undefined);
  if (authMethod === undefined) return given[0];
  const needed = credentialKindsOf(authMethod);
  return given.find((kind) => needed.includes(kind));
}

/** Reads the credential that the client uses. */
export async function readCredential(
  settings: ClientSettings,
  { secret, certificate }: Credentials,
): Promise<ClientCredential | undefined> {
  const kind = credentialKind(settings);
  switch (kind) {
    case 'secret': {
      const value = await secret();
      return value && { kind, secret: value };
    }
    case 'certificate': {
      const identity = await certificate();
      return identity && { kind, identity };
    }
    case undefined:
      return undefined;
  }
}
