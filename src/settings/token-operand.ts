import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import { fingerprint } from '../token-fingerprint.ts';
import type { Settings } from './settings.ts';
import { claimStandardInput } from './standard-input.ts';

/**
 * The token that a command is about: its operand, standard input, or the cache.
 * @param operand the operand as typed, `-` for standard input, undefined when it was left out
 * @param selection what says which cached token is meant, where the command's own options mean something else
 * @throws UsageError missing_token, not_cached, standard_input_conflict
 */
export async function readTokenOperand(
  operand: string | undefined,
  settings: Settings,
  ctx: Context,
  selection: Settings = settings,
): Promise<string> {
  const { stdin } = ctx.io;
  if (settings.flag('cached')) {
    if (operand !== undefined) throw new UsageError('usage', 'a token is given, and --cached asks for another one');
    if (settings.flag('no-cache')) throw new UsageError('usage', '--cached and --no-cache contradict each other');
    claimStandardInput(settings);
    const { findCachedToken } = await import('./cached-token.ts');
    return conceal(findCachedToken(selection, ctx), ctx);
  }
  const isFromInput = operand === '-' || (operand === undefined && !stdin.isTerminal);
  claimStandardInput(settings, ...(isFromInput ? ['the token'] : []));
  if (operand === undefined && !isFromInput) throw missingToken('no token is given');
  if (isFromInput && stdin.isTerminal) throw missingToken('standard input is a terminal');
  const given = isFromInput ? Buffer.from(await stdin.read()).toString() : (operand ?? '');
  const token = cleanToken(given);
  if (token === '' && isFromInput) throw missingToken('standard input is empty');
  if (token === '') {
    throw new UsageError('missing_token', 'the token is empty', {
      hint: 'is the variable set that it comes from? the cached token comes with --cached',
    });
  }
  return conceal(token, ctx);
}

/** A token as people paste it: white space and quotes around it and the scheme before it do not belong to it. */
export function cleanToken(given: string): string {
  // Most begin with the `{"` of their header, and V8 takes a quarter of a millisecond to compile the pattern for the others.
  if (given.startsWith('eyJ')) return given.trimEnd();
  const wrapping = /^(?:(["'`])([\s\S]*)\1|(?:authorization:\s*)?(?:bearer|dpop)(?:\s+([\s\S]*))?)$/i;
  let token = given.replace(/^\uFEFF/, '').trim();
  for (let match = wrapping.exec(token); match !== null; match = wrapping.exec(token)) {
    token = (match[2] ?? match[3] ?? '').trim();
  }
  return token;
}

function conceal(token: string, { io, sha256 }: Context): string {
  io.conceal(token, () => fingerprint(token, sha256));
  return token;
}

function missingToken(message: string): UsageError {
  return new UsageError('missing_token', message, {
    hint: 'give it as an argument, pipe it in, or take the cached one with --cached',
  });
}
