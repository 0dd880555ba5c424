import { UsageError } from '../errors.ts';
import type { Settings } from './settings.ts';

/**
 * Makes sure that standard input has one reader at most.
 * @param others readers that are no option's value
 * @throws UsageError standard_input_conflict
 */
export function claimStandardInput(settings: Settings, ...others: readonly string[]): void {
  const claims = [...others, ...settings.standardInputReaders().map(({ name }) => `${name} -`)];
  if (claims.length < 2) return;
  throw new UsageError('standard_input_conflict', `standard input cannot be both ${claims.slice(0, 2).join(' and ')}`, {
    hint: 'give one of them by a file or an argument',
  });
}
