import { ConfigError } from '../../errors.ts';
import type {
  ClientAuthentication,
  ClientCredential,
  ClientCredentials,
  CredentialKind,
  CredentialOf,
} from './client-authentication.ts';
import { clientSecretBasic } from './client-secret-basic.ts';
import { clientSecretPost } from './client-secret-post.ts';
import { noAuthentication } from './none.ts';
import { selfSignedTlsClientAuth, tlsClientAuth } from './tls-client-auth.ts';

/** A client authentication method: its name, what it needs, and how it is made. */
interface AuthMethod {
  /** Registered name, RFC 7591 section 2. */
  readonly name: string;
  /** The credential that it uses. A method that needs none is used only when asked for. */
  readonly needs: CredentialKind | undefined;
  /** Called with a credential of that kind. */
  readonly create: (client: ClientCredentials) => ClientAuthentication;
}

/** Every method, in the order of preference where a server lists several that are possible. */
const methods: readonly AuthMethod[] = [
  method('client_secret_basic', 'secret', clientSecretBasic),
  method('client_secret_post', 'secret', clientSecretPost),
  method('tls_client_auth', 'certificate', tlsClientAuth),
  method('self_signed_tls_client_auth', 'certificate', selfSignedTlsClientAuth),
  { name: 'none', needs: undefined, create: noAuthentication },
];

export const authMethodNames: readonly string[] = methods.map(({ name }) => name);

/** The kinds of credentials that a method uses, none for a method that uses none. */
export function credentialKindsOf(name: string): readonly CredentialKind[] {
  return methods.flatMap((one) => (one.name === name && one.needs !== undefined ? [one.needs] : []));
}

/**
 * The authentication by a method that was asked for, else by one that the credential and the server
 * both allow. The order of the server's list means nothing; without one, the first that is possible is
 * the default, for a secret Basic (RFC 8414 section 2).
 * @param asked name of the method, undefined for any
 * @param supported names that the metadata lists for the endpoint
 * @throws ConfigError missing_setting
 */
export function chooseAuthentication(
  asked: string | undefined,
  client: ClientCredentials,
  supported: readonly string[] | undefined,
): ClientAuthentication {
  const kind = client.credential?.kind;
  const possible = methods.filter(({ name, needs }) =>
    asked === undefined
      ? needs !== undefined && needs === kind
      : name === asked && (needs === undefined || needs === kind),
  );
  const [first] = possible;
  if (first === undefined) throw missingCredential(asked);
  if (asked !== undefined || supported === undefined || supported.length === 0) return first.create(client);
  const listed = possible.find(({ name }) => supported.includes(name));
  if (listed !== undefined) return listed.create(client);
  throw new ConfigError('missing_setting', `this server takes no client ${kind}: it lists ${supported.join(', ')}`, {
    hint: `to try all the same say --auth-method ${first.name}`,
  });
}

/** How a person gives a credential of each kind, for hints. */
const waysToGive: Readonly<Record<CredentialKind, string>> = {
  secret: '--client-secret-file FILE, CCGRANT_CLIENT_SECRET_FILE or CCGRANT_CLIENT_SECRET',
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
  create: (client: ClientCredentials, credential: CredentialOf<K>) => ClientAuthentication,
): AuthMethod {
  const isOfKind = (credential: ClientCredential | undefined): credential is CredentialOf<K> =>
    credential?.kind === needs;
  return {
    name,
    needs,
    create: (client) => {
      if (!isOfKind(client.credential)) throw missingCredential(name);
      return create(client, client.credential);
    },
  };
}
