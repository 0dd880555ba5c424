import type { Context } from '../context.ts';
import type { OptionRow, TypedOptions } from '../options/option.ts';

/** One command as data, and what it does. */
export interface CommandDefinition {
  readonly name: string;
  /** Operands as the help shows them: `[TOKEN]` may be left out, `URL` may not. */
  readonly operands: readonly string[];
  readonly options: readonly OptionRow[];
  /** Options of other programs that people try here, with what to do instead. */
  readonly foreignOptions?: ReadonlyMap<string, string>;
  readonly examples: readonly CommandExample[];
  readonly run: (invocation: Invocation, ctx: Context) => Promise<void>;
}

export interface CommandExample {
  readonly purpose: string;
  readonly line: string;
}

/** What was typed after the command's name. */
export interface Invocation {
  readonly operands: readonly string[];
  readonly options: TypedOptions;
  /** The options that took a value, in the order in which they were typed. */
  readonly sequence: readonly (readonly [name: string, value: string])[];
}
