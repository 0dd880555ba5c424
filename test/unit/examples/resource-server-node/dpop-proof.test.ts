import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { checkDpopProof, proofLifetime } from '../../../../examples/resource-server-node/src/dpop-proof.ts';
import { createUsedProofs } from '../../../../examples/resource-server-node/src/used-proofs.ts';
import { generateDpopKey, prove } from '../../../support/resource-server/dpop-proof.ts';

const start = 1_800_000_000_000;
const url = 'https://api.example/api/bound';
const accessToken = 'token';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: start });
});

afterEach(() => {
  vi.useRealTimers();
});

async function makeProof(iat: number) {
  const key = await generateDpopKey();
  const proof = await prove(key, url, accessToken, { claims: { iat } });
  return { proof, request: { method: 'GET', url, accessToken, thumbprint: key.thumbprint } };
}

test.each([-70, -60, 0, 10])('a proof that is dated %i seconds from now is never good twice', async (seconds) => {
  const usedProofs = createUsedProofs(proofLifetime);
  const { proof, request } = await makeProof(start / 1000 + seconds);
  await checkDpopProof([proof], request, { usedProofs, nonces: undefined });

  for (let later = 0; later <= 90_000; later += 250) {
    vi.setSystemTime(start + later);
    await expect(checkDpopProof([proof], request, { usedProofs, nonces: undefined })).rejects.toMatchObject({
      facts: { error: 'invalid_dpop_proof' },
    });
  }
});

test.each([-71, 11])('a proof that is dated %i seconds from now is refused', async (seconds) => {
  const { proof, request } = await makeProof(start / 1000 + seconds);
  const memory = { usedProofs: createUsedProofs(proofLifetime), nonces: undefined };
  await expect(checkDpopProof([proof], request, memory)).rejects.toMatchObject({
    facts: { error: 'invalid_dpop_proof' },
  });
});

test('a proof that cannot be remembered is not accepted, and is not called wrong', async () => {
  const { proof, request } = await makeProof(start / 1000);
  const memory = { usedProofs: createUsedProofs(proofLifetime, 0), nonces: undefined };
  await expect(checkDpopProof([proof], request, memory)).rejects.toMatchObject({ name: 'Unavailable' });
});
