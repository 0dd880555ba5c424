import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { expect, test, vi } from 'vitest';
import { jwks, signToken } from '../cli/support/signing.ts';
import { makeKey } from '../support/authentication/keys.ts';
import { json } from '../support/http-server.ts';
import { openScene, patience, type Scene, tokenResponse } from '../support/http-server-scene.ts';

const hmacKey = new Uint8Array(32);

/** What a process has loaded when it ends, less what Node had loaded before the first line of the program. */
const reporter = `
const before = new Set(process.moduleLoadList);
process.on('exit', () => {
  const report = {
    builtins: process.moduleLoadList.filter((name) => !before.has(name)),
    files: Object.keys(require.cache).filter((file) => file !== __filename),
  };
  require('node:fs').writeFileSync('loaded.json', JSON.stringify(report));
});
`;

interface Loaded {
  /** Every module and binding of Node, as it calls them. */
  readonly all: readonly string[];
  /** The modules that a program can import. */
  readonly builtins: readonly string[];
  /** Files of ours, without the hashes in their names. */
  readonly chunks: readonly string[];
}

/** What the program and its arguments load beyond an empty file; both written as in the shell. */
async function loadedBy(
  command: string,
  { workspace, shell }: Scene,
  env: Record<string, string> = {},
): Promise<Loaded> {
  await workspace.writeFile('reporter.cjs', reporter);
  await workspace.writeFile('empty.cjs', '');
  const load = async (program: string): Promise<{ builtins: string[]; files: string[] }> => {
    expect(await shell(`"$NODE" --require ./reporter.cjs ${program}`, env)).toMatchObject({ exitCode: 0 });
    return JSON.parse(await readFile(join(workspace.directory, 'loaded.json'), 'utf8'));
  };
  const empty = await load('empty.cjs');
  const { builtins, files } = await load(`"$CCGRANT" ${command}`);
  const all = builtins.filter((name) => !empty.builtins.includes(name));
  return {
    all,
    builtins: all.flatMap((name) => /^NativeModule (?!internal\/)(.*)$/.exec(name)?.[1] ?? []).sort(),
    chunks: files.flatMap((file) => /dist\/(.*?)(?:-[\w-]{8})?\.cjs$/.exec(file)?.[1] ?? []).sort(),
  };
}

test('--version loads nothing of Node beyond an empty file, and one file of ours', async () => {
  await using scene = await openScene();
  expect(await loadedBy('--version', scene)).toEqual({ all: [], builtins: [], chunks: ['main'] });
});

test('decode loads no module of Node, and neither commander nor what asks servers', async () => {
  await using scene = await openScene();
  const { builtins, chunks } = await loadedBy(`decode ${await signToken()}`, scene);
  expect(builtins).toEqual([]);
  expect(chunks).toEqual(['decode', 'main', 'program']);
});

test('decode of a file on standard input loads no module of Node either', async () => {
  await using scene = await openScene();
  await scene.workspace.writeFile('token', await signToken());
  const { builtins, chunks } = await loadedBy('decode < token', scene);
  expect(builtins).toEqual([]);
  expect(chunks).toEqual(['decode', 'main', 'program']);
});

test('decode of a token that is given reads no configuration file that nobody names', async () => {
  await using scene = await openScene();
  await scene.workspace.writeFile(
    '../config/ccgrant/config.toml',
    'default_profile = "dev"\n[profiles.dev]\nodd = 1\n',
  );
  const { builtins, chunks } = await loadedBy(`decode ${await signToken()}`, scene);
  expect(builtins).toEqual([]);
  expect(chunks).toEqual(['decode', 'main', 'program']);
});

test('decode beside a configuration file that is named loads what reads one, and nothing that asks servers', async () => {
  await using scene = await openScene();
  await scene.workspace.writeFile('config.toml', '[profiles.dev]\nissuer = "https://as.example.com"\n');
  const { builtins, chunks } = await loadedBy(`decode --config config.toml ${await signToken()}`, scene);
  expect(builtins).toEqual([]);
  expect(chunks).toEqual(['decode', 'main', 'program', 'toml']);
});

test('verify with a file of keys loads what verifies a signature, and nothing that asks servers', async () => {
  await using scene = await openScene();
  await scene.workspace.writeFile('keys.json', JSON.stringify(jwks));
  const { builtins, chunks } = await loadedBy(`verify --signature-only --jwks keys.json ${await signToken()}`, scene);
  // The Web Cryptography API of Node brings its streams along.
  expect(builtins.filter((name) => !/^(stream|string_decoder)/.test(name))).toEqual([]);
  expect(chunks).toEqual(['main', 'program', 'settings', 'verify', 'webapi']);
});

test.each([
  ['a secret in a file', { CCGRANT_CLIENT_SECRET: '', CCGRANT_CLIENT_SECRET_FILE: 'secret' }, ['main']],
  ['a secret in a variable', {}, ['main', 'sha256']],
  ['a private key', { CCGRANT_CLIENT_SECRET: '', CCGRANT_PRIVATE_KEY: 'key.pem' }, ['main']],
  ['an assertion', { CCGRANT_CLIENT_SECRET: '', CCGRANT_CLIENT_ASSERTION_FILE: 'assertion' }, ['main']],
])(
  'token from the cache loads nothing of Node beyond an empty file, the credential being %s',
  async (_, env, files) => {
    await using scene = await openScene();
    await scene.workspace.writeFile('secret', 'S3cr3t');
    await scene.workspace.writeFile('key.pem', makeKey('ES256').pem);
    await scene.workspace.writeFile(
      'assertion',
      await new SignJWT().setProtectedHeader({ alg: 'HS256' }).sign(hmacKey),
    );
    expect(await scene.run(['token'], { env })).toMatchObject({ exitCode: 0 });
    expect(await loadedBy('token', scene, env)).toEqual({ all: [], builtins: [], chunks: files });
    expect(scene.server.requests('/token')).toHaveLength(1);
  },
);

test('token from the cache loads nothing more where it is bound to a key', async () => {
  await using scene = await openScene({ '/token': json({ ...tokenResponse, token_type: 'DPoP' }) });
  expect(await scene.run(['token', '--dpop'])).toMatchObject({ exitCode: 0 });
  expect(await loadedBy('token --dpop', scene)).toEqual({ all: [], builtins: [], chunks: ['main', 'sha256'] });
  expect(scene.server.requests('/token')).toHaveLength(1);
});

test('token from the cache in a form that changes with time loads neither commander nor the HTTP client', async () => {
  await using scene = await openScene();
  expect(await scene.run(['token'])).toMatchObject({ exitCode: 0 });
  const { builtins, chunks } = await loadedBy('token --json', scene);
  expect(scene.server.requests('/token')).toHaveLength(1);
  expect(builtins).toEqual([]);
  expect(chunks).toEqual(['client', 'main', 'program', 'settings', 'sha256', 'token']);
});

test('who waits for the token of another process loads nothing that asks servers, and leaves no memo', async () => {
  let answer = (): void => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  await using scene = await openScene({ '/token': () => answered.then(() => json(tokenResponse)) });
  const first = scene.run(['token', '--format', 'header']);
  await vi.waitFor(() => expect(scene.server.requests('/token')).toHaveLength(1), { timeout: patience });
  const second = loadedBy('token', scene);
  const cache = join(scene.workspace.cacheHome, 'ccgrant');
  const waiting = async () =>
    expect(await readdir(cache, { recursive: true })).toContainEqual(expect.stringMatching(/\.waiting$/));
  await vi.waitFor(waiting, { timeout: patience });
  answer();
  expect((await second).chunks).toEqual(['client', 'main', 'program', 'settings', 'sha256', 'token']);
  expect(await first).toMatchObject({ exitCode: 0 });
  expect(scene.server.requests('/token')).toHaveLength(1);
  expect(await readdir(join(cache, 'memos'))).toHaveLength(1);
});

test.each([
  ['--help', []],
  ['token --help', ['token']],
  ['revoke --help', ['revoke']],
  ['introspect --help', ['introspect']],
])('%s loads commander, none of its ways to start programs, and nothing that asks servers', async (command, own) => {
  await using scene = await openScene();
  const { builtins, chunks } = await loadedBy(command, scene);
  expect(builtins).toEqual(['process']);
  expect(chunks).toEqual(['commander', 'main', 'program', ...own].sort());
});

test.each([
  ['a secret', { CCGRANT_CLIENT_SECRET: 'S3cr3t' }, []],
  ['a private key', { CCGRANT_CLIENT_SECRET: '', CCGRANT_PRIVATE_KEY: 'key.pem' }, ['private-key', 'sign', 'webapi']],
])('a token that is asked for by %s loads what signs only where something is signed', async (_, env, signing) => {
  await using scene = await openScene();
  await scene.workspace.writeFile('key.pem', makeKey('ES256').pem);
  const { chunks } = await loadedBy('token --no-cache', scene, env);
  expect(chunks.filter((name) => /sign|private-key|webapi|jose|thumbprint|github/.test(name))).toEqual(signing);
});
