import { linkSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CacheTrouble } from '../../../src/cache/cache-trouble.ts';
import { createPrivateFile } from '../../../src/cache/write-private-file.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

vi.mock('node:fs', { spy: true });
const at = temporaryDirectory();

describe('createPrivateFile, where the file system knows no links', () => {
  const failWith = (code: string): void => {
    vi.mocked(linkSync).mockImplementation(() => {
      throw Object.assign(new Error(code), { code });
    });
  };
  afterEach(() => void vi.mocked(linkSync).mockReset());

  it.each(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])('makes the file all the same: %s', (code) => {
    failWith(code);
    expect(createPrivateFile(at('file'), 'one')).toBe(true);
    expect(createPrivateFile(at('file'), 'two')).toBe(false);
    expect(readFileSync(at('file'), 'utf8')).toBe('one');
    expect(lstatSync(at('file')).mode).toBe(0o100600);
    expect(readdirSync(at())).toEqual(['file']);
  });

  it('makes none for any other failure', () => {
    failWith('EIO');
    expect(() => createPrivateFile(at('file'), 'one')).toThrow(CacheTrouble);
    expect(readdirSync(at())).toEqual([]);
  });
});
