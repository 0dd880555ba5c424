import type { Profile } from '../config/profile.ts';
import type { Environment } from '../context.ts';
import { ConfigError, UsageError } from '../errors.ts';
import type { OptionRow, TypedOptions } from '../options/option.ts';
import { counterpartWithValue, profileKey } from '../options/option.ts';

/** Where a value came from. A higher rank wins over a lower one. */
export interface Origin {
  readonly rank: Rank;
  /** As a person knows it: `--issuer`, `CCGRANT_ISSUER`, `issuer in profile dev`. */
  readonly name: string;
}

export type Rank = 'option' | 'named profile' | 'environment' | 'default profile';

export interface Setting<T> {
  readonly value: T;
  readonly origin: Origin;
}

/** The settings of one command: option, then named profile, then environment, then default profile. */
export class Settings {
  readonly #rows: ReadonlyMap<string, OptionRow>;
  readonly #typed: TypedOptions;
  readonly #env: Environment;
  readonly profile: Profile | undefined;

  constructor(rows: readonly OptionRow[], typed: TypedOptions, env: Environment, profile: Profile | undefined) {
    this.#rows = new Map(rows.map((row) => [row.name, row]));
    this.#typed = typed;
    this.#env = env;
    this.profile = profile;
  }

  /** One value; of a repeated option the last. */
  text(name: string): Setting<string> | undefined {
    const setting = this.list(name);
    const value = setting?.value.at(-1);
    return setting === undefined || value === undefined ? undefined : { value, origin: setting.origin };
  }

  /** All values of a repeatable option. Undefined when nobody said anything, or `--no-NAME` took it away. */
  list(name: string): Setting<readonly string[]> | undefined {
    const row = this.#rows.get(name);
    if (row === undefined) return undefined;
    if (this.#typed.get(name) === false) return undefined;
    const [setting] = this.#candidates(row);
    if (setting !== undefined) requireChoice(row, setting);
    return setting;
  }

  /** One value from each place that gives one, highest rank first. */
  every(name: string): Setting<string>[] {
    const row = this.#rows.get(name);
    if (row === undefined) return [];
    return this.#candidates(row).flatMap(({ value, origin }) =>
      value.slice(-1).map((last) => ({ value: last, origin })),
    );
  }

  /** Who named standard input as the value of an option. */
  standardInputReaders(): Origin[] {
    return [...this.#rows.values()].flatMap(({ name, readsStandardInput }) => {
      const setting = readsStandardInput && this.text(name);
      return setting?.value === '-' ? [setting.origin] : [];
    });
  }

  /** Whether a flag is set. */
  flag(name: string): boolean {
    const row = this.#rows.get(name);
    if (row === undefined) return false;
    const typed = this.#typed.get(name);
    if (typeof typed === 'boolean') return typed;
    const setting = this.list(name);
    return setting !== undefined && toBoolean(setting, counterpartWithValue(row, this.#rows.values()));
  }

  /** A variable that is no option's, such as the one that holds a secret. */
  variable(name: string): Setting<string> | undefined {
    const value = this.#env[name];
    return value ? { value, origin: { rank: 'environment', name } } : undefined;
  }

  #candidates(row: OptionRow): Setting<readonly string[]>[] {
    const typed = this.#typed.get(row.name);
    return [
      Array.isArray(typed) ? { value: typed, origin: { rank: 'option', name: `--${row.name}` } as const } : undefined,
      this.#fromProfile(row, 'named profile'),
      this.#fromEnvironment(row),
      this.#fromProfile(row, 'default profile'),
    ].filter((setting) => setting !== undefined);
  }

  #fromEnvironment({ variable }: OptionRow): Setting<readonly string[]> | undefined {
    const setting = variable === undefined ? undefined : this.variable(variable);
    return setting && { value: [setting.value], origin: setting.origin };
  }

  #fromProfile(row: OptionRow, rank: 'named profile' | 'default profile'): Setting<readonly string[]> | undefined {
    if (this.profile === undefined || this.profile.rank !== rank || row.inProfile === undefined) return undefined;
    return profileSetting(this.profile, profileKey(row));
  }
}

/** A value of a profile as strings, with where it came from. */
export function profileSetting(profile: Profile, key: string): Setting<readonly string[]> | undefined {
  const value = profile.values.get(key);
  if (value === undefined) return undefined;
  return {
    value: [value].flat().map(String),
    origin: { rank: profile.rank, name: `${key} in profile ${profile.name}` },
  };
}

/** Options are held to their choices when they are parsed; variables and profiles are here. */
function requireChoice({ choices }: OptionRow, { value, origin }: Setting<readonly string[]>): void {
  if (choices === undefined || value.every((one) => choices.includes(one))) return;
  throw new ConfigError('config_invalid', `${origin.name} is not one of ${choices.join(', ')}`);
}

/** @param counterpart the option that takes the value which a flag does not */
function toBoolean({ value, origin }: Setting<readonly string[]>, counterpart: OptionRow | undefined): boolean {
  const word = value.at(-1)?.toLowerCase();
  if (word === '1' || word === 'true' || word === 'yes') return true;
  if (word === '0' || word === 'false' || word === 'no') return false;
  const aside = counterpart && `; for a ${counterpart.value?.toLowerCase()} there is ${profileKey(counterpart)}`;
  throw new ConfigError('config_invalid', `${origin.name} is neither true nor false`, {
    hint: `say true or false${aside ?? ''}`,
  });
}

/**
 * A number of seconds as curl takes it: fractions allowed, 0 for no limit.
 * @returns milliseconds
 * @throws UsageError usage
 */
export function toMilliseconds({ value, origin }: Setting<string>): number {
  if (/^(\d+(\.\d*)?|\.\d+)$/.test(value) && Number(value) <= 2_000_000) return Number(value) * 1000;
  throw new UsageError('usage', `${origin.name} takes a number of seconds`, {
    hint: 'for example 30 or 0.5; 0 for no limit',
  });
}

const unitSeconds = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/**
 * A duration such as `90s`, `5m`, `1h30m`, or a bare number of seconds.
 * @returns seconds
 * @throws UsageError usage
 */
export function toSeconds({ value, origin }: Setting<string>): number {
  if (/^\d{1,9}$/.test(value)) return Number(value);
  if (/^(\d{1,9}[smhd])+$/.test(value)) {
    return [...value.matchAll(/(\d+)([smhd])/g)].reduce(
      (sum, [, amount, unit]) => sum + Number(amount) * unitSeconds[unit as keyof typeof unitSeconds],
      0,
    );
  }
  throw new UsageError('usage', `${origin.name} takes a duration`, { hint: 'for example 90s, 5m or 1h' });
}
