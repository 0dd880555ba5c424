import type { DocumentCache } from '../cache/document-cache.ts';
import type { Nonces } from '../oauth/dpop.ts';

/**
 * The nonces that servers want in proofs (RFC 9449 sections 8 and 9), of this run and of the last ten minutes.
 *
 * They are kept on disk, as each call is a run of its own: without, a server that wants nonces is asked everything
 * twice, and a body that can be sent only once never gets there. A nonce that is too old costs no more than none.
 * @param documents undefined where nothing is kept
 * @param afterAnswer takes what is to be done before the run ends
 */
export function openNonces(documents: DocumentCache | undefined, afterAnswer: (() => Promise<void> | void)[]): Nonces {
  const known = new Map<string, string>();
  const unsaved = new Set<string>();
  const save = (): void => {
    for (const origin of unsaved) documents?.write(placeOf(origin), { nonce: known.get(origin) });
    unsaved.clear();
  };
  return {
    get: (origin) => {
      const nonce = known.get(origin) ?? documents?.read<{ readonly nonce: string }>(placeOf(origin))?.nonce;
      if (nonce !== undefined) known.set(origin, nonce);
      return nonce;
    },
    set: (origin, nonce) => {
      if (known.get(origin) === nonce) return;
      known.set(origin, nonce);
      if (unsaved.size === 0) afterAnswer.push(save);
      unsaved.add(origin);
    },
  };
}

function placeOf(origin: string): string {
  return `nonce of ${origin}`;
}
