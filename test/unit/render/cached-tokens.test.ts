import { describe, expect, it } from 'vitest';
import { plainStyle } from '../../../src/io/style.ts';
import type { ListedToken } from '../../../src/render/cached-tokens.ts';
import { renderCachedTokens, toCachedTokensJson } from '../../../src/render/cached-tokens.ts';
import { cacheKey } from '../../support/cache-key.ts';

const now = 1_700_000_000;
const token: ListedToken = {
  key: cacheKey({ scope: ['a', 'b'], audience: ['api'] }),
  accessToken: 'S3cr3t-token',
  tokenType: 'Bearer',
  issuedOn: now,
  expiresOn: now + 299,
  refreshOn: now + 200,
  response: { access_token: 'S3cr3t-token' },
  isUsable: true,
};

describe('the list of cached tokens', () => {
  it('is a few lines for each', () => {
    expect(renderCachedTokens([token], false, plainStyle, now).value).toBe(
      [
        'ci-bot at https://as.example',
        '  scope    a b',
        '  for      api',
        '  expires  2023-11-14T22:18:19Z, in 4 minutes 59 seconds',
      ].join('\n'),
    );
  });

  it('says which are not used any more', () => {
    expect(renderCachedTokens([{ ...token, isUsable: false }], false, plainStyle, now).value).toContain(
      'NOT USED ANY MORE',
    );
  });

  it('has the tokens themselves only when that was asked for, for people and for programs', () => {
    expect(renderCachedTokens([token], false, plainStyle, now).value).not.toContain('S3cr3t');
    expect(JSON.stringify(toCachedTokensJson([token], false))).not.toContain('S3cr3t');
    expect(renderCachedTokens([token], true, plainStyle, now).value).toContain('S3cr3t-token');
    expect(toCachedTokensJson([token], true)).toMatchObject([{ access_token: 'S3cr3t-token' }]);
  });

  it('is JSON for programs', () => {
    expect(toCachedTokensJson([token], false)).toMatchObject([
      {
        issuer: 'https://as.example',
        client_id: 'ci-bot',
        scope: 'a b',
        expires_at: '2023-11-14T22:18:19Z',
        expires_on: now + 299,
      },
    ]);
  });

  it('lets nothing that was stored steer the terminal', () => {
    const evil = '\u001b[2J\n::x';
    const key = { ...token.key, issuer: evil, client_id: evil, scope: [evil], audience: [evil] };
    const { value } = renderCachedTokens([{ ...token, key, accessToken: evil }], true, plainStyle, now);
    expect(value.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    expect(value).not.toMatch(/^\s*::/m);
  });
});
