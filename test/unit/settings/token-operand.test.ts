import { describe, expect, it } from 'vitest';
import { CacheDirectory } from '../../../src/cache/cache-directory.ts';
import type { CachedToken, TokenCacheKey } from '../../../src/cache/token-cache.ts';
import { TokenCache } from '../../../src/cache/token-cache.ts';
import { cacheDirectoryOption } from '../../../src/options/cache-options.ts';
import { clientOptions } from '../../../src/options/client-options.ts';
import { requestOptions } from '../../../src/options/request-options.ts';
import { endpointOptions, issuerOptions } from '../../../src/options/server-options.ts';
import { cachedOption } from '../../../src/options/token-options.ts';
import { Settings } from '../../../src/settings/settings.ts';
import { cleanToken, readTokenOperand } from '../../../src/settings/token-operand.ts';
import { cacheKey } from '../../support/cache-key.ts';
import { cacheLocation } from '../../support/cache-location.ts';
import { failureOf } from '../support/failure.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { ContextOptions } from '../support/test-context.ts';
import { createContext } from '../support/test-context.ts';

const at = temporaryDirectory();
const token = 'eyJhbGciOiJSUzI1NiJ9.e30.c2ln';
const now = 1_700_000_000;

describe('cleanToken', () => {
  it.each<[string, string]>([
    ['as it is', token],
    ['a final newline', `${token}\n`],
    ['CRLF', `${token}\r\n`],
    ['white space around it', ` \t${token}\n\n`],
    ['a byte order mark', `\ufeff${token}`],
    ['Bearer', `Bearer ${token}`],
    ['bearer', `bearer ${token}`],
    ['BEARER and several blanks', `BEARER   ${token}`],
    ['DPoP', `DPoP ${token}`],
    ['double quotes', `"${token}"`],
    ['single quotes', `'${token}'`],
    ['backticks', `\`${token}\``],
    ['quotes around the scheme', `"Bearer ${token}"\n`],
    ['quotes behind the scheme', `Bearer "${token}"`],
    ['a whole header line', `Authorization: Bearer ${token}`],
  ])('removes %s', (_, given) => {
    expect(cleanToken(given)).toBe(token);
  });

  it.each(['a b', 'a\nb', 'a"b', 'abearer b', 'Bearerx', 'Basic abc', "it's", '"open', `${token} ${token}`])(
    'never changes what is inside of %j',
    (given) => {
      expect(cleanToken(given)).toBe(given);
    },
  );

  it.each(['', ' ', '\n', '""', '" "', "''"])('leaves nothing of %j', (given) => {
    expect(cleanToken(given)).toBe('');
  });
});

const rows = [
  cachedOption,
  cacheDirectoryOption,
  ...issuerOptions,
  ...endpointOptions,
  ...clientOptions,
  ...requestOptions,
];

async function read(
  operand: string | undefined,
  typed: Record<string, string[] | boolean> = {},
  options: ContextOptions = {},
) {
  const { ctx } = await createContext({ now, host: { userId: process.getuid?.() }, ...options });
  const settings = new Settings(
    rows,
    new Map(Object.entries({ 'cache-dir': [at('cache')], ...typed })),
    ctx.env,
    undefined,
  );
  return readTokenOperand(operand, settings, ctx);
}

describe('where the token comes from', () => {
  it('an argument, which wins over standard input', async () => {
    expect(await read(token, {}, { stdin: 'other' })).toBe(token);
    expect(await read(`Bearer ${token}`, {}, { isTerminal: true })).toBe(token);
  });

  it('standard input for -', async () => {
    expect(await read('-', {}, { stdin: `${token}\n` })).toBe(token);
  });

  it('standard input when nothing is given and it is no terminal', async () => {
    expect(await read(undefined, {}, { stdin: `${token}\n` })).toBe(token);
  });

  it.each<[string, string | undefined, ContextOptions]>([
    ['nothing and a terminal', undefined, { isTerminal: true }],
    ['an empty standard input', undefined, { stdin: '' }],
    ['white space', undefined, { stdin: ' \n' }],
    ['- and a terminal', '-', { isTerminal: true }],
    ['an empty argument', '', { isTerminal: true }],
    ['a scheme without a token', 'Bearer ', {}],
    ['an empty standard input for -', '-', { stdin: '' }],
  ])('nowhere with %s: a hint, never a hang', async (_, operand, options) => {
    expect(await failureOf(() => read(operand, {}, options))).toMatchObject({
      code: 'missing_token',
      hint: expect.stringContaining('--cached'),
    });
  });

  it.each([undefined, '-'])(
    'not from standard input when the secret comes from there too (operand %s)',
    async (operand) => {
      const failure = await failureOf(() => read(operand, { 'client-secret-file': ['-'] }, { stdin: token }));
      expect(failure.code).toBe('standard_input_conflict');
      expect(failure.message).toContain('the token');
      expect(failure.message).toContain('--client-secret-file');
    },
  );

  it('from an argument while the secret comes from standard input', async () => {
    expect(await read(token, { 'client-secret-file': ['-'] })).toBe(token);
  });

  it('not from an argument and the cache at once', async () => {
    expect(await failureOf(() => read(token, { cached: true }))).toMatchObject({ code: 'usage' });
  });
});

describe('--cached', () => {
  function store(key: Partial<TokenCacheKey>, change: Partial<CachedToken> = {}): void {
    const directory = new CacheDirectory(cacheLocation(at('cache'), expect.unreachable));
    new TokenCache(directory).write({
      key: cacheKey(key),
      accessToken: token,
      tokenType: 'Bearer',
      issuedOn: now,
      expiresOn: now + 300,
      refreshOn: 4_000_000_000,
      response: {},
      ...change,
    });
  }

  it('takes the only good one, and does not touch standard input', async () => {
    store({ scope: ['a'] });
    expect(await read(undefined, { cached: true }, { stdin: 'other' })).toBe(token);
  });

  it('takes the one that was asked for exactly so, the order of scopes aside', async () => {
    store({ scope: ['a', 'b'] }, { accessToken: 'exact' });
    store({ scope: ['a'] }, { accessToken: 'other' });
    store({}, { accessToken: 'plain' });
    expect(await read(undefined, { cached: true, scope: ['b a'] })).toBe('exact');
    expect(await read(undefined, { cached: true, scope: false })).toBe('plain');
  });

  it('lists what is there when it is not clear', async () => {
    store({ scope: ['a'] });
    store({ scope: ['b', 'c'] });
    const failure = await failureOf(() => read(undefined, { cached: true }));
    expect(failure.code).toBe('not_cached');
    expect(failure.hint).toContain('--scope a');
    expect(failure.hint).toContain("--scope 'b c'");
  });

  it.each<[string, Partial<TokenCacheKey>, Partial<CachedToken>]>([
    ['none of this issuer', { issuer: 'https://other.example' }, {}],
    ['none of this client', { client_id: 'other' }, {}],
    ['an expired one', {}, { expiresOn: now - 1 }],
    ['one that is about to expire', {}, { issuedOn: now - 290, expiresOn: now + 10 }],
    ['one from the future', {}, { issuedOn: now + 3600, expiresOn: now + 7200 }],
  ])('finds nothing when there is %s, and says how to get one', async (_, key, change) => {
    store(key, change);
    const typed = { cached: true, issuer: ['https://as.example'], 'client-id': ['ci-bot'], scope: ['a'] };
    expect(await failureOf(() => read(undefined, typed))).toMatchObject({
      code: 'not_cached',
      hint: expect.stringContaining('ccgrant token'),
    });
  });

  it('finds nothing in an empty cache', async () => {
    expect(await failureOf(() => read(undefined, { cached: true }))).toMatchObject({ code: 'not_cached' });
  });
});
