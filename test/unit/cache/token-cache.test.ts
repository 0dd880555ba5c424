import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CacheDirectory } from '../../../src/cache/cache-directory.ts';
import { CacheTrouble } from '../../../src/cache/cache-trouble.ts';
import type { CachedToken, TokenCacheKey } from '../../../src/cache/token-cache.ts';
import { TokenCache } from '../../../src/cache/token-cache.ts';
import { cacheKey } from '../../support/cache-key.ts';
import { cacheLocation } from '../../support/cache-location.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const at = temporaryDirectory();
const now = 1_700_000_000;
const key: TokenCacheKey = cacheKey({ credential: '["file","/s"]', scope: ['a', 'b'] });

function tokenFor(forKey: TokenCacheKey, accessToken = 'eyJtoken'): CachedToken {
  return {
    key: forKey,
    accessToken,
    tokenType: 'Bearer',
    issuedOn: now,
    expiresOn: now + 300,
    refreshOn: now + 200,
    response: { access_token: accessToken },
  };
}

function open(path = at('cache')) {
  const warnings: string[] = [];
  const directory = new CacheDirectory(cacheLocation(path, (reason) => warnings.push(reason)));
  return { tokens: new TokenCache(directory), directory, warnings };
}

describe('TokenCache', () => {
  it('gives back what was written, to a later run too', () => {
    open().tokens.write(tokenFor(key));
    expect(open().tokens.read(key)).toEqual(tokenFor(key));
  });

  it('has nothing at first, and makes nothing by looking', () => {
    const { tokens, warnings } = open();
    expect([tokens.read(key), tokens.list(), tokens.clear(), tokens.remove(key)]).toEqual([undefined, [], 0, false]);
    expect(warnings).toEqual([]);
  });

  it('keeps one file of mode 0600 for each key, in a directory of mode 0700', () => {
    const { tokens } = open();
    tokens.write(tokenFor(key));
    tokens.write(tokenFor({ ...key, scope: ['c'] }));
    tokens.write(tokenFor(key, 'newer'));
    const names = readdirSync(at('cache', 'tokens'));
    expect(names).toHaveLength(2);
    for (const name of names) expect(statSync(at('cache', 'tokens', name)).mode & 0o777).toBe(0o600);
    expect(statSync(at('cache')).mode & 0o777).toBe(0o700);
    expect(tokens.read(key)?.accessToken).toBe('newer');
  });

  it('has a CACHEDIR.TAG, so that backups leave it out', () => {
    open().tokens.write(tokenFor(key));
    expect(readFileSync(at('cache', 'CACHEDIR.TAG'), 'utf8')).toMatch(/^Signature: 8a477f597d28d172789f06886806bc55\n/);
  });

  it('has file names that tell nothing', () => {
    open().tokens.write(tokenFor(key));
    for (const name of readdirSync(at('cache', 'tokens'))) expect(name).toMatch(/^[0-9a-f]{64}\.v\d+$/);
  });

  it('removes what is chosen, and counts it', () => {
    const { tokens } = open();
    tokens.write(tokenFor(key, 'one'));
    tokens.write(tokenFor({ ...key, client_id: 'other' }, 'two'));
    expect(tokens.removeAll(({ accessToken }) => accessToken === 'one')).toBe(1);
    expect(tokens.list().map(({ accessToken }) => accessToken)).toEqual(['two']);
    expect(tokens.clear()).toBe(1);
    expect(tokens.list()).toEqual([]);
  });

  it('takes a damaged record for none, and replaces it', () => {
    open().tokens.write(tokenFor(key));
    const [name = ''] = readdirSync(at('cache', 'tokens'));
    writeFileSync(at('cache', 'tokens', name), 'damaged', { mode: 0o600 });
    const { tokens, warnings } = open();
    expect(tokens.read(key)).toBeUndefined();
    tokens.write(tokenFor(key));
    expect(open().tokens.read(key)).toEqual(tokenFor(key));
    expect(warnings).toEqual([]);
  });

  it('leaves the files of a newer version alone, and does not read them', () => {
    mkdirSync(at('cache'), { mode: 0o700 });
    mkdirSync(at('cache', 'tokens'), { mode: 0o700 });
    writeFileSync(at('cache', 'tokens', `${'0'.repeat(64)}.v999`), 'newer', { mode: 0o600 });
    const { tokens } = open();
    expect(tokens.list()).toEqual([]);
    expect(tokens.clear()).toBe(0);
    expect(readdirSync(at('cache', 'tokens'))).toEqual([`${'0'.repeat(64)}.v999`]);
  });

  it('clears what it has written, and no file that is not its own', () => {
    const { tokens } = open();
    tokens.write(tokenFor(key));
    const foreign = ['.hidden', 'data.v1', 'id_rsa', 'notes.txt', 'x.v0'];
    for (const name of foreign) writeFileSync(at('cache', 'tokens', name), 'mine', { mode: 0o600 });
    mkdirSync(at('cache', 'tokens', 'directory'));
    expect(tokens.clear()).toBe(1);
    expect(readdirSync(at('cache', 'tokens')).sort()).toEqual([...foreign, 'directory'].sort());
  });

  it('clears damaged records, those of older versions, and the remains of writes that were interrupted', () => {
    const { tokens } = open();
    tokens.write(tokenFor(key));
    const hash = 'a'.repeat(64);
    for (const name of [`${hash}.v1`, `${hash}.v0`, '.tmp-abc123'])
      writeFileSync(at('cache', 'tokens', name), 'x', { mode: 0o600 });
    tokens.clear();
    expect(readdirSync(at('cache', 'tokens'))).toEqual([]);
  });

  it('clears nothing behind a link, where the files of somebody else are', () => {
    open().tokens.write(tokenFor(key));
    rmSync(at('cache', 'tokens'), { recursive: true });
    mkdirSync(at('elsewhere'));
    writeFileSync(at('elsewhere', `${'a'.repeat(64)}.v1`), 'mine');
    symlinkSync(at('elsewhere'), at('cache', 'tokens'));
    clearOrTrouble();
    expect(readdirSync(at('elsewhere'))).toHaveLength(1);
  });

  it('has trouble, and no bug, when a file is in the place of the folder', () => {
    mkdirSync(at('cache'), { mode: 0o700 });
    writeFileSync(at('cache', 'tokens'), 'mine');
    clearOrTrouble();
    expect(readFileSync(at('cache', 'tokens'), 'utf8')).toBe('mine');
  });

  function clearOrTrouble(): void {
    try {
      open().tokens.clear();
    } catch (error) {
      expect(error).toBeInstanceOf(CacheTrouble);
    }
  }

  it.each<[string, () => void]>([
    ['a file in its place', () => writeFileSync(at('cache'), '')],
    ['a link in its place', () => symlinkSync(at(), at('cache'))],
    [
      'a place that others may write to',
      () => {
        mkdirSync(at('cache'));
        chmodSync(at('cache'), 0o777);
      },
    ],
    ['a link that leads nowhere in its place', () => symlinkSync(at('nowhere'), at('cache'))],
  ])('is as if empty, and warns once, with %s', (_, prepare) => {
    prepare();
    const { tokens, directory, warnings } = open();
    tokens.write(tokenFor(key));
    expect(tokens.read(key)).toBeUndefined();
    expect(tokens.list()).toEqual([]);
    expect(directory.keyedHash('x')).toBeUndefined();
    expect(warnings).toHaveLength(1);
  });

  it('is as if empty when its folder is one that others may write to', () => {
    open().tokens.write(tokenFor(key));
    chmodSync(at('cache', 'tokens'), 0o777);
    const { tokens, warnings } = open();
    expect(tokens.read(key)).toBeUndefined();
    expect(warnings).toHaveLength(1);
  });

  it.each(['accessToken', 'issuedOn', 'expiresOn', 'refreshOn'])('takes a record without %s for none', (member) => {
    const { tokens, directory } = open();
    directory.write('tokens', tokens.nameOf(key), { ...tokenFor(key), [member]: undefined });
    expect(tokens.read(key)).toBeUndefined();
    tokens.write(tokenFor(key));
    expect(tokens.read(key)).toEqual(tokenFor(key));
  });

  it('does not store a record that is too large, and goes on', () => {
    const { tokens, warnings } = open();
    expect(tokens.write(tokenFor(key, 'x'.repeat(1024 * 1024)))).toBe(false);
    tokens.write(tokenFor({ ...key, client_id: 'other' }));
    expect(tokens.list()).toHaveLength(1);
    expect(warnings).toEqual([]);
  });
});

describe('the key of a token', () => {
  const text = fc.option(fc.string(), { nil: undefined });
  const list = fc.array(fc.string(), { maxLength: 3 });
  const members = {
    issuer: text,
    token_endpoint: text,
    client_id: text,
    auth_method: text,
    basic_encoding: text,
    credential: fc.string(),
    certificate: text,
    binding: text,
    scope: list,
    audience: list,
    resource: list,
    parameters: fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 2 }),
  } satisfies Record<keyof TokenCacheKey, fc.Arbitrary<unknown>>;
  const keys: fc.Arbitrary<TokenCacheKey> = fc.record(members);

  it('finds no token that was asked for with any other member', () => {
    const { tokens } = open();
    const names = Object.keys(members) as (keyof TokenCacheKey)[];
    const pairs = fc.tuple(keys, keys, fc.constantFrom(...names));
    fc.assert(
      fc.property(pairs, ([first, second, name]) => {
        const other = { ...first, [name]: second[name] };
        fc.pre(JSON.stringify(other) !== JSON.stringify(first));
        tokens.clear();
        tokens.write(tokenFor(first));
        expect(tokens.read(other)).toBeUndefined();
        expect(tokens.read(structuredClone(first))).toBeDefined();
      }),
      { numRuns: 60 },
    );
  });

  it.each<[string, Partial<TokenCacheKey>, Partial<TokenCacheKey>]>([
    [
      'a value from one member to the next',
      { issuer: 'x', token_endpoint: undefined },
      { issuer: undefined, token_endpoint: 'x' },
    ],
    ['a scope to an audience', { scope: ['x'], audience: [] }, { scope: [], audience: ['x'] }],
    ['an audience to a resource', { audience: ['x'] }, { resource: ['x'] }],
    ['two scopes into one', { scope: ['a b'] }, { scope: ['a', 'b'] }],
    ['a parameter into its value', { parameters: [['a', 'b=c']] }, { parameters: [['a=b', 'c']] }],
    ['undefined to an empty text', { issuer: undefined }, { issuer: '' }],
    ['undefined to the word null', { issuer: undefined }, { issuer: 'null' }],
    ['no parameter to an empty one', { parameters: [] }, { parameters: [['', '']] }],
  ])('keeps apart what moves %s', (_, first, second) => {
    const { tokens } = open();
    tokens.write(tokenFor({ ...key, ...first }));
    expect(tokens.read({ ...key, ...second })).toBeUndefined();
  });
});

describe('of two tokens for one key', () => {
  const issued = (accessToken: string, secondsAgo: number): CachedToken => ({
    ...tokenFor(key, accessToken),
    issuedOn: Date.now() / 1000 - secondsAgo,
  });

  it('the one that was issued later stays, whichever is written last', () => {
    const { tokens } = open();
    tokens.write(issued('later', 100));
    expect(tokens.write(issued('earlier', 200))).toBe(true);
    expect(tokens.read(key)?.accessToken).toBe('later');
  });

  it.each([120, 1800, 86_400])('one from %d s in the future gives way: the clock was set back', (seconds) => {
    const { tokens } = open();
    tokens.write(issued('ahead', -seconds));
    expect(tokens.write(issued('now', 0))).toBe(true);
    expect(tokens.read(key)?.accessToken).toBe('now');
  });
});

describe('keyedHash', () => {
  it('is the same for a value in every run of this cache, and tells values apart', () => {
    const first = open().directory.keyedHash('secret');
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(open().directory.keyedHash('secret')).toBe(first);
    expect(open().directory.keyedHash('Secret')).not.toBe(first);
  });

  it('is another one in another cache', () => {
    expect(open(at('one')).directory.keyedHash('secret')).not.toBe(open(at('two')).directory.keyedHash('secret'));
  });
});

describe('an entry under the name of another one', () => {
  it('is not handed out, and not listed', () => {
    const { tokens, directory } = open();
    const other = { ...key, client_id: 'other-bot' };
    tokens.write(tokenFor(key, 'mine'));
    const [name = ''] = directory.names('tokens');
    tokens.write(tokenFor(other, 'of-another'));
    const [otherName = ''] = directory.names('tokens').filter((one) => one !== name);
    const path = (one: string): string => `${at('cache')}/tokens/${one}.v1`;
    writeFileSync(path(name), readFileSync(path(otherName)));

    expect(tokens.read(key)).toBeUndefined();
    expect(tokens.list().map(({ accessToken }) => accessToken)).toEqual(['of-another']);
  });
});
