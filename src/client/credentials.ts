import { credentialIdentity, placeIdentity } from '../config/credential-identity.ts';
import { mistakenSecret } from '../config/mistaken-secret.ts';
import { readSecret } from '../config/read-secret.ts';
import type { AssertionSource, NamedSource } from '../config/secret-source.ts';
import type { Context } from '../context.ts';
import { ConfigError } from '../errors.ts';
import type { TlsIdentity } from '../http/types.ts';
import { describeKey } from '../jwt/algorithms.ts';
import type { SigningKey } from '../jwt/signing-key.ts';
import { requirePossible } from '../oauth/client-auth/assertion-algorithm.ts';
import { credentialKindsOf } from '../oauth/client-auth/auth-methods.ts';
import type { ClientCredential, CredentialKind } from '../oauth/client-auth/client-authentication.ts';
import type { Secret } from '../secret.ts';
import type { ClientSettings, OAuthClient } from './oauth-client.ts';
import { once } from './once.ts';
import { nameOf, readSigningKey } from './read-signing-key.ts';

/** What a client has to prove who it is, read when it is first needed. */
export interface Credentials {
  /** The client secret, or what stands in its place as it was written; undefined when none was named. */
  readonly secret: () => Promise<Secret> | undefined;
  /** The private key; undefined when none was named. */
  readonly privateKey: () => Promise<SigningKey> | undefined;
  /** The certificate for the connections; undefined when none was named. */
  readonly certificate: () => Promise<TlsIdentity> | undefined;
}

/** The credentials of a run; nothing is read yet. */
export function openCredentials(settings: ClientSettings, ctx: Context): Credentials {
  const { credential, certificate } = settings;
  const secret = once(() => {
    if (credential === undefined || credential.source.kind === 'github-actions') return undefined;
    const { kind, source, origin } = credential;
    const read = readSecret(source, origin, ctx, kind);
    return kind === 'secret' ? read.then((value) => requireSecret(value, { source, origin })) : read;
  });
  return {
    secret,
    privateKey: once(() => {
      const key = keyOf(settings);
      return key && readSigningKey(key, settings.assertion.password, ctx);
    }),
    certificate: once(
      () =>
        certificate &&
        import('../config/read-tls-identity.ts').then(({ readTlsIdentity }) => readTlsIdentity(certificate, ctx)),
    ),
  };
}

/** The private key that is the credential, or what an attestation is about. */
function keyOf({ credential }: ClientSettings): NamedSource | undefined {
  if (credential?.kind === 'private key') return credential;
  return credential?.kind === 'attestation' ? credential.key : undefined;
}

/**
 * What would be sent whole: a key in its place must not be.
 * @throws ConfigError secret_unusable
 */
function requireSecret(secret: Secret, place: NamedSource): Secret {
  const mistaken = mistakenSecret(secret.reveal());
  if (mistaken === undefined) return secret;
  throw new ConfigError('secret_unusable', `the secret in ${nameOf(place)} is ${mistaken.what}`, {
    hint: mistaken.hint,
  });
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
export async function readCredential(client: OAuthClient, ctx: Context): Promise<ClientCredential | undefined> {
  const { secret, privateKey, certificate } = client.credentials;
  const { credential, assertion } = client.settings.client;
  const kind = credentialKind(client.settings.client);
  switch (kind) {
    case 'secret': {
      const value = await secret();
      return value && { kind, secret: value };
    }
    case 'private key': {
      const key = await privateKey();
      if (key === undefined) return undefined;
      requirePossible(assertion.algorithm, key.algorithms, describeKey(key.publicJwk));
      return { kind, key };
    }
    case 'assertion': {
      if (credential?.kind !== kind) return undefined;
      const { openForeignAssertion } = await import('./foreign-assertion.ts');
      return { kind, type: assertion.type, read: await openForeignAssertion(credential, client, ctx) };
    }
    case 'attestation': {
      if (credential?.kind !== kind) return undefined;
      const key = await privateKey();
      if (key === undefined || credential.key === undefined) {
        throw new ConfigError('missing_setting', `no private key is given beside ${credential.origin}`, {
          hint: 'an attestation is about a key, which proves that it is here: --private-key FILE or CCGRANT_PRIVATE_KEY',
        });
      }
      requirePossible(assertion.algorithm, key.algorithms, describeKey(key.publicJwk));
      const { openAttestation } = await import('./attestation.ts');
      return openAttestation(
        credential,
        { key, keyPlace: nameOf(credential.key) },
        client.settings.client.clientId,
        ctx,
      );
    }
    case 'certificate': {
      const identity = await certificate();
      return identity && { kind, identity };
    }
    case undefined:
      return undefined;
  }
}

/** What tells the credential from others for the cache; undefined when that cannot be told. */
export async function identifyCredential(client: OAuthClient, ctx: Context): Promise<string | undefined> {
  const { credential, assertion } = client.settings.client;
  const { secret, privateKey } = client.credentials;
  const isReplaced = credential?.kind === 'assertion' || credential?.kind === 'attestation';
  const identity =
    isReplaced && credential.source.kind === 'file'
      ? placeIdentity(credential.source.path)
      : await identifySource(credential?.source, async () => (await secret())?.reveal() ?? '', client, ctx);
  if (identity === undefined || credential === undefined || credential.kind === 'secret') return identity;
  const { audience, algorithm, keyId, certificate, type } = assertion;
  const parts = [credential.kind, identity, audience, algorithm, keyId, certificate?.path, type];
  if (credential.kind !== 'attestation') return JSON.stringify(parts);
  const thumbprint = async (): Promise<string> => (await privateKey())?.thumbprint ?? '';
  const key = await identifySource(credential.key?.source, thumbprint, client, ctx);
  return key && JSON.stringify([...parts, key]);
}

/** The same of what is read once: of a file it is the state, which an answer of later must be held against. */
function identifySource(
  source: AssertionSource | undefined,
  value: () => Promise<string>,
  { cacheDirectory }: OAuthClient,
  { witness }: Context,
): Promise<string | undefined> {
  if (source?.kind === 'file') witness.noteFile(source.path);
  return credentialIdentity(source, value, (text) => cacheDirectory.keyedHash(text));
}
