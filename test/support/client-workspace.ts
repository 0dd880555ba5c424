import { clientId, clientSecret } from './http-server-scene.ts';
import { createWorkspace, type Workspace } from './run-ccgrant.ts';

/**
 * A workspace for the client of a server.
 * @param authority its certificate lies in `ca.pem`
 */
export async function openClientWorkspace(
  issuer: string,
  env: Readonly<Record<string, string>> = {},
  authority?: { readonly certificate: string },
): Promise<Workspace & AsyncDisposable> {
  const workspace = await createWorkspace({
    CCGRANT_ISSUER: issuer,
    CCGRANT_CLIENT_ID: clientId,
    CCGRANT_CLIENT_SECRET: clientSecret,
    ...env,
  });
  if (authority !== undefined) await workspace.writeFile('ca.pem', authority.certificate);
  return { ...workspace, [Symbol.asyncDispose]: workspace.remove };
}
