/**
 * One command line option as data. Commander's options, the help, the names of variables and profile
 * keys, and the search for the command among leading options are all made from these rows.
 */
export interface OptionRow {
  /** Long name without dashes: `client-id`. */
  readonly name: string;
  /** Short name without the dash: `k`. */
  readonly short?: string;
  /** Placeholder of the value in the help; an option without one is a flag. */
  readonly value?: string;
  /** May be given several times; of other options the last value counts. */
  readonly repeats?: true;
  /** `--no-NAME` is an option of its own that takes the setting away. */
  readonly negatable?: true;
  readonly group: OptionGroup;
  readonly summary: string;
  /** Environment variable that gives the same setting. */
  readonly variable?: string;
  /** Whether a profile may give it, under its name in snake_case. */
  readonly inProfile?: true;
  /** The value is a path: in a profile a relative one starts at the configuration file. */
  readonly isPath?: true;
  /** The value `-` is standard input. */
  readonly readsStandardInput?: true;
  /** An empty value means something; elsewhere it is a variable that was not set. */
  readonly allowsEmpty?: true;
  /** The only values allowed. */
  readonly choices?: readonly string[];
  /** Accepted for the sake of curl's users, left out of the help. */
  readonly hidden?: true;
}

export type OptionGroup =
  | 'Authorization server'
  | 'Client'
  | 'Access token request'
  | 'Token'
  | 'Checks'
  | 'Request'
  | 'Response'
  | 'Cache'
  | 'Connection'
  | 'Output';

/** The key of an option in a profile: `client-id` is `client_id`. */
export function profileKey(row: OptionRow): string {
  return row.name.replaceAll('-', '_');
}

/** The option that means the same as a flag and takes a value: of `dpop` it is `dpop-key`. */
export function counterpartWithValue(flag: OptionRow, rows: Iterable<OptionRow>): OptionRow | undefined {
  return [...rows].find(({ name, value }) => value !== undefined && name.startsWith(`${flag.name}-`));
}

/** The values that were typed, by option name. */
export type TypedOptions = ReadonlyMap<string, TypedValue>;
/** Strings of a value option; true for a flag, false for its `--no-` form. */
export type TypedValue = readonly string[] | boolean;
