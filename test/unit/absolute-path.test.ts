import { describe, expect, it } from 'vitest';
import { absolutePath } from '../../src/absolute-path.ts';

describe('absolutePath', () => {
  it.each([
    ['file', '/here/file'],
    ['./a/../b', '/here/b'],
    ['..', '/'],
    ['../../..', '/'],
    ['', '/here'],
  ])('takes %j from the working directory', (path, absolute) => {
    expect(absolutePath(path, { workingDirectory: '/here' })).toBe(absolute);
  });

  it.each([
    ['/a/b', '/a/b'],
    ['/a/./b/../c', '/a/c'],
    ['//a///b', '/a/b'],
  ])('takes %j without asking where we are', (path, absolute) => {
    const host = {
      get workingDirectory(): string {
        throw new Error('the answer would depend on it');
      },
    };
    expect(absolutePath(path, host)).toBe(absolute);
  });
});
