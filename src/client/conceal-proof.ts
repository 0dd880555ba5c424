import type { Io } from '../io/io.ts';

/** Conceals what proves something; of a JWT the signature alone as well, for whoever quotes one that was taken apart. */
export function concealProof(proof: string, label: '[assertion]' | '[proof]', io: Io): void {
  io.conceal(proof, label);
  const [, , signature] = proof.split('.');
  if (signature !== undefined) io.conceal(signature, label);
}
