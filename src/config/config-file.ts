import { readFileSync } from 'node:fs';
import { ConfigError } from '../errors.ts';
import { unreadable } from '../unreadable.ts';
import type { ProfileValue } from './profile.ts';

export interface ConfigFile {
  readonly defaultProfile: string | undefined;
  readonly profiles: ReadonlyMap<string, ReadonlyMap<string, ProfileValue>>;
}

/**
 * Reads a configuration file.
 * @returns undefined when there is none and none was asked for
 * @throws ConfigError file_unusable, config_invalid with line and column
 */
export async function readConfigFile(
  path: string,
  isRequired: boolean,
  keys: ReadonlySet<string>,
): Promise<ConfigFile | undefined> {
  const source = readSource(path, isRequired);
  if (source === undefined) return undefined;
  const { default_profile, profiles, ...others } = await parseToml(source, path);
  const [stray] = Object.keys(others);
  if (stray !== undefined) throw await unknownKey(stray, 'at the top', ['default_profile', 'profiles'], path);
  if (default_profile !== undefined && typeof default_profile !== 'string') {
    throw new ConfigError('config_invalid', `default_profile in ${path} is not a string`);
  }
  return {
    defaultProfile: default_profile,
    profiles: await checkProfiles(toTable(profiles ?? {}, 'profiles', path), keys, path),
  };
}

function readSource(path: string, isRequired: boolean): string | undefined {
  try {
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!isRequired && (code === 'ENOENT' || code === 'ENOTDIR')) return undefined;
    throw new ConfigError('file_unusable', `the configuration file ${path} ${unreadable(error)}`);
  }
}

async function parseToml(source: string, path: string): Promise<Record<string, unknown>> {
  const { parse, TomlError } = await import('smol-toml');
  try {
    return parse(source);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The parser's message goes on to quote the line, which may hold a secret that was put there by mistake.
    const reason = error.message.split('\n', 1)[0]?.replace(/^Invalid TOML document: /, '');
    throw new ConfigError('config_invalid', `${path}, line ${error.line}, column ${error.column}: ${reason}`, {
      hint: reason === 'invalid value' ? 'a text stands in quotes: key = "text"' : undefined,
    });
  }
}

function toTable(value: unknown, name: string, path: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date))
    return value as Record<string, unknown>;
  throw new ConfigError('config_invalid', `${name} in ${path} is not a table`, { hint: 'write [profiles.NAME]' });
}

async function checkProfiles(
  tables: Record<string, unknown>,
  keys: ReadonlySet<string>,
  path: string,
): Promise<Map<string, ReadonlyMap<string, ProfileValue>>> {
  const profiles = new Map<string, ReadonlyMap<string, ProfileValue>>();
  for (const [name, table] of Object.entries(tables)) {
    profiles.set(name, await checkProfile(name, toTable(table, `profile ${name}`, path), keys, path));
  }
  return profiles;
}

async function checkProfile(
  name: string,
  table: Record<string, unknown>,
  keys: ReadonlySet<string>,
  path: string,
): Promise<ReadonlyMap<string, ProfileValue>> {
  const profile = new Map<string, ProfileValue>();
  for (const [key, value] of Object.entries(table)) {
    if (key === 'client_secret') {
      throw new ConfigError('config_invalid', `profile ${name} in ${path} holds a client_secret`, {
        hint: 'put it into a file of mode 0600 and write client_secret_file, or use client_secret_command',
      });
    }
    if (!keys.has(key)) throw await unknownKey(key, `in profile ${name}`, [...keys], path);
    if (isProfileValue(value)) profile.set(key, value);
    else if (typeof value === 'number') profile.set(key, String(value));
    else {
      throw new ConfigError(
        'config_invalid',
        `${key} of profile ${name} in ${path} is neither a string nor an array of strings`,
      );
    }
  }
  return profile;
}

function isProfileValue(value: unknown): value is ProfileValue {
  if (Array.isArray(value)) return value.every((item) => typeof item === 'string');
  return typeof value === 'string' || typeof value === 'boolean';
}

async function unknownKey(key: string, place: string, known: string[], path: string): Promise<ConfigError> {
  const { closestMatch } = await import('leven');
  const near = closestMatch(key, known, { maxDistance: 3 });
  return new ConfigError('config_invalid', `unknown key ${key} ${place} of ${path}`, {
    hint: near === undefined ? undefined : `did you mean ${near}`,
  });
}
