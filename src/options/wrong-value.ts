import type { OptionRow, TypedOptions } from './option.ts';

/** A value that its option does not take. */
export type WrongValue =
  | { readonly row: OptionRow; readonly fault: 'is another option' | 'is empty' }
  | {
      readonly row: OptionRow;
      readonly fault: 'is none of the choices';
      readonly value: string;
      readonly choices: readonly string[];
    };

/** The first value that its option does not take, in the order of the table. */
export function wrongValue(rows: readonly OptionRow[], typed: TypedOptions): WrongValue | undefined {
  for (const row of rows) {
    const values = typed.get(row.name);
    for (const value of Array.isArray(values) ? values : []) {
      // A variable that was not set and not quoted leaves nothing, and the next option becomes the value.
      if (!row.allowsEmpty && rows.some(({ name }) => value === `--${name}`))
        return { row, fault: 'is another option' };
      if (!row.allowsEmpty && value === '') return { row, fault: 'is empty' };
      const { choices } = row;
      if (choices !== undefined && !choices.includes(value)) {
        return { row, fault: 'is none of the choices', value, choices };
      }
    }
  }
  return undefined;
}
