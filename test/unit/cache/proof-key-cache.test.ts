import { chmodSync, copyFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CacheDirectory } from '../../../src/cache/cache-directory.ts';
import type { CachedProofKey } from '../../../src/cache/proof-key-cache.ts';
import { proofKeyName } from '../../../src/cache/proof-key-cache.ts';
import type { CachedToken, TokenCacheKey } from '../../../src/cache/token-cache.ts';
import { TokenCache } from '../../../src/cache/token-cache.ts';
import { cacheKey } from '../../support/cache-key.ts';
import { cacheLocation } from '../../support/cache-location.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const at = temporaryDirectory();
const now = 1_700_000_000;
const key: TokenCacheKey = cacheKey({ credential: '["file","/s"]', binding: 'DPoP' });
const first = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I';
const second = 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs';

function proofKey(thumbprint: string): CachedProofKey {
  return { thumbprint, alg: 'ES256', publicKey: { kty: 'EC' }, pem: `key of ${thumbprint}`, expiresOn: now + 300 };
}

function boundToken(thumbprint: string, members: Partial<CachedToken> = {}): CachedToken {
  return {
    key,
    accessToken: `token of ${thumbprint}`,
    tokenType: 'DPoP',
    issuedOn: now,
    expiresOn: now + 300,
    refreshOn: now + 200,
    response: {},
    boundTo: { thumbprint, alg: 'ES256', isOwn: true },
    ...members,
  };
}

function open() {
  const warnings: string[] = [];
  const tokens = new TokenCache(new CacheDirectory(cacheLocation(at('cache'), (reason) => warnings.push(reason))));
  return { tokens, warnings };
}

const files = (folder: string): string[] => readdirSync(at('cache', folder));
const fileOf = (thumbprint: string): string => at('cache', 'keys', `${proofKeyName(thumbprint)}.v1`);

describe('the key of a bound token', () => {
  it('lies in a file of its own of mode 0600, whose name is its thumbprint', () => {
    const { tokens } = open();
    expect(tokens.write(boundToken(first), proofKey(first))).toBe(true);
    expect(tokens.proofKeys.read(first)).toEqual(proofKey(first));
    expect(files('keys')).toEqual([`${Buffer.from(first, 'base64url').toString('hex')}.v1`]);
    expect(statSync(fileOf(first)).mode & 0o777).toBe(0o600);
    expect(JSON.stringify(tokens.list())).not.toContain('key of');
  });

  it('goes with its token, however that goes', () => {
    const ways: ((tokens: TokenCache) => unknown)[] = [
      (tokens) => tokens.remove(key),
      (tokens) => tokens.removeAll(() => true),
      (tokens) => tokens.clear(),
      (tokens) => tokens.write(boundToken('bearer', { boundTo: undefined })),
    ];
    for (const way of ways) {
      const { tokens } = open();
      tokens.write(boundToken(first), proofKey(first));
      way(tokens);
      expect(files('keys')).toEqual([]);
    }
  });

  it('goes when another token takes the place of its own, whose key stays', () => {
    const { tokens } = open();
    tokens.write(boundToken(first), proofKey(first));
    tokens.write(boundToken(second, { issuedOn: now + 1 }), proofKey(second));
    expect([tokens.proofKeys.read(first), tokens.proofKeys.read(second)]).toEqual([undefined, proofKey(second)]);
  });

  it('stays when the same token is written anew', () => {
    const { tokens } = open();
    tokens.write(boundToken(first), proofKey(first));
    tokens.write(boundToken(first, { refreshOn: now + 250 }));
    expect(tokens.proofKeys.read(first)).toEqual(proofKey(first));
  });

  it('is not written for a token that comes too late', () => {
    const { tokens } = open();
    tokens.write(boundToken(first), proofKey(first));
    expect(tokens.write(boundToken(second, { issuedOn: now - 1 }), proofKey(second))).toBe(true);
    expect(tokens.read(key)?.accessToken).toBe(`token of ${first}`);
    expect([tokens.proofKeys.read(first), tokens.proofKeys.read(second)]).toEqual([proofKey(first), undefined]);
  });

  it('of a file is not touched', () => {
    const { tokens } = open();
    tokens.proofKeys.write(proofKey(first));
    tokens.write(boundToken(first, { boundTo: { thumbprint: first, alg: 'ES256', isOwn: false } }));
    tokens.remove(key);
    expect(tokens.proofKeys.read(first)).toEqual(proofKey(first));
  });

  it('is there before its token: where it cannot be written, no token is', () => {
    const { tokens, warnings } = open();
    tokens.write(boundToken(first), proofKey(first));
    tokens.clear();
    chmodSync(at('cache', 'keys'), 0o722);
    expect(tokens.write(boundToken(first), proofKey(first))).toBe(false);
    expect(files('tokens')).toEqual([]);
    expect(warnings).toEqual([`other users may write to ${at('cache', 'keys')}: chmod 700 ${at('cache', 'keys')}`]);
    chmodSync(at('cache', 'keys'), 0o700);
  });

  it.each<[string, () => void]>([
    ['damaged', () => writeFileSync(fileOf(first), 'damaged')],
    ['readable by others', () => chmodSync(fileOf(first), 0o640)],
    ['that of another token', () => copyFileSync(fileOf(second), fileOf(first))],
  ])('is not there when it is %s', (_, spoil) => {
    const { tokens } = open();
    tokens.proofKeys.write(proofKey(first));
    tokens.proofKeys.write(proofKey(second));
    spoil();
    expect(tokens.proofKeys.read(first)).toBeUndefined();
  });
});
