import type { ProofKey } from '../../../src/jwt/proof-key.ts';
import { generateProofKey, restoreProofKey } from '../../../src/jwt/proof-key.ts';

/** A new key by an algorithm, ready to sign. */
export async function proofKeyBy(alg: string): Promise<ProofKey> {
  const key = await restoreProofKey(await generateProofKey(alg));
  if (key === undefined) throw new Error('the key does not fit itself');
  return key;
}

/** The parts of a proof. */
export function readProof(proof: string | undefined): {
  header: Record<string, unknown>;
  payload: Record<string, unknown>;
} {
  const [header, payload] = (proof ?? '').split('.').map((part) => Buffer.from(part, 'base64url').toString());
  return { header: JSON.parse(header ?? ''), payload: JSON.parse(payload ?? '') };
}
