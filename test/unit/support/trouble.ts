import { expect } from 'vitest';
import { CacheTrouble } from '../../../src/cache/cache-trouble.ts';

/** The words of the trouble that an action must end in. */
export function troubleOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(CacheTrouble);
    return (error as CacheTrouble).message;
  }
  throw new Error('there was no trouble');
}
