/** The commands that show a server who the client is, or an API a token that was got so. */
export const commands = ['token', 'introspect', 'revoke', 'call'] as const;
export type Command = (typeof commands)[number];

/**
 * A way for a client to prove who it is, and with which commands it is tested on which real server. The
 * tests are made from these rows, and the table in docs/authentication.md is held against them.
 */
export interface AuthenticationRow {
  /** As the document names it: `private_key_jwt`. */
  readonly name: string;
  /** What it is tested with, each with every command; undefined where there is no choice. */
  readonly algorithms?: { readonly oidcProvider: readonly string[]; readonly keycloak: readonly string[] };
  readonly oidcProvider: readonly Command[];
  readonly keycloak: readonly Command[];
}

const rsaAndCurves = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

export const authenticationRows = [
  // Keycloak has no service account for a public client: what it says then is in keycloak/answers/.
  { name: 'none', oidcProvider: commands, keycloak: [] },
  { name: 'client_secret_basic', oidcProvider: commands, keycloak: commands },
  { name: 'client_secret_post', oidcProvider: commands, keycloak: commands },
  {
    name: 'client_secret_jwt',
    algorithms: { oidcProvider: ['HS256', 'HS384', 'HS512'], keycloak: ['HS256', 'HS512'] },
    oidcProvider: commands,
    keycloak: commands,
  },
  {
    name: 'private_key_jwt',
    algorithms: { oidcProvider: rsaAndCurves, keycloak: ['RS256', 'PS256', 'ES256', 'EdDSA'] },
    oidcProvider: commands,
    keycloak: commands,
  },
  { name: 'client_assertion', oidcProvider: commands, keycloak: commands },
  { name: 'attest_jwt_client_auth', oidcProvider: commands, keycloak: commands },
] as const satisfies readonly AuthenticationRow[];

/** The ways that are a certificate: they need servers that ask for one. */
export const certificateRows = [
  { name: 'tls_client_auth', oidcProvider: commands, keycloak: commands },
  { name: 'self_signed_tls_client_auth', oidcProvider: commands, keycloak: [] },
] as const satisfies readonly AuthenticationRow[];

/** The ways that neither server knows yet: tested with every command against a server of the tests. */
export const draftRows = [
  { name: 'spiffe_x509', oidcProvider: [], keycloak: [] },
] as const satisfies readonly AuthenticationRow[];

type Server = 'oidcProvider' | 'keycloak';

/** The names of those rows that a server is tested with. */
type NameOn<On extends Server, Row extends AuthenticationRow> = Exclude<Row, Readonly<Record<On, readonly []>>>['name'];

/** One line of a suite: a row with one of its algorithms. */
export interface AuthenticationCase<Name extends string> {
  readonly name: Name;
  readonly algorithm: string | undefined;
  readonly commands: readonly Command[];
}

/** What is to be tested on a server, of these rows. */
export function casesOn<On extends Server, Row extends AuthenticationRow>(
  server: On,
  rows: readonly Row[],
): AuthenticationCase<NameOn<On, Row>>[] {
  return rows
    .filter((row) => row[server].length > 0)
    .flatMap((row) =>
      (row.algorithms?.[server] ?? [undefined]).map((algorithm) => ({
        name: row.name as NameOn<On, Row>,
        algorithm,
        commands: row[server],
      })),
    );
}
