import { ConfigError } from '../../errors.ts';
import type { AssertionTerms } from './client-assertion.ts';

/**
 * Makes sure that a key can be used with the algorithm that was asked for, which needs no metadata.
 * @param asked undefined for any
 * @param possible what the key can be used with
 * @param key how people call it: `an RSA key`
 * @throws ConfigError config_invalid
 */
export function requirePossible(asked: string | undefined, possible: readonly string[], key: string): void {
  if (asked === undefined || possible.includes(asked)) return;
  throw new ConfigError('config_invalid', `${key} cannot sign with ${asked}`, {
    hint: `it can with ${possible.join(', ')}: leave --signing-alg out, or give another key`,
  });
}

/**
 * The algorithm of an assertion: the one that was asked for, else the first that the key can be used with
 * and the server takes.
 * @param possible what the key can be used with, in the order of preference
 * @param key how people call it: `an RSA key`
 * @throws ConfigError config_invalid for one that the key or the server does not know
 */
export function chooseAlgorithm(
  possible: readonly string[],
  key: string,
  { algorithm: asked, supportedAlgorithms: supported }: AssertionTerms,
): string {
  requirePossible(asked, possible, key);
  const wanted = asked === undefined ? possible : [asked];
  // Some metadata leave the list out, or empty, where all are taken.
  if (supported === undefined || supported.length === 0) return wanted[0] ?? '';
  const chosen = wanted.find((algorithm) => supported.includes(algorithm));
  if (chosen !== undefined) return chosen;
  throw new ConfigError('config_invalid', `this server takes no assertion signed with ${wanted.join(', ')}`, {
    hint: `it lists ${supported.join(', ')}: give a key for one of these`,
  });
}
