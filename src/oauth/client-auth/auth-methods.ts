import { ConfigError } from '../../errors.ts';
import type { Secret } from '../../secret.ts';
import type { ClientAuthentication, ClientCredentials } from './client-authentication.ts';
import { clientSecretBasic } from './client-secret-basic.ts';
import { clientSecretPost } from './client-secret-post.ts';
import { noAuthentication } from './none.ts';

/** A client authentication method: its name, when it is chosen, and how it is made. */
interface AuthMethod {
  /** Registered name, RFC 7591 section 2. */
  readonly name: string;
  /** Whether the client has what the method needs. A method that needs nothing is used only when asked for. */
  readonly isPossible: (credentials: ClientCredentials) => boolean;
  /** @throws ConfigError missing_setting */
  readonly create: (credentials: ClientCredentials) => ClientAuthentication;
}

/** Every method, in the order of preference where a server lists several that are possible. */
const methods: readonly AuthMethod[] = [
  {
    name: 'client_secret_basic',
    isPossible: ({ secret }) => secret !== undefined,
    create: (credentials) => clientSecretBasic(credentials, requireSecret(credentials)),
  },
  {
    name: 'client_secret_post',
    isPossible: ({ secret }) => secret !== undefined,
    create: (credentials) => clientSecretPost(credentials, requireSecret(credentials)),
  },
  { name: 'none', isPossible: () => false, create: noAuthentication },
];

export const authMethodNames: readonly string[] = methods.map(({ name }) => name);

/**
 * The authentication by a method that was asked for, else by one that the credentials and the server
 * both allow. The order of the server's list means nothing; without one, Basic is the default (RFC 8414 section 2).
 * @param asked name of the method, undefined for any
 * @param supported names that the metadata lists for the endpoint
 * @throws ConfigError missing_setting
 */
export function chooseAuthentication(
  asked: string | undefined,
  credentials: ClientCredentials,
  supported: readonly string[] | undefined,
): ClientAuthentication {
  const possible = methods.filter(({ name, isPossible }) =>
    asked === undefined ? isPossible(credentials) : name === asked,
  );
  const [first] = possible;
  if (first === undefined) throw missingSecret();
  if (asked !== undefined || supported === undefined || supported.length === 0) return first.create(credentials);
  const method = possible.find(({ name }) => supported.includes(name));
  if (method !== undefined) return method.create(credentials);
  throw new ConfigError('missing_setting', `this server takes no client secret: it lists ${supported.join(', ')}`, {
    hint: `to try all the same say --auth-method ${first.name}`,
  });
}

function requireSecret({ secret }: ClientCredentials): Secret {
  if (secret !== undefined) return secret;
  throw missingSecret();
}

function missingSecret(): ConfigError {
  return new ConfigError('missing_setting', 'no client secret is given', {
    hint: '--client-secret-file FILE, CCGRANT_CLIENT_SECRET_FILE or CCGRANT_CLIENT_SECRET; for a client without one --auth-method none',
  });
}
