import { execFileSync } from 'node:child_process';
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
import { CacheTrouble } from '../../../src/cache/cache-trouble.ts';
import { readPrivateFile } from '../../../src/cache/read-private-file.ts';
import { preparePrivateDirectory, removeIfThere, writePrivateFile } from '../../../src/cache/write-private-file.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const at = temporaryDirectory();
const self = process.getuid?.();
const limit = 1024;

function modeOf(path: string): string {
  return (lstatSync(path).mode & 0o7777).toString(8);
}

/** The words of the trouble that an action must end in. */
function troubleOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(CacheTrouble);
    return (error as CacheTrouble).message;
  }
  throw new Error('there was no trouble');
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

describe('readPrivateFile', () => {
  const read = () => readPrivateFile(at('file'), self, limit);

  it('reads what was written', () => {
    writePrivateFile(at('file'), 'content');
    expect(Buffer.from(read() ?? '').toString()).toBe('content');
  });

  it('is undefined when there is no file', () => {
    expect(read()).toBeUndefined();
  });

  it.each(['640', '604', '660', '606', '644', '666', '610', '601'])(
    'takes a file of mode %s for none: others may have opened it',
    (mode) => {
      writeFileSync(at('file'), 'x');
      chmodSync(at('file'), Number.parseInt(mode, 8));
      expect(read()).toBeUndefined();
    },
  );

  it.each(['600', '400', '700'])('reads a file of mode %s', (mode) => {
    writeFileSync(at('file'), 'x');
    chmodSync(at('file'), Number.parseInt(mode, 8));
    expect(read()).toBeDefined();
  });

  it('refuses a symbolic link, even to a file that is fit', () => {
    writePrivateFile(at('target'), 'x');
    symlinkSync(at('target'), at('file'));
    expect(troubleOf(read)).toContain('is a symbolic link');
  });

  it('refuses a symbolic link that leads nowhere', () => {
    symlinkSync(at('nowhere'), at('file'));
    expect(troubleOf(read)).toContain('is a symbolic link');
  });

  it('refuses a file with a second name', () => {
    writePrivateFile(at('file'), 'x');
    linkSync(at('file'), at('other'));
    expect(troubleOf(read)).toContain('hard link');
  });

  it('refuses a directory in its place', () => {
    mkdirSync(at('file'));
    expect(troubleOf(read)).toContain('is not a file');
  });

  it('refuses a FIFO in its place, at once and without a writer', () => {
    execFileSync('mkfifo', ['-m', '600', at('file')]);
    expect(troubleOf(read)).toContain('is not a file');
  });

  it('takes a file that is too large for none', () => {
    writePrivateFile(at('file'), 'x'.repeat(limit));
    expect(read()).toHaveLength(limit);
    writePrivateFile(at('file'), 'x'.repeat(limit + 1));
    expect(read()).toBeUndefined();
  });

  it('refuses a file of another user', () => {
    writePrivateFile(at('file'), 'x');
    expect(troubleOf(() => readPrivateFile(at('file'), (self ?? 0) + 1, limit))).toContain('belongs to another user');
  });

  it('names no content in its trouble', () => {
    writePrivateFile(at('file'), 'S3cr3t');
    linkSync(at('file'), at('other'));
    expect(troubleOf(read)).not.toContain('S3cr3t');
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
