import { setTimeout as delay } from 'node:timers/promises';
import { type KeycloakAdmin, openAdmin } from './admin.ts';
import { type FlaskServer, startFlaskServer } from './flask-server.ts';
import type { KeycloakAddress } from './keycloak-server.ts';
import { type Myorg, provisionMyorg } from './myorg.ts';
import { audienceMapper, createRealm, type RealmClient } from './realm.ts';
import { forge, isTokenActive, requestToken, revokeToken, tamperWith, withoutSignature } from './tokens.ts';

const scope = 'test_api_access';

/** Everything that Keycloak answers differently to: clients of many kinds, and tokens good and bad. */
export interface Scene {
  readonly myorg: Myorg;
  readonly issuer: string;
  /** The same realm by another host name, which makes another issuer of it. */
  readonly otherHostIssuer: string;
  readonly clients: Clients;
  readonly tokens: Tokens;
  /** Verifies with the keys that it read when it started. */
  readonly api: FlaskServer;
  /** Introspects each token as `test_api_resource`. */
  readonly introspectingApi: FlaskServer;
  /** Gets a token with the scope `test_api_access` that nothing else in the scene uses. */
  requestToken(client: RealmClient): Promise<string>;
  remove(): Promise<void>;
}

type Clients = Readonly<
  Record<
    | 'client'
    | 'resource'
    | 'other'
    | 'unknown'
    | 'disabled'
    | 'public'
    | 'audienceOfItself'
    | 'shortLived'
    | 'atJwt'
    | 'lightweight'
    | 'es256',
    RealmClient
  >
>;

type Tokens = Readonly<
  Record<
    | 'scoped'
    | 'unscoped'
    | 'garbage'
    | 'tampered'
    | 'forged'
    | 'unsigned'
    | 'revoked'
    | 'expired'
    | 'ofOtherRealm'
    | 'ofOtherHost'
    | 'ofOtherClient'
    | 'ofAudienceOfItself'
    | 'atJwt'
    | 'lightweight'
    | 'es256',
    string
  >
>;

/** Sets the scene: two realms, their clients, their tokens, and the two resource servers. */
export async function setScene(address: KeycloakAddress): Promise<Scene> {
  const built: (() => Promise<void>)[] = [];
  const remove = async () => {
    for (const undo of built.splice(0).reverse()) await undo();
  };
  try {
    return { ...(await buildScene(openAdmin(address), (undo) => built.push(undo))), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function buildScene(
  admin: KeycloakAdmin,
  onRemove: (undo: () => Promise<void>) => void,
): Promise<Omit<Scene, 'remove'>> {
  const myorg = await provisionMyorg(admin);
  onRemove(myorg.realm.remove);
  const { issuer, resource } = myorg;
  const otherHostIssuer = issuer.replace('//localhost', '//127.0.0.1');
  const clients = await createClients(myorg);
  const otherOrg = await createRealm(admin, 'other-org');
  onRemove(otherOrg.remove);
  const clientOfOtherOrg = await otherOrg.createClient({ clientId: 'test_api_client' });

  const scoped = await requestToken(issuer, clients.client, scope);
  const revoked = await requestToken(issuer, clients.client, scope);
  await revokeToken(issuer, clients.client, revoked);
  const expired = await requestToken(issuer, clients.shortLived, scope);
  const tokens: Tokens = {
    scoped,
    unscoped: await requestToken(issuer, clients.client),
    garbage: 'garbage',
    tampered: tamperWith(scoped),
    forged: await forge(scoped),
    unsigned: withoutSignature(scoped),
    revoked,
    expired,
    ofOtherRealm: await requestToken(otherOrg.issuer, clientOfOtherOrg),
    ofOtherHost: await requestToken(otherHostIssuer, clients.client, scope),
    ofOtherClient: await requestToken(issuer, clients.other, scope),
    ofAudienceOfItself: await requestToken(issuer, clients.audienceOfItself),
    atJwt: await requestToken(issuer, clients.atJwt, scope),
    lightweight: await requestToken(issuer, clients.lightweight, scope),
    es256: await requestToken(issuer, clients.es256, scope),
  };
  const api = await startFlaskServer(issuer);
  onRemove(api.stop);
  const introspectingApi = await startFlaskServer(issuer, resource);
  onRemove(introspectingApi.stop);
  while (await isTokenActive(issuer, resource, expired)) await delay(100);

  return {
    myorg,
    issuer,
    otherHostIssuer,
    clients,
    tokens,
    api,
    introspectingApi,
    requestToken: (client) => requestToken(issuer, client, scope),
  };
}

async function createClients({ realm, client, resource, other }: Myorg): Promise<Clients> {
  await realm.createScope('unassigned');
  const create = (clientId: string, representation: Readonly<Record<string, unknown>>) =>
    realm.createClient({ clientId, optionalScopes: [scope], representation });
  return {
    client,
    resource,
    other,
    unknown: { clientId: 'nobody', secret: 'no-secret' },
    disabled: await create('disabled_client', { enabled: false }),
    public: await create('public_client', { publicClient: true, serviceAccountsEnabled: false }),
    audienceOfItself: await create('self_client', { protocolMappers: [audienceMapper('self_client')] }),
    shortLived: await create('short_client', { attributes: { 'access.token.lifespan': '1' } }),
    atJwt: await create('atjwt_client', { attributes: { 'access.token.header.type.rfc9068': 'true' } }),
    lightweight: await create('light_client', {
      attributes: { 'client.use.lightweight.access.token.enabled': 'true' },
    }),
    es256: await create('es256_client', { attributes: { 'access.token.signed.response.alg': 'ES256' } }),
  };
}
