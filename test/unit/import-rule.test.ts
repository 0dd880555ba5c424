import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** Values that a folder may not import, one for each arrow that the map leaves out. */
const forbidden: readonly [folder: string, module: string][] = [
  ...arrows('cache', '../config/profile.ts', '../http/transport.ts', '../io/color.ts', '../oauth/metadata.ts'),
  ...arrows('cache', '../options/option.ts', '../cli.ts', 'commander', 'chalk', 'jose', 'undici'),
  ...arrows(
    'client',
    '../commands/token.ts',
    '../io/style.ts',
    '../options/option.ts',
    '../render/json.ts',
    'commander',
  ),
  ...arrows('client', '../http/undici-client.ts', 'undici', 'jose'),
  ...arrows('commands', './token.ts', '../config/profile.ts', '../http/transport.ts', '../io/style.ts', '../cli.ts'),
  ...arrows('commands', 'commander', 'chalk', 'ora', 'undici', 'jose'),
  ...arrows('config', '../cache/token-cache.ts', '../http/transport.ts', '../io/color.ts', '../options/option.ts'),
  ...arrows('config', 'commander', 'undici', 'chalk'),
  ...arrows(
    'curl',
    '../client/oauth-client.ts',
    '../commands/call.ts',
    '../oauth/challenge.ts',
    '../options/option.ts',
  ),
  ...arrows('curl', '../http/undici-client.ts', 'undici', 'commander'),
  ...arrows('http', '../oauth/metadata.ts', '../io/io.ts', '../jwt/decode.ts', '../options/option.ts', 'commander'),
  ...arrows('http', 'undici', 'undici/lib/dispatcher/agent.js', './undici-client.ts', 'chalk'),
  ...arrows('io', '../http/transport.ts', '../oauth/metadata.ts', '../options/option.ts', 'commander', 'undici'),
  ...arrows('jwt', '../cache/token-cache.ts', '../http/transport.ts', '../io/io.ts', '../oauth/metadata.ts'),
  ...arrows('jwt', 'commander', 'chalk', 'undici', 'node:fs'),
  ...arrows('oauth', '../cache/token-cache.ts', '../client/oauth-client.ts', '../config/profile.ts', '../io/io.ts'),
  ...arrows('oauth', '../options/option.ts', '../http/undici-client.ts', 'commander', 'chalk', 'undici', 'node:fs'),
  ...arrows('oauth/client-auth', '../../cache/token-cache.ts', '../../io/io.ts', 'commander', 'node:fs'),
  ...arrows('options', '../commands/token.ts', '../io/style.ts', '../render/json.ts', '../jwt/verify.ts', 'undici'),
  ...arrows('render', '../cache/token-cache.ts', '../client/access-token.ts', '../io/style.ts', '../jwt/decode.ts'),
  ...arrows('render', '../oauth/metadata.ts', 'commander', 'chalk', 'node:fs'),
  ...arrows('http', 'node:process'),
];

const allowed: readonly [folder: string, line: string][] = [
  ['cache', "import type { Transport } from '../http/transport.ts';\nexport type T = Transport;"],
  ['oauth', "export { parseUrl } from '../http/url-policy.ts';"],
  ['commands', "export { safeJson } from '../render/json.ts';"],
];

let directory: string;
let complaints: Set<string>;

function arrows(folder: string, ...modules: string[]): [string, string][] {
  return modules.map((module) => [folder, module]);
}

function fileOf(folder: string, line: string): string {
  return `src/${folder}/planted-${line.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '')}.ts`;
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ccgrant-lint-'));
  await Promise.all(
    ['biome.json', 'lint', 'package.json'].map((name) =>
      cp(join(repository, name), join(directory, name), { recursive: true }),
    ),
  );
  const files = [
    ...forbidden.map(
      ([folder, module]) =>
        [fileOf(folder, module), `import { planted } from '${module}';\nexport const { lazy } = planted;`] as const,
    ),
    ...allowed.map(([folder, line]) => [fileOf(folder, line), line] as const),
  ];
  for (const [file, content] of files) {
    await mkdir(dirname(join(directory, file)), { recursive: true });
    await writeFile(join(directory, file), content);
  }
  complaints = await lint();
});

afterAll(() => rm(directory, { recursive: true, force: true }));

/** The files of which the import rule complains. */
async function lint(): Promise<Set<string>> {
  const biome = join(repository, 'node_modules/.bin/biome');
  const args = ['lint', '--reporter=json', '--max-diagnostics=none', 'src'];
  const output = await new Promise<string>((resolve) => {
    execFile(biome, args, { cwd: directory, maxBuffer: 1 << 24 }, (_, stdout) => resolve(stdout));
  });
  const { diagnostics } = JSON.parse(output) as { diagnostics: { category: string; location: { path: unknown } }[] };
  return new Set(
    diagnostics.filter(({ category }) => category === 'plugin').map(({ location }) => JSON.stringify(location.path)),
  );
}

function isRefused(file: string): boolean {
  return [...complaints].some((path) => path.includes(file));
}

test.each(forbidden)('the linter refuses that %s imports %s', (folder, module) => {
  expect(isRefused(fileOf(folder, module))).toBe(true);
});

test.each(allowed)('the linter lets %s say %s', (folder, line) => {
  expect(isRefused(fileOf(folder, line))).toBe(false);
});
