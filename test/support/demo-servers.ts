import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import registrations from '../../demo/registrations.json' with { type: 'json' };
import { startServers } from '../../demo/start-servers.mjs';

/** The parts that the demo's clients play, each with its id and secret. */
export type DemoClients = Readonly<Record<keyof typeof registrations.clients, DemoClient>>;

export interface DemoClient {
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface DemoServers {
  readonly issuer: string;
  readonly apiUrl: string;
  /** What the protected API expects in `aud`; also the resource of a token that names none. */
  readonly audience: string;
  /** A resource whose access tokens are opaque. */
  readonly opaqueResource: string;
  readonly clients: DemoClients;
  /** How many requests the authorization server has had, by path. */
  requests(): Promise<Record<string, number>>;
  tokenRequests(): Promise<number>;
  stop(): Promise<void>;
}

/**
 * Starts the demo's authorization server and protected API on free ports, each a process of its
 * own. More clients can be registered (RFC 7591 metadata).
 */
export async function startDemoServers(
  moreClients: readonly object[] = [],
  serverOptions: readonly string[] = [],
): Promise<DemoServers> {
  const directory = await mkdtemp(join(tmpdir(), 'ccgrant-clients-'));
  try {
    const file = join(directory, 'clients.json');
    await writeFile(file, JSON.stringify(moreClients));
    const servers = await startServers(['--clients', file, ...serverOptions]);
    return {
      ...servers,
      opaqueResource: registrations.resources.opaque,
      clients: demoClients(),
      tokenRequests: async () => (await servers.requests())['/token'] ?? 0,
    };
  } finally {
    await rm(directory, { recursive: true });
  }
}

function demoClients(): DemoClients {
  const { basic, post, secretJwt, oddSecret, restricted, resourceServer } = registrations.clients;
  return {
    basic: credentials(basic),
    post: credentials(post),
    secretJwt: credentials(secretJwt),
    oddSecret: credentials(oddSecret),
    restricted: credentials(restricted),
    resourceServer: credentials(resourceServer),
  };
}

function credentials(metadata: { client_id: string; client_secret: string }): DemoClient {
  return { clientId: metadata.client_id, clientSecret: metadata.client_secret };
}
