import type { KeycloakAdmin } from './admin.ts';
import { createRealm, type Realm, type RealmClient } from './realm.ts';

/** The realm of the story: a client, a resource server, and the scope that lets the one call the other. */
export interface Myorg {
  readonly realm: Realm;
  readonly issuer: string;
  /** Gets tokens; has the scope `test_api_access` when it asks for it. */
  readonly client: RealmClient;
  /** The resource server as a client of its own: named in `aud` of tokens with that scope. */
  readonly resource: RealmClient;
  /** Another client with the same scope. Its secret has the characters that encodings differ on. */
  readonly other: RealmClient;
}

/** Creates the realm `myorg` with its scope and its three clients. */
export async function provisionMyorg(admin: KeycloakAdmin): Promise<Myorg> {
  const realm = await createRealm(admin, 'myorg');
  await realm.createScope('test_api_access', 'test_api_resource');
  return {
    realm,
    issuer: realm.issuer,
    client: await realm.createClient({ clientId: 'test_api_client', optionalScopes: ['test_api_access'] }),
    resource: await realm.createClient({
      clientId: 'test_api_resource',
      representation: { serviceAccountsEnabled: false },
    }),
    other: await realm.createClient({
      clientId: 'other_client',
      secret: 'S3cr3t/+=%"',
      optionalScopes: ['test_api_access'],
    }),
  };
}
