import { generateProof } from 'dpop';
import type { CryptoKey } from 'jose';
import { compactVerify, importJWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { signingAlgorithms } from '../../../src/jwt/algorithms.ts';
import { signDpopProof } from '../../../src/jwt/dpop-proof.ts';
import type { ProofKey } from '../../../src/jwt/proof-key.ts';
import { proofKeyBy, readProof } from '../support/proof-keys.ts';

const now = 1_562_262_616_789;
/** The token of RFC 9449 section 7.1. */
const accessToken = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU';
const endpoint = {
  method: 'POST',
  url: new URL('https://server.example.com/token'),
  nonce: undefined,
  accessToken: undefined,
};

/** A proof is no proof by a secret: RFC 9449 section 4.2. */
const algorithms = signingAlgorithms.filter((alg) => !alg.startsWith('HS'));
/** What the package dpop can sign by. For the others the oracle is oauth4webapi, in unit/oracle/dpop.test.ts. */
const algorithmsOfDpop = ['ES256', 'Ed25519', 'RS256', 'PS256'];
const keys = new Map(await Promise.all(algorithms.map(async (alg) => [alg, await proofKeyBy(alg)] as const)));

function keyBy(alg: string): ProofKey {
  const key = keys.get(alg);
  if (key === undefined) throw new Error(`no key by ${alg}`);
  return key;
}

describe('a DPoP proof (RFC 9449 section 4.2)', () => {
  it('says what the example of the RFC says', async () => {
    const key = keyBy('ES256');
    expect(readProof(await signDpopProof(key, endpoint, now))).toEqual({
      header: { typ: 'dpop+jwt', alg: 'ES256', jwk: key.publicKey },
      payload: {
        jti: expect.stringMatching(/^[\w-]{36}$/),
        htm: 'POST',
        htu: 'https://server.example.com/token',
        iat: 1_562_262_616,
      },
    });
  });

  it('has the hash of the token at an API, as in the example of section 7.1', async () => {
    const url = new URL('https://resource.example.org/protectedresource');
    const proof = await signDpopProof(keyBy('ES256'), { method: 'GET', url, nonce: undefined, accessToken }, now);
    expect(readProof(proof).payload).toMatchObject({
      htm: 'GET',
      htu: 'https://resource.example.org/protectedresource',
      ath: 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo',
    });
  });

  it.each(algorithms)('is signed by %s with the key that it shows, which has no private member', async (alg) => {
    const key = keyBy(alg);
    const proof = await signDpopProof(key, endpoint, now);
    const { header } = readProof(proof);
    expect(header.alg).toBe(alg);
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) expect(header.jwk).not.toHaveProperty(member);
    await expect(compactVerify(proof, await importJWK(key.publicKey, alg))).resolves.toBeDefined();
  });

  it.each([
    ['https://as.example/token?tenant=a#top', 'https://as.example/token'],
    ['https://user:pass@as.example:8443/a%20b', 'https://as.example:8443/a%20b'],
    ['https://as.example:443', 'https://as.example/'],
    ['http://[::1]:80/x', 'http://[::1]/x'],
  ])('names %s without query, fragment and user', async (url, htu) => {
    const proof = await signDpopProof(keyBy('ES256'), { ...endpoint, url: new URL(url) }, now);
    expect(readProof(proof).payload.htu).toBe(htu);
  });

  it('has an identifier of its own', async () => {
    const proofs = await Promise.all(Array.from({ length: 20 }, () => signDpopProof(keyBy('ES256'), endpoint, now)));
    expect(new Set(proofs.map((proof) => readProof(proof).payload.jti)).size).toBe(20);
  });

  it.each(
    algorithmsOfDpop.flatMap((alg) =>
      [undefined, 'nonce-1'].flatMap((nonce) => [undefined, accessToken].map((token) => ({ alg, nonce, token }))),
    ),
  )(
    'differs from that of the package dpop in nothing but random and time: $alg, nonce $nonce, token $token',
    async (one) => {
      const { alg, nonce, token } = one;
      const key = keyBy(alg);
      const url = new URL('https://api.example/orders?page=2');
      const publicKey = (await importJWK(key.publicKey, alg, { extractable: true })) as CryptoKey;
      const pair = { publicKey, privateKey: key.privateKey as CryptoKey };
      const theirs = readProof(await generateProof(pair, 'https://api.example/orders', 'PUT', nonce, token));
      const ours = readProof(await signDpopProof(key, { method: 'PUT', url, nonce, accessToken: token }, now));
      const { jti: _, iat: __, ...expected } = theirs.payload;
      const { jti, iat, ...payload } = ours.payload;
      expect({ header: ours.header, payload }).toEqual({ header: theirs.header, payload: withoutUndefined(expected) });
      expect({ jti: typeof jti, iat: typeof iat }).toEqual({ jti: 'string', iat: 'number' });
    },
  );
});

function withoutUndefined(members: object): object {
  return JSON.parse(JSON.stringify(members));
}
