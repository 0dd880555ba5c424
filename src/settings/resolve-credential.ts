import { absolutePath } from '../absolute-path.ts';
import type { Credential, SecretSource } from '../config/secret-source.ts';
import type { TlsFiles } from '../config/tls-files.ts';
import type { Context } from '../context.ts';
import { ConfigError, UsageError } from '../errors.ts';
import { credentialKindsOf } from '../oauth/client-auth/auth-methods.ts';
import type { CredentialKind } from '../oauth/client-auth/client-authentication.ts';
import { credentialOption } from '../oauth/client-auth/ways-to-give.ts';
import { secretCommandKey } from '../options/credential-options.ts';
import { text } from '../text.ts';
import { assertionCandidates, lendsThumbprintOnly } from './resolve-assertion.ts';
import type { Candidate } from './secret-sources.ts';
import { resolvePassword, toCommand, toFile, toVariable } from './secret-sources.ts';
import type { Origin, Rank, Setting, Settings } from './settings.ts';

/** What the client has to prove who it is, and for its connections. */
export interface ResolvedCredentials {
  /** Undefined where the certificate is the credential, or there is none. */
  readonly credential: Credential | undefined;
  readonly certificate: TlsFiles | undefined;
}

const ranks = ['option', 'named profile', 'environment', 'default profile'] as const;

/**
 * The credential of the client and its certificate. Of what the method can use that was asked for, the highest rank
 * decides; without a method, of all. A certificate that is not the credential stays beside it, for the connection alone.
 * @throws UsageError usage; ConfigError credential_conflict, credential_misplaced, config_invalid
 */
export function resolveCredentials(settings: Settings, ctx: Context): ResolvedCredentials {
  const method = settings.text('auth-method')?.value;
  const certificate = certificateCandidate(settings, ctx);
  const given: readonly (Candidate | CertificateCandidate)[] = [
    ...credentialCandidates(settings, ctx),
    ...(certificate === undefined ? [] : [certificate]),
  ];
  const needed = method === undefined ? [] : credentialKindsOf(method);
  const fitting = given.filter(({ value }) => needed.includes(value.kind));
  const usable = fitting.length === 0 ? given : fitting;
  const rank = ranks.find((one) => usable.some((candidate) => hasRank(candidate, one)));
  const [chosen, rival] = usable.filter((candidate) => hasRank(candidate, rank));
  if (chosen === undefined) return { credential: undefined, certificate: undefined };
  if (rival !== undefined && rival !== certificate) {
    throw new ConfigError('credential_conflict', `${chosen.origin.name} and ${rival.origin.name} are both set`, {
      hint: 'keep one of them: which credential is meant must not be a guess',
    });
  }
  requireOwnProfile(chosen.origin, chosen.value.kind, settings);
  if (chosen.keyOrigin !== undefined) requireOwnProfile(chosen.keyOrigin, 'private key', settings);
  for (const { value, origin } of given) {
    if (value !== chosen.value && value !== certificate?.value)
      ctx.io.trace(text`* ${chosen.value.kind} from ${chosen.origin.name}, not from ${origin.name}`);
  }
  const elsewhere = certificate && misplacement(certificate.origin, settings);
  if (certificate !== undefined && elsewhere !== undefined) {
    ctx.io.trace(
      text`* the certificate from ${certificate.origin.name} is not meant for ${elsewhere.name}, and not used`,
    );
  }
  return {
    credential: chosen.value.kind === 'certificate' ? undefined : { ...chosen.value, origin: chosen.origin.name },
    certificate: elsewhere === undefined ? certificate?.value.files : undefined,
  };
}

interface CertificateCandidate extends Setting<{ readonly kind: 'certificate'; readonly files: TlsFiles }> {
  readonly keyOrigin?: undefined;
}

function hasRank({ origin, keyOrigin }: Candidate | CertificateCandidate, rank: Rank | undefined): boolean {
  return origin.rank === rank || keyOrigin?.rank === rank;
}

/** @throws UsageError usage for a key without its certificate */
function certificateCandidate(settings: Settings, ctx: Context): CertificateCandidate | undefined {
  const certificate = settings.text('cert');
  const privateKey = settings.text('key');
  if (certificate === undefined) {
    if (privateKey === undefined) return undefined;
    throw new UsageError('usage', `${privateKey.origin.name} is the key of a certificate, and none is given`, {
      hint: 'give --cert FILE too',
    });
  }
  if (lendsThumbprintOnly(settings)) return undefined;
  const { value, origin } = certificate;
  const files: TlsFiles = {
    certificate: absolutePath(value, ctx.host),
    origin: origin.name,
    privateKey: privateKey && { path: absolutePath(privateKey.value, ctx.host), origin: privateKey.origin.name },
    password: resolvePassword(settings, ctx),
  };
  return { value: { kind: 'certificate', files }, origin };
}

function credentialCandidates(settings: Settings, ctx: Context): Candidate[] {
  const { profile } = settings;
  const variable = settings.variable('CCGRANT_CLIENT_SECRET');
  const command = profile && toCommand(profile, secretCommandKey);
  const secrets: Setting<SecretSource>[] = [
    ...settings.every('client-secret-file').map((setting) => toFile(setting, ctx)),
    ...(variable === undefined ? [] : [toVariable(variable)]),
    ...(command === undefined ? [] : [command]),
  ];
  return [
    ...secrets.map(({ value, origin }) => ({ value: { kind: 'secret', source: value }, origin }) as const),
    ...assertionCandidates(settings, ctx),
  ];
}

/**
 * A profile's credential goes only to that profile's authorization server and only for its client: an
 * option or variable that points elsewhere must bring a credential of its own.
 * @throws ConfigError credential_misplaced
 */
function requireOwnProfile(origin: Origin, kind: CredentialKind, settings: Settings): void {
  const elsewhere = misplacement(origin, settings);
  if (elsewhere === undefined) return;
  throw new ConfigError('credential_misplaced', `${origin.name} is not meant for ${elsewhere.name}`, {
    hint: `the credential of a profile is sent to that profile's server and for its client only: with ${elsewhere.name} give ${credentialOption[kind]} too`,
  });
}

/** Who has named another server or client than that of the profile from which a credential comes. */
function misplacement({ rank }: Origin, settings: Settings): Origin | undefined {
  const { profile } = settings;
  if (profile === undefined || rank !== profile.rank) return undefined;
  const places = ['issuer', 'token-endpoint', 'introspection-endpoint', 'revocation-endpoint', 'client-id'];
  for (const name of places) {
    const setting = settings.text(name);
    if (setting === undefined || setting.origin.rank === profile.rank) continue;
    const own = profile.values.get(name.replaceAll('-', '_'));
    if (own === setting.value || (name === 'client-id' && own === undefined)) continue;
    return setting.origin;
  }
  return undefined;
}
