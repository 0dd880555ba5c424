import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { exportJWK, SignJWT } from 'jose';
import { registrations } from '../demo/registrations.mjs';
import { generateSigningKey, signingAlgorithm } from '../demo/signing-key.mjs';
import { createWorkspace } from '../demo/story/workspace.mjs';
import { importTypeScript } from './import-typescript.mjs';
import { startServers } from './servers.mjs';

/** @import { Servers } from './servers.mjs' */

export const ccgrant = fileURLToPath(new URL('../bin/ccgrant.cjs', import.meta.url));
export const audience = 'https://api.example.com';

/** How many tokens, and how many entries of a cache, are many. */
export const many = 10_000;

/**
 * A home with all that is measured with: servers, a client, a profile, keys and tokens.
 *
 * @typedef {object} Scene
 * @property {Servers} servers
 * @property {string} directory
 * @property {Record<string, string>} environment with a configuration file, a profile that names the issuer; its cache
 *   comes to hold one token
 * @property {Record<string, string>} bareEnvironment without a configuration file, and with a cache of its own
 * @property {string} clientId
 * @property {string} clientSecret
 * @property {string} secretFile
 * @property {string} caFile
 * @property {string} jwksFile
 * @property {string} token a JWT access token (RFC 9068), RS256
 * @property {() => Promise<string>} tokensFile `many` of them, a line each
 * @property {(node: string) => Promise<Record<string, string>>} fullCache an environment whose cache has `many` entries
 * @property {() => Promise<void>} remove
 */

/** @returns {Promise<Scene>} */
export async function createScene() {
  const [workspace, servers, key] = await Promise.all([createWorkspace(), startServers(), generateSigningKey()]);
  const { directory, environment } = workspace;
  const { client_id: clientId, client_secret: clientSecret } = registrations.clients.basic;
  const secretFile = join(directory, `${clientId}.txt`);
  const caFile = await write('ca.pem', servers.certificate);
  const { kid } = key;
  const publicJwk = { ...(await exportJWK(key.publicKey)), kid, alg: signingAlgorithm, use: 'sig' };
  const jwksFile = await write('jwks.json', JSON.stringify({ keys: [publicJwk] }));
  const profile = { issuer: servers.issuer, client_id: clientId, client_secret_file: secretFile, cacert: caFile };
  const lines = Object.entries({ ...profile, scope: 'api:read' }).map(([name, value]) => `${name} = "${value}"\n`);
  await write('config/ccgrant/config.toml', `default_profile = "bench"\n\n[profiles.bench]\n${lines.join('')}`);

  /**
   * @param {string} name
   * @param {string} content
   */
  async function write(name, content) {
    const path = join(directory, name);
    await mkdir(join(path, '..'), { recursive: true, mode: 0o700 });
    await writeFile(path, content, { mode: 0o600 });
    return path;
  }

  /** @param {number} number */
  function signToken(number) {
    const claims = { client_id: clientId, scope: 'api:read api:write', jti: `token-${number}` };
    return new SignJWT(claims)
      .setProtectedHeader({ alg: signingAlgorithm, typ: 'at+jwt', kid })
      .setIssuer(servers.issuer)
      .setAudience(audience)
      .setSubject(clientId)
      .setIssuedAt()
      .setExpirationTime('8h')
      .sign(key.privateKey);
  }

  return {
    servers,
    directory,
    environment,
    bareEnvironment: {
      ...environment,
      XDG_CONFIG_HOME: join(directory, 'no-config'),
      XDG_CACHE_HOME: join(directory, 'bare-cache'),
    },
    clientId,
    clientSecret,
    secretFile,
    caFile,
    jwksFile,
    token: await signToken(0),
    tokensFile: once(async () => {
      const tokens = await Promise.all(Array.from({ length: many }, (_, number) => signToken(number)));
      return write('tokens.txt', `${tokens.join('\n')}\n`);
    }),
    fullCache: once(async (node) => {
      const cacheHome = join(directory, 'full-cache');
      const full = { ...environment, XDG_CACHE_HOME: cacheHome };
      await promisify(execFile)(node, [ccgrant, 'token'], { env: full });
      await fillCache(join(cacheHome, 'ccgrant'));
      return full;
    }),
    async remove() {
      await servers.stop();
      await workspace.remove();
    },
  };
}

/**
 * Multiplies the entry that a cache has, each time under a scope of its own.
 *
 * @param {string} path
 */
async function fillCache(path) {
  /** @type {typeof import('../src/cache/cache-directory.ts')} */
  const { CacheDirectory } = await importTypeScript('../src/cache/cache-directory.ts');
  /** @type {typeof import('../src/cache/token-cache.ts')} */
  const { TokenCache } = await importTypeScript('../src/cache/token-cache.ts');
  /** @type {typeof import('../test/support/cache-location.ts')} */
  const { cacheLocation } = await importTypeScript('../test/support/cache-location.ts');
  const warn = (/** @type {string} */ reason) => {
    throw new Error(`the cache could not be filled: ${reason}`);
  };
  const cache = new TokenCache(new CacheDirectory(cacheLocation(path, warn)));
  const [entry] = cache.list();
  if (entry === undefined) throw new Error('ccgrant token has cached nothing');
  withoutSync(() => {
    for (let number = 1; number < many; number += 1) {
      cache.write({ ...entry, key: { ...entry.key, scope: [`scope-${number}`] } });
    }
  });
}

/**
 * Files that need not outlive a crash are written ten times as fast when the disk is not waited for.
 *
 * @param {() => void} write
 */
function withoutSync(write) {
  const { fsyncSync } = fs;
  Object.assign(fs, { fsyncSync() {} });
  syncBuiltinESMExports();
  try {
    write();
  } finally {
    Object.assign(fs, { fsyncSync });
    syncBuiltinESMExports();
  }
}

/**
 * @template {unknown[]} A
 * @template T
 * @param {(...args: A) => Promise<T>} make
 * @returns {(...args: A) => Promise<T>}
 */
function once(make) {
  /** @type {Promise<T> | undefined} */
  let made;
  return (...args) => {
    made ??= make(...args);
    return made;
  };
}
