import { execFileSync } from 'node:child_process';
import { chmodSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readPrivateFile } from '../../../src/cache/read-private-file.ts';
import { writePrivateFile } from '../../../src/cache/write-private-file.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { troubleOf } from '../support/trouble.ts';

const at = temporaryDirectory();
const self = process.getuid?.();
const limit = 1024;

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
