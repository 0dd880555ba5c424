import { createHmac, randomBytes } from 'node:crypto';

/** How long one nonce is the newest, in milliseconds. */
const period = 60_000;

/** Nonces of RFC 9449 section 9. */
export interface DpopNonces {
  /** The newest one. */
  current(): string;
  /** Whether it is the newest one or the one before. */
  accepts(nonce: unknown): boolean;
}

/**
 * Nonces that nobody has to remember: each is a keyed hash of the time in which it is the newest. Nobody can foresee
 * the next one, so that a proof cannot be made for later.
 *
 * @param now the time in milliseconds
 * @param key what several processes of one API would have to share
 */
export function createDpopNonces(now: () => number = Date.now, key: Buffer = randomBytes(32)): DpopNonces {
  const nonceOf = (index: number): string => createHmac('sha256', key).update(String(index)).digest('base64url');
  const index = (): number => Math.floor(now() / period);
  return {
    current: () => nonceOf(index()),
    accepts: (nonce) => nonce === nonceOf(index()) || nonce === nonceOf(index() - 1),
  };
}
