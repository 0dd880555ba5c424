import { describe, expect, it } from 'vitest';
import { CacheDirectory } from '../../../src/cache/cache-directory.ts';
import { DocumentCache } from '../../../src/cache/document-cache.ts';
import { cacheLocation } from '../../support/cache-location.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const at = temporaryDirectory();
const now = 1_700_000_000;
const place = 'https://as.example/jwks';
const document = { keys: [{ kty: 'RSA' }] };

function open(seconds: number, mayRead = true): DocumentCache {
  const directory = new CacheDirectory(cacheLocation(at('cache'), () => {}));
  return new DocumentCache(directory, mayRead, () => seconds * 1000);
}

describe('DocumentCache', () => {
  it.each<[string, number, boolean]>([
    ['at once', 0, true],
    ['after nearly ten minutes', 599, true],
    ['after ten minutes', 600, false],
    ['after a day', 86_400, false],
    ['after the clock was set back', -1, false],
  ])('gives a document %s', (_, age, isThere) => {
    open(now).write(place, document);
    expect(open(now + age).read(place)).toEqual(isThere ? document : undefined);
  });

  it('gives nothing that was not asked for by its place', () => {
    open(now).write(place, document);
    expect(open(now).read(`${place}/`)).toBeUndefined();
  });

  it('writes, and reads nothing, when it may not be read', () => {
    open(now, false).write(place, document);
    expect(open(now, false).read(place)).toBeUndefined();
    expect(open(now).read(place)).toEqual(document);
  });
});
