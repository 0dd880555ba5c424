import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanEnvironment } from '../environment.mjs';
import { registrations } from '../registrations.mjs';

/** Where the story keeps its secrets and its cache, away from the user's own. */
export async function createWorkspace() {
  const directory = await mkdtemp(join(tmpdir(), 'ccgrant-demo-'));
  const { basic, resourceServer } = registrations.clients;
  for (const { client_id, client_secret } of [basic, resourceServer]) {
    await writeFile(join(directory, `${client_id}.txt`), `${client_secret}\n`, { mode: 0o600 });
  }
  const cacheDirectory = join(directory, 'cache', 'ccgrant');
  const environment = cleanEnvironment({
    HOME: directory,
    USERPROFILE: directory,
    XDG_CACHE_HOME: join(directory, 'cache'),
    XDG_CONFIG_HOME: join(directory, 'config'),
    APPDATA: join(directory, 'config'),
    LOCALAPPDATA: directory,
  });
  // Tried again, because a command that has just been interrupted may still write its last file.
  const remove = () => rm(directory, { recursive: true, force: true, maxRetries: 3 });
  return { directory, cacheDirectory, environment, remove };
}
