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
export interface AuthMethod {
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
export const authMethods: readonly AuthMethod[] = [
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
      return foreignAssertion(clientId, ofKind(credential, 'assertion'));
    },
  },
  {
    name: 'attest_jwt_client_auth',
    needs: 'attestation',
    namesClient: true,
    create: async (client) => {
      const { attestJwtClientAuth } = await import('./attest-jwt-client-auth.ts');
      return attestJwtClientAuth(client, ofKind(client.credential, 'attestation'));
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
      spiffeIdOf(client, ofKind(client.credential, 'certificate'));
    },
    create: async (client) => {
      const { spiffeX509 } = await import('./spiffe-x509.ts');
      return spiffeX509(client, ofKind(client.credential, 'certificate'));
    },
  },
  {
    name: 'none',
    needs: undefined,
    create: async (client) => (await import('./none.ts')).noAuthentication(withId(client)),
  },
];

export const authMethodNames: readonly string[] = [...new Set(authMethods.map(({ name }) => name))];

/** The kinds of credentials that a method uses, none for a method that uses none. */
export function credentialKindsOf(name: string): readonly CredentialKind[] {
  return authMethods.flatMap((one) => (one.name === name && one.needs !== undefined ? [one.needs] : []));
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
      const credential = ofKind(client.credential, needs);
      const create = await load();
      return create(known, credential);
    },
  };
}

/** The choice of the method has seen to it that there is one of its kind. */
function ofKind<K extends CredentialKind>(credential: ClientCredential | undefined, kind: K): CredentialOf<K> {
  const isOfKind = (one: ClientCredential | undefined): one is CredentialOf<K> => one?.kind === kind;
  if (!isOfKind(credential)) throw new TypeError(`a method that needs a ${kind} was chosen without one`);
  return credential;
}

function withId({ clientId, ...client }: PossibleClient): ClientCredentials {
  if (clientId !== undefined) return { ...client, clientId };
  throw new ConfigError('missing_setting', 'no client id is given', { hint: '--client-id ID or CCGRANT_CLIENT_ID' });
}
