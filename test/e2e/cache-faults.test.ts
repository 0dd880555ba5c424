import { chmod, chown, cp, link, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HttpServer } from '../support/http-server.ts';
import { json } from '../support/http-server.ts';
import { clientId, clientSecret, startAuthorizationServer, tokenResponse } from '../support/http-server-scene.ts';
import type { Workspace } from '../support/run-ccgrant.ts';
import { createWorkspace } from '../support/run-ccgrant.ts';
import { copyProgram, execute, isRoot, type ProgramCopy, unprivileged } from '../support/unprivileged.ts';

let server: HttpServer;
let program: ProgramCopy;
let issued = 0;

beforeAll(async () => {
  program = await copyProgram();
  server = await startAuthorizationServer({
    '/token': () => {
      issued += 1;
      return json({ ...tokenResponse, access_token: `token-${issued}` });
    },
  });
});

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await program?.[Symbol.asyncDispose]();
});

/** The ordinary environment of a client that gets its token. */
function client(): Record<string, string> {
  return { CCGRANT_ISSUER: server.origin, CCGRANT_CLIENT_ID: clientId, CCGRANT_CLIENT_SECRET: clientSecret };
}

const token = /^token-\d+\n$/;

/** What has happened to the cache before ccgrant is run a second time. */
interface CacheFault {
  readonly spoil: (place: CachePlace) => Promise<unknown>;
  readonly as?: 'unprivileged user';
  readonly env?: Record<string, string>;
  /** A telling part of the warning. */
  readonly says?: RegExp;
}

interface CachePlace {
  readonly workspace: Workspace;
  readonly directory: string;
  /** The file of the only token. */
  readonly entry: string;
  /** A file that is none of the cache's business. */
  readonly victim: string;
}

const precious = 'precious\n';

/** What makes an entry none, so that the next one takes its place without a word. */
const entryFaults: Readonly<Record<string, CacheFault>> = {
  'an entry that is broken': { spoil: ({ entry }) => writeFile(entry, 'garbage') },
  'an entry that is empty': { spoil: ({ entry }) => writeFile(entry, '') },
  'an entry that breaks off': {
    spoil: async ({ entry }) => {
      const content = await readFile(entry);
      await writeFile(entry, content.subarray(0, content.length / 2));
    },
  },
  'an entry of which one byte is another': {
    spoil: async ({ entry }) => {
      const content = await readFile(entry, 'utf8');
      await writeFile(entry, content.replace('"token-', '"tokeN-'));
    },
  },
  'an entry by another program': {
    spoil: ({ entry }) => writeFile(entry, '{"access_token":"evil","expires_on":9999999999}'),
  },
  'an entry that others may read': { spoil: ({ entry }) => chmod(entry, 0o644) },
};

const cacheFaults: Record<string, CacheFault> = {
  'an entry that may not be read': { spoil: ({ entry }) => chmod(entry, 0o000), as: 'unprivileged user' },
  ...(isRoot ? { 'an entry of another user': { spoil: ({ entry }) => chown(entry, unprivileged, unprivileged) } } : {}),
  'a symbolic link in the place of the entry': {
    spoil: async ({ entry, victim }) => {
      await rename(entry, `${victim}.entry`);
      await symlink(`${victim}.entry`, entry);
    },
    says: /symbolic link/,
  },
  'a symbolic link to what is no entry': {
    spoil: async ({ entry, victim }) => {
      await rm(entry);
      await symlink(victim, entry);
    },
    says: /symbolic link/,
  },
  'a symbolic link to nothing': {
    spoil: async ({ entry, victim }) => {
      await rm(entry);
      await symlink(`${victim}.nothing`, entry);
    },
    says: /symbolic link/,
  },
  'a pipe in the place of the entry': {
    spoil: async ({ workspace, entry }) => {
      await rm(entry);
      expect(await execute(workspace, ['mkfifo', '-m', '600', entry])).toMatchObject({ exitCode: 0 });
    },
  },
  'a second name of the entry': {
    spoil: ({ entry, victim }) => link(entry, `${victim}.entry`),
  },
  'a hard link to what is no entry': {
    spoil: async ({ entry, victim }) => {
      await rm(entry);
      await link(victim, entry);
    },
  },
  'a directory in the place of the entry': {
    spoil: async ({ entry }) => {
      await rm(entry);
      await mkdir(entry, { mode: 0o700 });
    },
  },
  'a file in the place of the directory': {
    spoil: async ({ directory, victim }) => {
      await rm(directory, { recursive: true });
      await link(victim, directory);
    },
    says: /is not a directory/,
  },
  'a file in the place of the directory of entries': {
    spoil: async ({ entry, victim }) => {
      await rm(dirname(entry), { recursive: true });
      await link(victim, dirname(entry));
    },
    says: /is not a directory/,
  },
  'a file above the directory': {
    spoil: async ({ workspace, victim }) => {
      await rm(workspace.cacheHome, { recursive: true });
      await link(victim, workspace.cacheHome);
    },
  },
  'a symbolic link in the place of the directory': {
    spoil: async ({ directory, victim }) => {
      await rename(directory, `${victim}.cache`);
      await symlink(`${victim}.cache`, directory);
    },
    says: /symbolic link/,
  },
  'a directory that the group may write': { spoil: ({ directory }) => chmod(directory, 0o770), says: /chmod 700 / },
  'a directory that everybody may write': { spoil: ({ directory }) => chmod(directory, 0o777), says: /chmod 700 / },
  'a directory that may not be entered': { spoil: ({ directory }) => chmod(directory, 0o000), as: 'unprivileged user' },
  'a directory that may not be written': {
    spoil: async ({ directory, entry }) => {
      await rm(entry);
      await chmod(dirname(entry), 0o500);
      await chmod(directory, 0o500);
    },
    as: 'unprivileged user',
  },
  'a home that may not be written': {
    spoil: async ({ workspace }) => {
      await rm(workspace.cacheHome, { recursive: true });
      await chmod(workspace.home, 0o500);
    },
    as: 'unprivileged user',
    env: { XDG_CACHE_HOME: '' },
  },
  'a home that is not there': {
    spoil: async () => {},
    as: 'unprivileged user',
    env: { HOME: '/proc/nowhere', XDG_CACHE_HOME: '' },
  },
};

describe('a cache that is not as ccgrant left it costs one warning, and the token is printed', () => {
  /** A cache with one token in it, as ccgrant left it. */
  let left: Workspace;
  let cachedToken: string;

  beforeAll(async () => {
    left = await createWorkspace(client());
    const { exitCode, stdout, stderr } = await left.run(['token']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    cachedToken = stdout;
  });

  afterAll(() => left?.remove());

  async function openPlace(): Promise<CachePlace> {
    const workspace = await createWorkspace(client());
    const directory = join(workspace.cacheHome, 'ccgrant');
    await cp(join(left.cacheHome, 'ccgrant'), directory, { recursive: true });
    const [name = '', ...others] = await readdir(join(directory, 'tokens'));
    expect(others).toEqual([]);
    const victim = await workspace.writeFile('victim.txt', precious);
    return { workspace, directory, entry: join(directory, 'tokens', name), victim };
  }

  test.concurrent.for(Object.entries(entryFaults))('but for %s, which is replaced', async ([, fault], { expect }) => {
    const place = await openPlace();
    try {
      await fault.spoil(place);
      const { exitCode, stdout, stderr } = await place.workspace.run(['token']);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(stdout).toMatch(token);
      expect(stdout).not.toBe(cachedToken);
      expect(await place.workspace.run(['token'])).toMatchObject({ exitCode: 0, stdout, stderr: '' });
    } finally {
      await place.workspace.remove();
    }
  });

  test.concurrent.for(Object.entries(cacheFaults))('%s', async ([, fault], { expect }) => {
    const place = await openPlace();
    const { workspace, directory, entry, victim } = place;
    try {
      await fault.spoil(place);
      const { exitCode, stdout, stderr } =
        fault.as === undefined
          ? await workspace.run(['token'], { env: fault.env ?? {} })
          : await program.runUnprivileged(workspace, ['token'], { env: { ...client(), ...fault.env } });

      expect(exitCode, stderr).toBe(0);
      expect(stdout).toMatch(token);
      expect(stdout).not.toBe(cachedToken);
      expect(stderr).toMatch(/^warning: [^\n]+\n$/);
      if (fault.says !== undefined) expect(stderr).toMatch(fault.says);
      expect(await readFile(victim, 'utf8')).toBe(precious);
    } finally {
      // What may not be entered cannot be removed either.
      for (const path of [directory, dirname(entry)]) await chmod(path, 0o700).catch(() => {});
      await workspace.remove();
    }
  });

  test('while one that is costs none, and the token comes from it', async () => {
    const { workspace } = await openPlace();
    try {
      expect(await workspace.run(['token'])).toMatchObject({ exitCode: 0, stdout: cachedToken, stderr: '' });
    } finally {
      await workspace.remove();
    }
  });

  test('and a damaged entry is replaced, so that the next time there is nothing to say', async () => {
    const { workspace, entry } = await openPlace();
    try {
      await writeFile(entry, 'garbage');
      const { stdout } = await workspace.run(['token']);

      expect(await workspace.run(['token'])).toMatchObject({ exitCode: 0, stdout, stderr: '' });
    } finally {
      await workspace.remove();
    }
  });
});
