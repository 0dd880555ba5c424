import { describe, expect, it } from 'vitest';
import { algorithmForNewKey, generateProofKey, restoreProofKey, toProofKey } from '../../../src/jwt/proof-key.ts';
import { parseSigningKey } from '../../../src/jwt/signing-key.ts';

describe('the algorithm of a new key', () => {
  it.each<[readonly string[] | undefined, string | undefined]>([
    [undefined, 'ES256'],
    [['RS256', 'EdDSA', 'ES256'], 'ES256'],
    [['RS256', 'EdDSA'], 'EdDSA'],
    [['Ed25519'], 'Ed25519'],
    [['RS256', 'PS256', 'ES384'], 'ES384'],
    [['RS256', 'PS256'], 'PS256'],
    [['RS256'], 'RS256'],
    [['HS256', 'ES256K'], undefined],
    [[], 'ES256'],
  ])('where the server lists %j is %s', (supported, alg) => {
    expect(algorithmForNewKey(supported)).toBe(alg);
  });
});

describe('a kept key', () => {
  it('is the same one again', async () => {
    const kept = await generateProofKey('ES256');
    expect(await restoreProofKey(JSON.parse(JSON.stringify(kept)))).toMatchObject({
      alg: 'ES256',
      publicKey: kept.publicKey,
      thumbprint: kept.thumbprint,
    });
  });

  it('is none when it is not the one of its thumbprint, or cannot be read', async () => {
    const [kept, other] = await Promise.all([generateProofKey('ES256'), generateProofKey('ES256')]);
    expect(await restoreProofKey({ ...kept, publicKey: other.publicKey })).toBeUndefined();
    expect(await restoreProofKey({ ...kept, pem: 'damaged' })).toBeUndefined();
  });
});

describe('a key from a file', () => {
  it('shows nothing of the file but the public key', async () => {
    const { pem, publicKey } = await generateProofKey('ES256');
    const { createPrivateKey } = await import('node:crypto');
    const jwk = { ...createPrivateKey(pem).export({ format: 'jwk' }), kid: 'key-of-prod', use: 'sig', alg: 'ES256' };
    const key = await parseSigningKey(JSON.stringify(jwk), { name: 'key.jwk', password: undefined });
    expect(toProofKey(key, undefined)?.publicKey).toEqual(publicKey);
  });

  it.each<[string, readonly string[] | undefined, string | undefined]>([
    ['ES256', undefined, 'ES256'],
    ['ES256', ['RS256', 'ES256'], 'ES256'],
    ['ES256', ['RS256', 'ES384'], undefined],
    ['EdDSA', ['Ed25519'], 'Ed25519'],
    ['RS256', ['PS256'], 'PS256'],
  ])('by %s for a server that lists %j signs by %s', async (made, supported, alg) => {
    const { pem } = await generateProofKey(made);
    const key = await parseSigningKey(pem, { name: 'key.pem', password: undefined });
    expect(toProofKey(key, supported)?.alg).toBe(alg);
  });
});
