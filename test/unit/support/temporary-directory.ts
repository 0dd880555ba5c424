import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';

/** An empty directory for each test of a file, gone afterwards; the result tells its path, or that of a file in it. */
export function temporaryDirectory(): (...names: string[]) => string {
  let path = '';
  beforeEach(() => {
    path = realpathSync(mkdtempSync(join(tmpdir(), 'ccgrant-unit-')));
  });
  afterEach(() => {
    rmSync(path, { recursive: true, force: true });
  });
  return (...names) => join(path, ...names);
}
