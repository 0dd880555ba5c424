import { ConfigError } from '../../errors.ts';
import type { AuthMethod } from './auth-methods.ts';
import { authMethods } from './auth-methods.ts';
import type { Claimant, ClientAuthentication, CredentialKind, PossibleClient } from './client-authentication.ts';
import { missingCredential } from './ways-to-give.ts';

/** The methods that a credential allows, the best first: without a client id those that can do without. */
function possibleMethods(
  asked: string | undefined,
  kind: CredentialKind | undefined,
  clientId?: string,
): readonly AuthMethod[] {
  const possible = authMethods.filter(({ name, needs }) =>
    asked === undefined
      ? needs !== undefined && needs === kind
      : name === asked && (needs === undefined || needs === kind),
  );
  if (clientId !== undefined) return possible;
  return [...possible.filter(({ namesClient }) => namesClient), ...possible.filter(({ namesClient }) => !namesClient)];
}

/** Whether the client needs an id whichever method it uses. */
export function needsClientId(asked: string | undefined, kind: CredentialKind | undefined): boolean {
  return possibleMethods(asked, kind).every(({ namesClient }) => !namesClient);
}

/**
 * Makes sure that the credential can be used, as far as that is sure whatever the metadata lists.
 * @throws ConfigError, what the method throws
 */
export async function requireUsable(asked: string | undefined, client: Claimant): Promise<void> {
  const [first] = possibleMethods(asked, client.credential?.kind, client.clientId);
  if (asked !== undefined || client.clientId === undefined) await first?.check?.(client);
}

/**
 * The authentication by a method that was asked for, else by one that the credential and the server
 * both allow. The order of the server's list means nothing; without one, the first that is possible is
 * the default, for a secret Basic (RFC 8414 section 2).
 * @param asked name of the method, undefined for any
 * @param supported names that the metadata lists for the endpoint
 * @throws ConfigError missing_setting, and what the method throws
 */
export async function chooseAuthentication(
  asked: string | undefined,
  client: PossibleClient,
  supported: readonly string[] | undefined,
): Promise<ClientAuthentication> {
  const kind = client.credential?.kind;
  const possible = possibleMethods(asked, kind, client.clientId);
  const [first] = possible;
  if (first === undefined) throw missingCredential(asked);
  if (asked !== undefined || supported === undefined || supported.length === 0) return first.create(client);
  const listed = possible.find(({ name, isUnlisted }) => isUnlisted || supported.includes(name));
  if (listed !== undefined) return listed.create(client);
  throw new ConfigError('missing_setting', `this server takes no client ${kind}: it lists ${supported.join(', ')}`, {
    hint: `to try all the same say --auth-method ${first.name}`,
  });
}
