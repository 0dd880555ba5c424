import type { Printable } from '../text.ts';
import { Text, toSafeString } from '../text.ts';

type Paint = (value: Printable) => Text;

/** The few styles that ccgrant uses, by meaning. */
export interface Style {
  readonly title: Paint;
  readonly good: Paint;
  readonly bad: Paint;
  readonly caution: Paint;
  readonly faint: Paint;
}

const plain: Paint = (value) => Text.trusted(toSafeString(value));

/** The style of a stream without colours. */
export const plainStyle: Style = { title: plain, good: plain, bad: plain, caution: plain, faint: plain };

/** The style of a stream with colours. chalk is loaded only here: it costs a fifth of a start. */
export async function colorStyle(): Promise<Style> {
  const { Chalk } = await import('chalk');
  const chalk = new Chalk({ level: 1 });
  const paint =
    (color: (value: string) => string): Paint =>
    (value) =>
      Text.trusted(color(toSafeString(value)));
  return {
    title: paint(chalk.bold),
    good: paint(chalk.green),
    bad: paint(chalk.red.bold),
    caution: paint(chalk.yellow),
    faint: paint(chalk.dim),
  };
}
