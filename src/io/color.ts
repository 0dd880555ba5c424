import type { Environment } from '../context.ts';
import type { ColorWhen } from './io.ts';

/** chalk's levels: none, 16 colours. */
export type ColorLevel = 0 | 1;

/**
 * Decides whether a stream gets colours: `--color`, then FORCE_COLOR, NO_COLOR, CLICOLOR_FORCE,
 * CLICOLOR=0 and TERM=dumb, then whether the stream is a terminal. Empty variables count as unset.
 */
export function colorLevel(when: ColorWhen, isTerminal: boolean, env: Environment): ColorLevel {
  if (when !== 'auto') return when === 'always' ? 1 : 0;
  if (env.FORCE_COLOR) return env.FORCE_COLOR === '0' || env.FORCE_COLOR === 'false' ? 0 : 1;
  if (env.NO_COLOR) return 0;
  if (env.CLICOLOR_FORCE && env.CLICOLOR_FORCE !== '0') return 1;
  if (env.CLICOLOR === '0' || env.TERM === 'dumb') return 0;
  return isTerminal ? 1 : 0;
}
