import { spawn } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { describe, expect, it } from 'vitest';
import { CacheTrouble } from '../../../src/cache/cache-trouble.ts';
import { createPrivateFile } from '../../../src/cache/write-private-file.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const at = temporaryDirectory();
const rounds = 200;

describe('createPrivateFile', () => {
  it('makes a file that only this user can read, and nothing else', () => {
    expect(createPrivateFile(at('file'), 'content')).toBe(true);
    expect(readFileSync(at('file'), 'utf8')).toBe('content');
    expect(lstatSync(at('file'))).toMatchObject({ mode: 0o100600, nlink: 1 });
    expect(readdirSync(at())).toEqual(['file']);
  });

  it.each<[string, () => void]>([
    ['a file', () => writeFileSync(at('file'), 'old')],
    ['a directory', () => mkdirSync(at('file'))],
    ['a link to a file', () => symlinkSync(at('victim'), at('file'))],
    ['a link that leads nowhere', () => symlinkSync(at('nowhere'), at('file'))],
  ])('makes none where there is %s, and leaves that alone', (_, prepare) => {
    writeFileSync(at('victim'), 'untouched');
    prepare();
    const before = lstatSync(at('file'));
    const names = readdirSync(at());
    expect(createPrivateFile(at('file'), 'new')).toBe(false);
    expect(lstatSync(at('file'))).toMatchObject({ ino: before.ino, size: before.size, mtimeMs: before.mtimeMs });
    expect(readdirSync(at())).toEqual(names);
    expect(readFileSync(at('victim'), 'utf8')).toBe('untouched');
  });

  it('is trouble where there is no directory', () => {
    expect(() => createPrivateFile(at('none', 'file'), '')).toThrow(CacheTrouble);
  });

  it('is won by one of two processes each time, and the file is whole as soon as it is there', async () => {
    const module = fileURLToPath(new URL('../../../src/cache/write-private-file.ts', import.meta.url));
    await using bundle = await rolldown({ input: module, platform: 'node' });
    await bundle.write({ file: at('bundle.mjs'), format: 'esm' });
    mkdirSync(at('arena'));
    writeFileSync(
      at('racer.mjs'),
      `import { existsSync, readFileSync, writeFileSync } from 'node:fs';
      import { createPrivateFile } from './bundle.mjs';
      const [name, other] = process.argv.slice(2);
      const content = name.repeat(20_000);
      for (let round = 0; round < ${rounds}; round += 1) {
        const path = \`${at('arena')}/\${round}\`;
        writeFileSync(\`${at()}/\${name}\${round}\`, '');
        while (!existsSync(\`${at()}/\${other}\${round}\`));
        const isMine = createPrivateFile(path, content);
        console.log(isMine, readFileSync(path).length);
      }`,
    );
    const env = { PATH: process.env.PATH };
    const pairs = [
      ['a', 'b'],
      ['b', 'a'],
    ];
    const racers = pairs.map((names) => spawn(process.execPath, [at('racer.mjs'), ...names], { env }));
    const [a = [], b = []] = await Promise.all(
      racers.map(async ({ stdout }) => (await text(stdout)).trim().split('\n')),
    );

    const winners = Array.from({ length: rounds }, (_, round) => {
      expect([a[round], b[round]].toSorted()).toEqual(['false 20000', 'true 20000']);
      return a[round] === 'true 20000' ? 'a' : 'b';
    });
    const names = Array.from({ length: rounds }, (_, round) => String(round));
    expect(names.map((name) => readFileSync(at('arena', name), 'latin1')[0])).toEqual(winners);
    expect(readdirSync(at('arena'))).toHaveLength(rounds);
  });
});
