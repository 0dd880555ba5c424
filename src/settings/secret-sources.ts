import { absolutePath } from '../absolute-path.ts';
import type { Profile } from '../config/profile.ts';
import type { Credential, NamedSource, SecretSource } from '../config/secret-source.ts';
import type { Context } from '../context.ts';
import { ConfigError } from '../errors.ts';
import { Secret } from '../secret.ts';
import type { Origin, Setting, Settings } from './settings.ts';
import { profileSetting } from './settings.ts';

type WithoutOrigin<T> = T extends unknown ? Omit<T, 'origin'> : never;

/** A credential that was named somewhere. */
export interface Candidate extends Setting<WithoutOrigin<Credential>> {
  /** Where the key of an attestation was named: the two are one credential, of the higher of their ranks. */
  readonly keyOrigin?: Origin | undefined;
}

/** A file that was named, or standard input by `-`. */
export function toFile({ value, origin }: Setting<string>, { host }: Context): Setting<SecretSource> {
  // A key or token where its path belongs must not be quoted by whoever finds no such file.
  if (/^\s*(-----BEGIN|\{|eyJ)|[\r\n]/.test(value)) {
    throw new ConfigError('secret_unusable', `${origin.name} takes the path of a file, not what is in it`, {
      hint: 'write it to a file that only you can read, and give the path of that',
    });
  }
  return {
    value: value === '-' ? { kind: 'standard input' } : { kind: 'file', path: absolutePath(value, host) },
    origin,
  };
}

/** The password of whatever key the client has. */
export function resolvePassword(settings: Settings, ctx: Context): NamedSource | undefined {
  const password = settings.text('pass-file');
  return password && { source: toFile(password, ctx).value, origin: password.origin.name };
}

export function toVariable({ value, origin }: Setting<string>): Setting<SecretSource> {
  return { value: { kind: 'variable', variable: origin.name, value: new Secret(value) }, origin };
}

/** @throws ConfigError config_invalid for what cannot be run without a shell */
export function toCommand(profile: Profile, key: string): Setting<SecretSource> | undefined {
  const setting = profileSetting(profile, key);
  if (setting === undefined) return undefined;
  const { value: argv, origin } = setting;
  const isArray = Array.isArray(profile.values.get(key));
  if (!isArray || argv.length === 0 || argv[0] === '' || argv.some((word) => word.includes('\0'))) {
    throw new ConfigError('config_invalid', `${origin.name} is not a command`, {
      hint: 'write the program and its arguments as an array: ["pass", "show", "name"]',
    });
  }
  return { value: { kind: 'command', argv, directory: profile.directory }, origin };
}
