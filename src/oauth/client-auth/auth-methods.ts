import { ConfigError } from '../../errors.ts';
import type {
  Claimant,
  ClientAuthentication,
  ClientCredential,
  ClientCredentials,
  CredentialKind,
  CredentialOf,
  PossibleClient,
} from './client-authentication.ts';

/** A client authentication method: its name, what it needs, and how it is made: what makes it is loaded when it is used. */
interface AuthMethod {
  /** Registered name, RFC 7591 section 2. */
  readonly name: string;
  /** The credential that it uses. A method that needs none is used only when asked for. */
  readonly needs: CredentialKind | undefined;
  /** It is possible whatever the server lists: metadata say nothing of it. */
  readonly isUnlisted?: true;
  /** The credential can say who the client is, so that no client id has to be given. */
  readonly namesClient?: true;
  /** Throws where it cannot use the credential, whatever the server says. */
  readonly check?: (client: Claimant) => Promise<void>;
  /** Called with a credential of that kind. */
  readonly create: (client: PossibleClient) => Promise<ClientAuthentication>;
}

/** Every method, in the order of preference where a server lists several that are possible. */
const methods: readonly AuthMethod[] = [
  method('client_secret_basic', 'secret', async () => (await import('./client-secret-basic.ts')).clientSecretBasic),
  method('client_secret_post', 'secret', async () => (await import('./client-secret-post.ts')).clientSecretPost),
  method('client_secret_jwt', 'secret', async () => (await import('./client-secret-jwt.ts')).clientSecretJwt),
  method('private_key_jwt', 'private key', async () => (await import('./private-key-jwt.ts')).privateKeyJwt),
  // Whose key has signed it makes no difference here, and the client's id may be left to it.
  {
    name: 'private_key_jwt',
    needs: 'assertion',
    isUnlisted: true,
    namesClient: true,
    create: async ({ clientId, credential }) => {
      const { foreignAssertion } = await import('./foreign-assertion.ts');
      return foreignAssertion(clientId, requireCredential(credential, 'assertion', 'private_key_jwt'));
    },
  },
  {
    name: 'attest_jwt_client_auth',
    needs: 'attestation',
    namesClient: true,
    create: async (client) => {
      const { attestJwtClientAuth } = await import('./attest-jwt-client-auth.ts');
      return attestJwtClientAuth(client, requireCredential(client.credential, 'attestation', 'attest_jwt_client_auth'));
    },
  },
  method('tls_client_auth', 'certificate', async () => (await import('./tls-client-auth.ts')).tlsClientAuth),
  method(
    'self_signed_tls_client_auth',
    'certificate',
    async () => (await import('./tls-client-auth.ts')).selfSignedTlsClientAuth,
  ),
  {
    name: 'spiffe_x509',
    needs: 'certificate',
    namesClient: true,
    check: async (client) => {
      const { spiffeIdOf } = await import('./spiffe-x509.ts');
      spiffeIdOf(client, requireCredential(client.credential, 'certificate', 'spiffe_x509'));
    },
    create: async (client) => {
      const { spiffeX509 } = await import('./spiffe-x509.ts');
      return spiffeX509(client, requireCredential(client.credential, 'certificate', 'spiffe_x509'));
    },
  },
  {
    name: 'none',
    needs: undefined,
    create: async (client) => (await import('./none.ts')).noAuthentication(withId(client)),
  },
];

export const authMethodNames: readonly string[] = [...new Set(methods.map(({ name }) => name))];

/** The kinds of credentials that a method uses, none for a method that uses none. */
export function credentialKindsOf(name: string): readonly CredentialKind[] {
  return methods.flatMap((one) => (one.name === name && one.needs !== undefined ? [one.needs] : []));
}

/** The methods that a credential allows, the best first: without a client id those that can do without. */
function possibleMethods(
  asked: string | undefined,
  kind: CredentialKind | undefined,
  clientId?: string,
): readonly AuthMethod[] {
  const possible = methods.filter(({ name, needs }) =>
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

/** The option that gives a credential of each kind. */
export const credentialOption: Readonly<Record<CredentialKind, string>> = {
  secret: '--client-secret-file',
  'private key': '--private-key',
  assertion: '--client-assertion-file',
  attestation: '--client-attestation-file',
  certificate: '--cert',
};

/** How a person gives a credential of each kind, for hints. */
const waysToGive: Readonly<Record<CredentialKind, string>> = {
  secret: '--client-secret-file FILE, CCGRANT_CLIENT_SECRET_FILE or CCGRANT_CLIENT_SECRET',
  'private key': '--private-key FILE or CCGRANT_PRIVATE_KEY',
  assertion: '--client-assertion-file FILE or CCGRANT_CLIENT_ASSERTION_FILE',
  attestation: '--client-attestation-file FILE or CCGRANT_CLIENT_ATTESTATION_FILE beside a private key',
  certificate: '--cert FILE',
};

/**
 * What a client lacks that has no credential for the method, and how to give it.
 * @param asked name of the method, undefined for any
 */
export function lackOfCredential(asked: string | undefined): { readonly name: string; readonly ways: string } {
  const kinds = asked === undefined ? [] : credentialKindsOf(asked);
  const [kind = 'secret'] = kinds;
  if (asked !== undefined) return { name: `client ${kind}`, ways: kinds.map((one) => waysToGive[one]).join(', or ') };
  const { secret, ...others } = waysToGive;
  return {
    name: 'client secret',
    ways: `${secret} (instead of a secret ${Object.values(others).join(', ')}; for a client without one --auth-method none)`,
  };
}

function missingCredential(asked: string | undefined): ConfigError {
  const { name, ways } = lackOfCredential(asked);
  return new ConfigError('missing_setting', `no ${name} is given`, { hint: ways });
}

function method<K extends CredentialKind>(
  name: string,
  needs: K,
  load: () => Promise<(client: ClientCredentials, credential: CredentialOf<K>) => ClientAuthentication>,
): AuthMethod {
  return {
    name,
    needs,
    create: async (client) => {
      const known = withId(client);
      const credential = requireCredential(client.credential, needs, name);
      const create = await load();
      return create(known, credential);
    },
  };
}

function requireCredential<K extends CredentialKind>(
  credential: ClientCredential | undefined,
  kind: K,
  method: string,
): CredentialOf<K> {
  const isOfKind = (one: ClientCredential | undefined): one is CredentialOf<K> => one?.kind === kind;
  if (!isOfKind(credential)) throw missingCredential(method);
  return credential;
}

function withId({ clientId, ...client }: PossibleClient): ClientCredentials {
  if (clientId !== undefined) return { ...client, clientId };
  throw new ConfigError('missing_setting', 'no client id is given', { hint: '--client-id ID or CCGRANT_CLIENT_ID' });
}
