import { createHash } from 'node:crypto';

/** Which DPoP proofs have been used: RFC 9449 section 11.1. */
export interface UsedProofs {
  /**
   * Notes the `jti` of a proof that was made with the key of this thumbprint. `full` is no leave to go on: what cannot be
   * noted could come again.
   */
  note(thumbprint: string, jti: string): 'new' | 'used' | 'full';
}

/**
 * A memory of limited size for the proofs of one process.
 *
 * @param lifetime how long a proof stays acceptable after it was first seen, in milliseconds
 * @param capacity how many proofs that may be; a proof takes about 150 bytes
 * @param now the time in milliseconds
 */
export function createUsedProofs(lifetime: number, capacity = 100_000, now: () => number = Date.now): UsedProofs {
  // In the order in which they were noted, which is the order in which they can be forgotten.
  const forgetAt = new Map<string, number>();

  function forgetOld(): void {
    for (const [proof, time] of forgetAt) {
      if (time > now()) return;
      forgetAt.delete(proof);
    }
  }

  return {
    note(thumbprint, jti) {
      forgetOld();
      const proof = createHash('sha256').update(`${thumbprint} ${jti}`).digest('base64url');
      if (forgetAt.has(proof)) return 'used';
      if (forgetAt.size >= capacity) return 'full';
      forgetAt.set(proof, now() + lifetime);
      return 'new';
    },
  };
}
