import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, it } from 'vitest';
import { preparePrivateDirectory, removeIfThere, writePrivateFile } from '../../../src/cache/write-private-file.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { troubleOf } from '../support/trouble.ts';

const at = temporaryDirectory();
const self = process.getuid?.();

function modeOf(path: string): string {
  return (lstatSync(path).mode & 0o7777).toString(8);
}

describe('preparePrivateDirectory', () => {
  it('makes the directory and those above it, for this user only', () => {
    preparePrivateDirectory(at('a', 'b', 'c'), self);
    expect(['a', 'a/b', 'a/b/c'].map((path) => modeOf(at(path)))).toEqual(['700', '700', '700']);
  });

  it('makes them so under any umask', () => {
    const before = process.umask(0);
    try {
      preparePrivateDirectory(at('a', 'b'), self);
    } finally {
      process.umask(before);
    }
    expect([modeOf(at('a')), modeOf(at('a', 'b'))]).toEqual(['700', '700']);
  });

  it.each(['700', '755', '750', '711'])('takes one with mode %s as it is', (mode) => {
    mkdirSync(at('d'));
    chmodSync(at('d'), Number.parseInt(mode, 8));
    preparePrivateDirectory(at('d'), self);
    expect(modeOf(at('d'))).toBe(mode);
  });

  it.each(['770', '720', '707', '702', '777', '1777'])('refuses one with mode %s: others may write to it', (mode) => {
    mkdirSync(at('d'));
    chmodSync(at('d'), Number.parseInt(mode, 8));
    expect(troubleOf(() => preparePrivateDirectory(at('d'), self))).toContain('other users may write to');
    expect(modeOf(at('d'))).toBe(mode);
  });

  it('refuses a symbolic link to a directory', () => {
    mkdirSync(at('real'));
    symlinkSync(at('real'), at('link'));
    expect(troubleOf(() => preparePrivateDirectory(at('link'), self))).toContain('is a symbolic link');
  });

  it('refuses a file', () => {
    writeFileSync(at('file'), '');
    expect(troubleOf(() => preparePrivateDirectory(at('file'), self))).toContain('is not a directory');
  });

  it('refuses a place below a file', () => {
    writeFileSync(at('file'), '');
    expect(troubleOf(() => preparePrivateDirectory(at('file', 'd'), self))).toContain('ENOTDIR');
  });

  it('refuses a place below a link that leads nowhere', () => {
    symlinkSync(at('nowhere'), at('link'));
    expect(troubleOf(() => preparePrivateDirectory(at('link', 'd'), self))).toContain(at('link', 'd'));
  });

  it('refuses a place where no directory can ever be made', () => {
    expect(troubleOf(() => preparePrivateDirectory('/proc/ccgrant/cache', self))).toContain('/proc/ccgrant');
  });

  it('refuses one of another user', () => {
    mkdirSync(at('d'), { mode: 0o700 });
    expect(troubleOf(() => preparePrivateDirectory(at('d'), (self ?? 0) + 1))).toContain('belongs to another user');
  });

  it('looks at neither owner nor mode where there are none', () => {
    mkdirSync(at('d'));
    chmodSync(at('d'), 0o777);
    expect(() => preparePrivateDirectory(at('d'), undefined)).not.toThrow();
  });
});

describe('writePrivateFile', () => {
  it('makes a file of mode 0600 under any umask', () => {
    for (const mask of [0, 0o022, 0o077]) {
      const before = process.umask(mask);
      try {
        writePrivateFile(at(`file-${mask}`), 'content');
      } finally {
        process.umask(before);
      }
      expect(modeOf(at(`file-${mask}`))).toBe('600');
      expect(readFileSync(at(`file-${mask}`), 'utf8')).toBe('content');
    }
  });

  it('does not keep the mode of the file that it replaces', () => {
    writeFileSync(at('file'), 'old');
    chmodSync(at('file'), 0o666);
    writePrivateFile(at('file'), 'new');
    expect([modeOf(at('file')), readFileSync(at('file'), 'utf8')]).toEqual(['600', 'new']);
  });

  it('replaces a symbolic link, and leaves its target alone', () => {
    writeFileSync(at('victim'), 'untouched');
    symlinkSync(at('victim'), at('file'));
    writePrivateFile(at('file'), 'new');
    expect(readFileSync(at('victim'), 'utf8')).toBe('untouched');
    expect(lstatSync(at('file')).isFile()).toBe(true);
  });

  it('replaces a hard link, and leaves the other name alone', () => {
    writeFileSync(at('victim'), 'untouched');
    linkSync(at('victim'), at('file'));
    writePrivateFile(at('file'), 'new');
    expect(readFileSync(at('victim'), 'utf8')).toBe('untouched');
    expect(statSync(at('file')).nlink).toBe(1);
  });

  it('leaves no other file behind', () => {
    writePrivateFile(at('file'), 'a');
    writePrivateFile(at('file'), 'b');
    expect(readdirSync(at())).toEqual(['file']);
  });

  it('leaves nothing behind when it cannot replace what is there', () => {
    mkdirSync(at('file'));
    expect(troubleOf(() => writePrivateFile(at('file'), 'x'))).toContain('cannot be written');
    expect(readdirSync(at())).toEqual(['file']);
  });

  it('is trouble where there is no directory', () => {
    expect(troubleOf(() => writePrivateFile(at('none', 'file'), 'x'))).toContain('ENOENT');
  });

  it('writes bytes as they are', () => {
    writePrivateFile(at('file'), Uint8Array.of(0xff, 0x00, 0x0a));
    expect([...readFileSync(at('file'))]).toEqual([0xff, 0x00, 0x0a]);
  });
});

describe('removeIfThere', () => {
  it('tells whether the file was there', () => {
    writePrivateFile(at('file'), 'x');
    expect([removeIfThere(at('file')), removeIfThere(at('file'))]).toEqual([true, false]);
    expect(existsSync(at('file'))).toBe(false);
  });

  it('removes a symbolic link, not its target', () => {
    writePrivateFile(at('target'), 'x');
    symlinkSync(at('target'), at('file'));
    expect(removeIfThere(at('file'))).toBe(true);
    expect(existsSync(at('target'))).toBe(true);
  });
});
