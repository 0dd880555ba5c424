import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import {
  buildServer,
  hasDistribution,
  keycloakEnvironment,
  keycloakVersion,
  provideDistribution,
} from './distribution.ts';
import { cacheDirectory, examplesDirectory } from './paths.ts';
import { findFreePorts, startServerProcess } from './server-process.ts';
import { runTool, say, type Tool } from './tools.ts';

/** How to reach a Keycloak and administer it. */
export interface KeycloakAddress {
  /** Without a final slash; issuers are `<baseUrl>/realms/<realm>`. */
  readonly baseUrl: string;
  /** A client of the realm `master` that may create realms, by the client credentials grant. */
  readonly adminClientId: string;
  readonly adminClientSecret: string;
  /** The same server over https, where it asks for client certificates. */
  readonly secureBaseUrl: string;
  /** The folder of its certificates and those of its clients, as `certificates.sh` makes them. */
  readonly pki: string;
}

export interface RunningKeycloak {
  readonly address: KeycloakAddress;
  stop(): Promise<void>;
}

/** What `startKeycloak` needs on the machine: nothing for a running server, Maven only to fetch one. */
export async function keycloakTools(): Promise<Tool[]> {
  if (process.env.KEYCLOAK_URL) return [];
  const java: Tool = {
    name: 'Java 17 or newer (or KEYCLOAK_URL with a running Keycloak)',
    probe: [process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'java') : 'java', '-version'],
  };
  const maven: Tool = {
    name: 'Maven, which fetches Keycloak (or KEYCLOAK_HOME with an unpacked one)',
    probe: ['mvn', '-version'],
  };
  return process.env.KEYCLOAK_HOME || (await hasDistribution(keycloakVersion())) ? [java] : [java, maven];
}

/**
 * A Keycloak for one run of the tests: the running one that `KEYCLOAK_URL` names, or one started here,
 * from `KEYCLOAK_HOME` or else from the distribution in Maven Central.
 */
export async function startKeycloak(): Promise<RunningKeycloak> {
  const baseUrl = process.env.KEYCLOAK_URL?.replace(/\/+$/, '');
  if (baseUrl) return { address: readAddress(baseUrl), stop: async () => {} };

  const script = await buildServer(await provideHome());
  const [port, securePort, managementPort] = await findFreePorts(3);
  const pki = join(cacheDirectory, 'pki');
  await runTool(join(examplesDirectory, 'mtls-playbook', 'certificates.sh'), [pki]);
  // The name that users type. It is part of the issuer: 127.0.0.1 would be another one.
  const address: KeycloakAddress = {
    baseUrl: `http://localhost:${port}`,
    adminClientId: 'ccgrant-tests',
    adminClientSecret: randomBytes(24).toString('base64url'),
    secureBaseUrl: `https://localhost:${securePort}`,
    pki,
  };
  say(`starting the server on port ${port}`);
  const server = await startServerProcess({
    name: 'Keycloak',
    command: script,
    args: [
      'start',
      '--optimized',
      '--http-enabled=true',
      '--http-host=127.0.0.1',
      `--http-port=${port}`,
      `--http-management-port=${managementPort}`,
      '--http-management-scheme=http',
      `--https-port=${securePort}`,
      `--https-certificate-file=${join(pki, 'server.pem')}`,
      `--https-certificate-key-file=${join(pki, 'server.key')}`,
      `--https-trust-store-file=${join(pki, 'ca.pem')}`,
      '--hostname-strict=false',
      '--log-level=info,io.smallrye.health:off',
    ],
    env: {
      ...keycloakEnvironment(),
      KC_BOOTSTRAP_ADMIN_CLIENT_ID: address.adminClientId,
      KC_BOOTSTRAP_ADMIN_CLIENT_SECRET: address.adminClientSecret,
    },
    isReady: async () => (await fetch(`http://localhost:${managementPort}/health/ready`)).ok,
    startTimeout: 300_000,
  });
  return { address, stop: server.stop };
}

function provideHome(): Promise<string> {
  const home = process.env.KEYCLOAK_HOME;
  return home ? Promise.resolve(home) : provideDistribution(keycloakVersion());
}

function readAddress(baseUrl: string): KeycloakAddress {
  if (new URL(baseUrl).hostname !== 'localhost') {
    throw new Error(
      `KEYCLOAK_URL names the host localhost, and the server's host name follows the request: ${baseUrl}`,
    );
  }
  const adminClientId = process.env.KEYCLOAK_ADMIN_CLIENT_ID;
  const adminClientSecret = process.env.KEYCLOAK_ADMIN_CLIENT_SECRET;
  if (!adminClientId || !adminClientSecret) {
    throw new Error('KEYCLOAK_URL needs KEYCLOAK_ADMIN_CLIENT_ID and KEYCLOAK_ADMIN_CLIENT_SECRET beside it');
  }
  const secureBaseUrl = process.env.KEYCLOAK_HTTPS_URL?.replace(/\/+$/, '');
  const pki = process.env.KEYCLOAK_PKI;
  if (!secureBaseUrl || !pki) {
    throw new Error('KEYCLOAK_URL needs KEYCLOAK_HTTPS_URL and KEYCLOAK_PKI beside it');
  }
  return { baseUrl, adminClientId, adminClientSecret, secureBaseUrl, pki };
}
