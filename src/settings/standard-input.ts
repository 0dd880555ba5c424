import { UsageError } from '../errors.ts';
import type { Settings } from './settings.ts';

/** Options whose value `-` means standard input. */
const readers = [
  'client-secret-file',
  'private-key',
  'pass-file',
  'client-assertion-file',
  'token-file',
  'upload-file',
  'verify-secret-file',
];

/**
 * Makes sure that standard input has one reader at most.
 * @param others readers that are no option's value
 * @throws UsageError standard_input_conflict
 */
export function claimStandardInput(settings: Settings, ...others: readonly string[]): void {
  const claims = [
    ...others,
    ...readers
      .filter((name) => settings.text(name)?.value === '-')
      .map((name) => `${settings.text(name)?.origin.name} -`),
  ];
  if (claims.length < 2) return;
  throw new UsageError('standard_input_conflict', `standard input cannot be both ${claims.slice(0, 2).join(' and ')}`, {
    hint: 'give one of them by a file or an argument',
  });
}
