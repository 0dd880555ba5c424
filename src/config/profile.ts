import { statSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { absolutePath } from '../absolute-path.ts';
import type { Context } from '../context.ts';
import { ConfigError } from '../errors.ts';

/** A named set of values from the configuration file. */
export interface Profile {
  readonly name: string;
  /** Named by `--profile` it wins over the environment, otherwise the environment wins over it. */
  readonly rank: 'named profile' | 'default profile';
  readonly values: ReadonlyMap<string, ProfileValue>;
  /** The directory of the configuration file, from which its relative paths start. */
  readonly directory: string;
}

export type ProfileValue = string | boolean | readonly string[];

export interface ProfileChoice {
  /** `--config` or CCGRANT_CONFIG: this file must be there; without it the usual one may be missing. */
  readonly configFile: string | undefined;
  /** `--profile`. */
  readonly named: string | undefined;
  /** CCGRANT_PROFILE. */
  readonly fallback: string | undefined;
}

/** What a profile may hold: names of keys, and which of them are paths. */
export interface ProfileKeys {
  readonly all: ReadonlySet<string>;
  readonly paths: ReadonlySet<string>;
}

/**
 * The profile that applies: the one named by `--profile`, else by CCGRANT_PROFILE, else the file's
 * `default_profile`. `~/` in paths is the home directory, other relative paths start at the file.
 * @param loadKeys asked only where there is a configuration file
 * @throws ConfigError unknown_profile, config_invalid, file_unusable
 */
export async function loadProfile(
  choice: ProfileChoice,
  loadKeys: () => Promise<ProfileKeys>,
  ctx: Context,
): Promise<Profile | undefined> {
  const path = choice.configFile === undefined ? defaultConfigPath(ctx) : absolutePath(choice.configFile, ctx.host);
  ctx.witness.noteFile(path);
  const isRequired = choice.configFile !== undefined;
  const asked = choice.named ?? choice.fallback;
  // Most have no such file, and what reads one is loaded for those who have.
  if (asked === undefined && !isRequired && isMissing(path)) return undefined;
  const { readConfigFile } = await import('./config-file.ts');
  const keys = await loadKeys();
  const config = await readConfigFile(path, isRequired, keys.all);
  const name = asked ?? config?.defaultProfile;
  if (name === undefined) return undefined;
  const values = config?.profiles.get(name);
  if (values === undefined) throw await unknownProfile(name, path, config && [...config.profiles.keys()]);
  return {
    name,
    rank: choice.named === undefined ? 'default profile' : 'named profile',
    directory: dirname(path),
    values: new Map(
      [...values].map(([key, value]): [string, ProfileValue] =>
        keys.paths.has(key) ? [key, absolutePaths(value, path, ctx)] : [key, value],
      ),
    ),
  };
}

/** What cannot be looked at may be there: the error that reading it gives says why. */
function isMissing(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
}

/** A path, or a command whose program is one: a bare name is looked for on the PATH. */
function absolutePaths(value: ProfileValue, configPath: string, ctx: Context): ProfileValue {
  if (typeof value === 'string') return fromConfigFile(value, configPath, ctx);
  if (typeof value === 'boolean') return value;
  const [program = '', ...args] = value;
  return [program.includes('/') ? fromConfigFile(program, configPath, ctx) : program, ...args];
}

function fromConfigFile(path: string, configPath: string, { host }: Context): string {
  if (path === '-') return path;
  if (path === '~' || path.startsWith('~/')) return join(host.home, path.slice(1));
  return resolve(dirname(configPath), path);
}

/** `$XDG_CONFIG_HOME/ccgrant/config.toml`, `%APPDATA%\ccgrant\config.toml` on Windows. */
function defaultConfigPath({ env, host }: Context): string {
  const base = host.platform === 'win32' ? env.APPDATA : env.XDG_CONFIG_HOME;
  // The XDG specification says that a relative path is invalid and to be ignored.
  const directory = base && isAbsolute(base) ? base : join(host.home, '.config');
  return join(directory, 'ccgrant', 'config.toml');
}

/** @param known its profiles, undefined where there is no such file */
async function unknownProfile(name: string, path: string, known: string[] | undefined): Promise<ConfigError> {
  if (known === undefined) {
    return new ConfigError('unknown_profile', `no profile ${name}: there is no file ${path}`, {
      hint: `write it, with [profiles.${name}] in it, or name another with --config FILE`,
    });
  }
  const { closestMatch } = await import('leven');
  const near = closestMatch(name, known, { maxDistance: 3 });
  const list =
    known.length === 0 ? 'it has no profiles: they begin with [profiles.NAME]' : `it has ${known.join(', ')}`;
  return new ConfigError('unknown_profile', `no profile ${name} in ${path}`, {
    hint: near === undefined ? list : `did you mean ${near}`,
  });
}
