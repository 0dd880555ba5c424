import { absolutePath } from '../absolute-path.ts';
import type { Credential } from '../client/oauth-client.ts';
import type { SecretSource } from '../config/secret-source.ts';
import type { TlsFiles } from '../config/tls-files.ts';
import type { Context } from '../context.ts';
import { ConfigError, UsageError } from '../errors.ts';
import type { CredentialKind } from '../oauth/client-auth/client-authentication.ts';
import { secretCommandKey } from '../options/credential-options.ts';
import { text } from '../text.ts';
import { assertionCandidates, lendsThumbprintOnly } from './resolve-assertion.ts';
import type { Candidate } from './secret-sources.ts';
import { resolvePassword, toCommand, toFile, toVariable } from './secret-sources.ts';
import type { Origin, Setting, Settings } from './settings.ts';

/**
 * The credential of the client, without the certificate. The highest rank that names one decides which is used.
 * @throws ConfigError credential_conflict, credential_misplaced, config_invalid
 */
export function resolveCredential(settings: Settings, ctx: Context): Credential | undefined {
  const candidates = credentialCandidates(settings, ctx);
  const ranks = ['option', 'named profile', 'environment', 'default profile'] as const;
  const rank = ranks.find((one) => candidates.some(({ origin }) => origin.rank === one));
  const [chosen, rival] = candidates.filter(({ origin }) => origin.rank === rank);
  if (chosen === undefined) return undefined;
  if (rival !== undefined) {
    throw new ConfigError('credential_conflict', `${chosen.origin.name} and ${rival.origin.name} are both set`, {
      hint: 'keep one of them: which credential is meant must not be a guess',
    });
  }
  requireOwnProfile(chosen.origin, chosen.value.kind, settings);
  const { kind } = chosen.value;
  for (const { origin } of candidates) {
    if (origin.rank !== rank) ctx.io.trace(text`* ${kind} from ${chosen.origin.name}, not from ${origin.name}`);
  }
  return { ...chosen.value, origin: chosen.origin.name };
}

/**
 * The files of the client certificate.
 * @throws UsageError usage; ConfigError credential_misplaced
 */
export function resolveCertificate(settings: Settings, ctx: Context): TlsFiles | undefined {
  const certificate = settings.text('cert');
  const privateKey = settings.text('key');
  if (certificate === undefined) {
    if (privateKey === undefined) return undefined;
    throw new UsageError('usage', `${privateKey.origin.name} is the key of a certificate, and none is given`, {
      hint: 'give --cert FILE too',
    });
  }
  if (lendsThumbprintOnly(settings)) return undefined;
  requireOwnProfile(certificate.origin, 'certificate', settings);
  return {
    certificate: absolutePath(certificate.value, ctx.host),
    origin: certificate.origin.name,
    privateKey: privateKey && { path: absolutePath(privateKey.value, ctx.host), origin: privateKey.origin.name },
    password: resolvePassword(settings, ctx),
  };
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

const credentialOption: Readonly<Record<CredentialKind, string>> = {
  secret: '--client-secret-file',
  'private key': '--private-key',
  assertion: '--client-assertion-file',
  certificate: '--cert',
};

/**
 * A profile's credential goes only to that profile's authorization server and only for its client: an
 * option or variable that points elsewhere must bring a credential of its own.
 * @throws ConfigError credential_misplaced
 */
function requireOwnProfile(origin: Origin, kind: CredentialKind, settings: Settings): void {
  const { profile } = settings;
  if (profile === undefined || origin.rank !== profile.rank) return;
  const places = ['issuer', 'token-endpoint', 'introspection-endpoint', 'revocation-endpoint', 'client-id'];
  for (const name of places) {
    const setting = settings.text(name);
    if (setting === undefined || setting.origin.rank === profile.rank) continue;
    const own = profile.values.get(name.replaceAll('-', '_'));
    if (own === setting.value || (name === 'client-id' && own === undefined)) continue;
    throw new ConfigError('credential_misplaced', `${origin.name} is not meant for ${setting.origin.name}`, {
      hint: `the credential of a profile is sent to that profile's server and for its client only: with ${setting.origin.name} give ${credentialOption[kind]} too`,
    });
  }
}
