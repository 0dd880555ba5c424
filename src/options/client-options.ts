import { absolutePath } from '../absolute-path.ts';
import type { ClientSettings } from '../client/oauth-client.ts';
import type { Profile } from '../config/profile.ts';
import type { SecretSource } from '../config/secret-source.ts';
import type { Context } from '../context.ts';
import { ConfigError } from '../errors.ts';
import { authMethodNames } from '../oauth/client-auth/auth-methods.ts';
import type { BasicEncoding } from '../oauth/client-auth/client-authentication.ts';
import { basicEncodings } from '../oauth/client-auth/client-authentication.ts';
import { Secret } from '../secret.ts';
import { text } from '../text.ts';
import type { OptionRow } from './option.ts';
import type { Setting, Settings } from './settings.ts';
import { profileSetting } from './settings.ts';

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
  {
    name: 'client-secret-file',
    value: 'FILE',
    group: 'Client',
    summary: 'file that holds the client secret, - for standard input',
    variable: 'CCGRANT_CLIENT_SECRET_FILE',
    inProfile: true,
    isPath: true,
  },
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

/** Keys of a profile that are no options. */
export const secretCommandKey = 'client_secret_command';

/**
 * Who the client is. The highest rank that names a credential decides which one is used.
 * @throws ConfigError credential_conflict, credential_misplaced
 */
export function resolveClient(settings: Settings, ctx: Context): ClientSettings {
  const candidates = credentialCandidates(settings, ctx);
  const ranks = ['option', 'named profile', 'environment', 'default profile'] as const;
  const rank = ranks.find((one) => candidates.some(({ origin }) => origin.rank === one));
  const [chosen, rival] = candidates.filter(({ origin }) => origin.rank === rank);
  if (chosen !== undefined && rival !== undefined) {
    throw new ConfigError('credential_conflict', `${chosen.origin.name} and ${rival.origin.name} are both set`, {
      hint: 'keep one of them: which secret is meant must not be a guess',
    });
  }
  if (chosen !== undefined) requireOwnProfile(chosen, settings);
  for (const { origin } of candidates) {
    if (chosen !== undefined && origin.rank !== rank)
      ctx.io.trace(text`* secret from ${chosen.origin.name}, not from ${origin.name}`);
  }
  return {
    clientId: settings.text('client-id')?.value,
    credential: chosen && { source: chosen.value, origin: chosen.origin.name },
    authMethod: settings.text('auth-method')?.value,
    basicEncoding: settings.text('basic-encoding')?.value as BasicEncoding | undefined,
  };
}

function credentialCandidates(settings: Settings, { host }: Context): Setting<SecretSource>[] {
  const toFile = ({ value, origin }: Setting<string>): Setting<SecretSource> => ({
    value: value === '-' ? { kind: 'standard input' } : { kind: 'file', path: absolutePath(value, host) },
    origin,
  });
  const { profile } = settings;
  const variable = settings.variable('CCGRANT_CLIENT_SECRET');
  const command = profile && toCommand(profile);
  return [
    ...settings.every('client-secret-file').map(toFile),
    ...(variable === undefined
      ? []
      : [
          {
            value: { kind: 'variable', variable: variable.origin.name, value: new Secret(variable.value) } as const,
            origin: variable.origin,
          },
        ]),
    ...(command === undefined ? [] : [command]),
  ];
}

/** @throws ConfigError config_invalid for what cannot be run without a shell */
function toCommand(profile: Profile): Setting<SecretSource> | undefined {
  const setting = profileSetting(profile, secretCommandKey);
  if (setting === undefined) return undefined;
  const { value: argv, origin } = setting;
  const isArray = Array.isArray(profile.values.get(secretCommandKey));
  if (!isArray || argv.length === 0 || argv[0] === '' || argv.some((word) => word.includes('\0'))) {
    throw new ConfigError('config_invalid', `${origin.name} is not a command`, {
      hint: 'write the program and its arguments as an array: ["pass", "show", "name"]',
    });
  }
  return { value: { kind: 'command', argv, directory: profile.directory }, origin };
}

/**
 * A profile's credential goes only to that profile's authorization server and only for its client: an
 * option or variable that points elsewhere must bring a credential of its own.
 */
function requireOwnProfile({ origin }: Setting<SecretSource>, settings: Settings): void {
  const { profile } = settings;
  if (profile === undefined || origin.rank !== profile.rank) return;
  const places = ['issuer', 'token-endpoint', 'introspection-endpoint', 'revocation-endpoint', 'client-id'];
  for (const name of places) {
    const setting = settings.text(name);
    if (setting === undefined || setting.origin.rank === profile.rank) continue;
    const own = profile.values.get(name.replaceAll('-', '_'));
    if (own === setting.value || (name === 'client-id' && own === undefined)) continue;
    throw new ConfigError('credential_misplaced', `${origin.name} is not meant for ${setting.origin.name}`, {
      hint: `the secret of a profile is sent to that profile's server and for its client only: with ${setting.origin.name} give --client-secret-file too`,
    });
  }
}
