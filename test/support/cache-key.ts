import type { TokenCacheKey } from '../../src/cache/token-cache.ts';

/** The cache key of a client that says nothing but who it is, and these members. */
export function cacheKey(members: Partial<TokenCacheKey> = {}): TokenCacheKey {
  return {
    issuer: 'https://as.example',
    token_endpoint: undefined,
    client_id: 'ci-bot',
    auth_method: undefined,
    basic_encoding: undefined,
    credential: 'none',
    certificate: undefined,
    binding: undefined,
    scope: [],
    audience: [],
    resource: [],
    parameters: [],
    ...members,
  };
}
