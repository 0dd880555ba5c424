import type { ErrorFacts } from '../../../src/errors.ts';
import { CcgrantError } from '../../../src/errors.ts';

/** What a failure says, without its class: the code, the message and every fact. */
export interface Failure extends Omit<ErrorFacts, 'cause'> {
  readonly code: string;
  readonly message: string;
}

/** Runs an action that must fail, and returns its failure; anything but one of ccgrant's errors is thrown on. */
export async function failureOf(action: () => unknown): Promise<Failure> {
  try {
    await action();
  } catch (error) {
    if (error instanceof CcgrantError) return { code: error.code, message: error.message, ...error.facts };
    throw error;
  }
  throw new Error('the action did not fail');
}

/** All words of a failure in one text, to look for what must not be in it. */
export function wordsOf(failure: Failure): string {
  return JSON.stringify(failure);
}
