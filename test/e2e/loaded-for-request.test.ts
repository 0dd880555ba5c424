import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startHttpProxy } from '../support/http-proxy.ts';
import type { TlsCredentials } from '../support/http-server.ts';
import { ended, openScene, startAuthorizationServer, tokenResponse } from '../support/http-server-scene.ts';
import { type CertificateAuthority, createCertificateAuthority } from '../support/tls.ts';

let authority: CertificateAuthority;
let credentials: TlsCredentials;

beforeAll(async () => {
  authority = await createCertificateAuthority();
  credentials = await authority.issue(['127.0.0.1', 'as.test']);
});

afterAll(async () => {
  await authority?.[Symbol.asyncDispose]();
});

/** Writes down what a process has loaded when it ends: its files, and the modules of Node. */
const witness = `
  import { writeFileSync } from 'node:fs';
  import Module from 'node:module';
  process.on('exit', () => {
    writeFileSync('loaded.json', JSON.stringify({ files: Object.keys(Module._cache), builtins: process.moduleLoadList }));
  });
`;

/** Gets a token over https, and tells what was loaded for it. */
async function loadedFor(host: string, env: Readonly<Record<string, string>> = {}) {
  await using server = await startAuthorizationServer({}, credentials);
  await using scene = await openScene();
  const ca = await scene.workspace.writeFile('ca.pem', authority.certificate);
  const args = ['token', '--token-endpoint', `https://${host}:${server.port}/token`, '--cacert', ca];
  const child = scene.start(args, { preload: witness, env: { CCGRANT_ISSUER: '', ...env } });
  expect(await ended(child)).toMatchObject({ exitCode: 0, stdout: `${tokenResponse.access_token}\n` });
  expect(server.requests('/token')).toHaveLength(1);
  const loaded = JSON.parse(await readFile(join(scene.workspace.directory, 'loaded.json'), 'utf8'));
  return loaded as { readonly files: readonly string[]; readonly builtins: readonly string[] };
}

/** How many of these files have one of these classes. */
async function countOf(names: string, files: readonly string[]): Promise<number> {
  const pattern = new RegExp(`\\bclass (${names})\\b|\\b(${names}) = class\\b`);
  const sources = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  return sources.filter((source) => pattern.test(source)).length;
}

describe('a token over https', () => {
  test('needs neither HTTP/2 nor fetch', async () => {
    const { files, builtins } = await loadedFor('127.0.0.1');
    expect(builtins).toContain('NativeModule tls');
    expect(builtins.filter((name) => /http2|deps\/undici|zlib|worker_threads/.test(name))).toEqual([]);
    expect(files.map((file) => basename(file))).toContainEqual(expect.stringMatching(/^undici-/));
    expect(await countOf('WebSocket|FormData|Headers', files)).toBe(0);
  });

  test('loads what proxies need only where there is one', async () => {
    await using proxy = await startHttpProxy();
    const direct = await loadedFor('127.0.0.1', { HTTPS_PROXY: proxy.url });
    const tunnelled = await loadedFor('as.test', { HTTPS_PROXY: proxy.url });
    expect(await countOf('ProxyAgent', direct.files)).toBe(0);
    expect(await countOf('ProxyAgent', tunnelled.files)).toBe(1);
    expect(proxy.requests).toHaveLength(1);
  });
});
