import type { TestProject } from 'vitest/node';
import { exampleTools } from './examples.ts';
import { flaskTools, prepareFlask } from './flask-server.ts';
import { type KeycloakAddress, keycloakTools, type RunningKeycloak, startKeycloak } from './keycloak-server.ts';
import { requireTools } from './tools.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    keycloak: KeycloakAddress;
  }
}

let keycloak: RunningKeycloak | undefined;

/**
 * Brings up what all the tests share: one Keycloak, and a Python environment for the resource server.
 *
 * @throws Error that names all that is missing for it; no test is left out quietly
 */
export async function setup(project: TestProject): Promise<void> {
  await requireTools([...exampleTools, ...flaskTools, ...(await keycloakTools())]);
  await prepareFlask();
  keycloak = await startKeycloak();
  project.provide('keycloak', keycloak.address);
}

export async function teardown(): Promise<void> {
  await keycloak?.stop();
}
