import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { CacheDirectory } from '../../../src/cache/cache-directory.ts';
import { writePrivateFile } from '../../../src/cache/write-private-file.ts';
import { keyedHash } from '../../../src/sha256.ts';
import { cacheLocation } from '../../support/cache-location.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const at = temporaryDirectory();
let warnings: string[] = [];
beforeEach(() => {
  warnings = [];
});

function open(): CacheDirectory {
  return new CacheDirectory(cacheLocation(at('cache'), (reason) => warnings.push(reason)));
}

const key = (): string => at('cache', 'key');

describe('keyedHash', () => {
  it('is the same for all who use the directory, and another one for another secret', () => {
    const hash = open().keyedHash('secret');
    expect(open().keyedHash('secret')).toBe(hash);
    expect(open().keyedHash('another')).not.toBe(hash);
  });

  it('has a key of 32 bytes that only this user can read', () => {
    const hash = open().keyedHash('secret');
    expect(lstatSync(key())).toMatchObject({ size: 32, mode: 0o100600, nlink: 1 });
    expect(hash).toBe(keyedHash(readFileSync(key()), 'secret'));
  });

  it('says nothing to those with another directory', () => {
    const other = new CacheDirectory(cacheLocation(at('other'), () => {}));
    expect(other.keyedHash('secret')).not.toBe(open().keyedHash('secret'));
  });

  it.each([0, 31, 33])('makes a new key in place of one of %i bytes', (size) => {
    open().keyedHash('');
    writePrivateFile(key(), new Uint8Array(size));
    expect(open().keyedHash('secret')).toBe(open().keyedHash('secret'));
    expect(lstatSync(key()).size).toBe(32);
  });

  it('makes a new key in place of one that others may have read', () => {
    const hash = open().keyedHash('secret');
    chmodSync(key(), 0o644);
    expect(open().keyedHash('secret')).not.toBe(hash);
    expect(lstatSync(key()).mode).toBe(0o100600);
  });

  it('takes a key that has a second name yet, as one whose maker died', () => {
    const hash = open().keyedHash('secret');
    linkSync(key(), at('cache', '.tmp-left'));
    expect(open().keyedHash('secret')).toBe(hash);
    expect(warnings).toEqual([]);
  });

  it('is none, with one warning, where a link is in the place of the key', () => {
    mkdirSync(at('cache'), { mode: 0o700 });
    writeFileSync(at('victim'), 'x'.repeat(32), { mode: 0o600 });
    symlinkSync(at('victim'), key());
    const directory = open();
    expect([directory.keyedHash('a'), directory.keyedHash('b')]).toEqual([undefined, undefined]);
    expect(warnings).toEqual([expect.stringContaining('symbolic link')]);
    expect(readFileSync(at('victim'), 'latin1')).toBe('x'.repeat(32));
  });
});

describe('lock', () => {
  it('makes nothing by a look', async () => {
    const directory = open();
    expect(directory.lock('name', await directory.self()).look().generation).toBe(0);
    expect(readdirSync(at('cache', 'locks'))).toEqual([]);
  });

  it('is taken in a directory that only this user can enter', async () => {
    const directory = open();
    expect(directory.lock('name', await directory.self()).take(undefined)).toBeDefined();
    expect(lstatSync(at('cache', 'locks', 'name')).mode).toBe(0o40700);
    expect(lstatSync(at('cache', 'locks', 'name', '1'))).toMatchObject({ mode: 0o100600, nlink: 1 });
  });

  it.each<[string, string, () => void]>([
    ['is a link', 'symbolic link', () => symlinkSync(at(), at('cache', 'locks', 'name'))],
    ['is a file', 'not a directory', () => writeFileSync(at('cache', 'locks', 'name'), '')],
    [
      'can be written to by others',
      'other users',
      () => {
        mkdirSync(at('cache', 'locks', 'name'));
        chmodSync(at('cache', 'locks', 'name'), 0o770);
      },
    ],
  ])('is not taken where its directory %s', async (_, words, prepare) => {
    const directory = open();
    const lock = directory.lock('name', await directory.self());
    prepare();
    const names = readdirSync(at());
    expect(() => lock.take(undefined)).toThrow(words);
    expect(readdirSync(at())).toEqual(names);
  });
});

describe('clearLocks', () => {
  it('may be done by two at once', async () => {
    const directory = open();
    for (let index = 0; index < 20; index += 1)
      directory
        .lock(`${index}`, await directory.self())
        .take(undefined)
        ?.release();
    await Promise.all([open().clearLocks(), open().clearLocks()]);
    expect(readdirSync(at('cache', 'locks'))).toEqual([]);
  });
});

describe('sweep', () => {
  it('is one warning, and no failure, where the directory is not fit', async () => {
    const directory = open();
    await directory.sweep();
    await directory.sweep();
    expect(warnings).toEqual([expect.stringContaining(at('cache'))]);
  });

  it('removes expired tokens', async () => {
    const directory = open();
    directory.write('tokens', 'a'.repeat(64), { expiresOn: 0 });
    directory.write('tokens', 'b'.repeat(64), { expiresOn: Date.now() });
    await directory.sweep();
    expect(directory.names('tokens')).toEqual(['b'.repeat(64)]);
  });
});

it('hides no bug behind trouble', () => {
  expect(() => open().attempt(() => JSON.parse('{'))).toThrow(SyntaxError);
  expect(warnings).toEqual([]);
});
