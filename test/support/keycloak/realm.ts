import { randomBytes } from 'node:crypto';
import type { KeycloakAdmin } from './admin.ts';

/** A client as the tests know it. */
export interface RealmClient {
  readonly clientId: string;
  readonly secret: string;
}

/** A client to create: what is not said is as a confidential client of the client credentials grant has it. */
export interface ClientDescription {
  readonly clientId: string;
  /** A random one by default. */
  readonly secret?: string;
  /** Scopes that this client gets when it asks for them. */
  readonly optionalScopes?: readonly string[];
  /** Members of Keycloak's client representation. */
  readonly representation?: Readonly<Record<string, unknown>>;
}

/** A realm that exists for one file of tests. */
export interface Realm {
  readonly issuer: string;
  /** Creates a client scope; access tokens that have it name `audience` in `aud`. */
  createScope(name: string, audience?: string): Promise<void>;
  createClient(description: ClientDescription): Promise<RealmClient>;
  /** Adds an RS256 key with this priority; the highest one signs, and the generated key has 100. */
  addSigningKey(name: string, priority: number): Promise<void>;
  /** Removes the signing keys that `addSigningKey` did not make. */
  removeGeneratedSigningKeys(): Promise<void>;
  remove(): Promise<void>;
}

/**
 * Creates a realm.
 *
 * @throws Error when it is there already: it may be somebody's, so nothing in it is touched
 */
export async function createRealm(admin: KeycloakAdmin, name: string): Promise<Realm> {
  const { status } = await admin.request('POST', '', { realm: name, enabled: true }, [201, 409]);
  if (status === 409) {
    throw new Error(`${admin.baseUrl} has a realm ${name} already: the tests create it anew, remove it first`);
  }
  const scopeIds = new Map<string, string>();
  const addedKeys = new Set<string>();

  return {
    issuer: `${admin.baseUrl}/realms/${name}`,

    async createScope(scope, audience) {
      const { createdId } = await admin.request('POST', `/${name}/client-scopes`, {
        name: scope,
        protocol: 'openid-connect',
        attributes: { 'include.in.token.scope': 'true' },
        protocolMappers: audience === undefined ? [] : [audienceMapper(audience)],
      });
      scopeIds.set(scope, createdId ?? '');
    },

    async createClient({ clientId, secret = randomSecret(), optionalScopes = [], representation = {} }) {
      const { createdId } = await admin.request('POST', `/${name}/clients`, {
        clientId,
        secret,
        publicClient: false,
        serviceAccountsEnabled: true,
        standardFlowEnabled: false,
        ...representation,
      });
      for (const scope of optionalScopes) {
        const scopeId = scopeIds.get(scope);
        if (scopeId === undefined) throw new Error(`the realm ${name} has no scope ${scope}`);
        await admin.request('PUT', `/${name}/clients/${createdId}/optional-client-scopes/${scopeId}`);
      }
      return { clientId, secret };
    },

    async addSigningKey(key, priority) {
      const { body } = await admin.request('GET', `/${name}`);
      const { createdId } = await admin.request('POST', `/${name}/components`, {
        name: key,
        providerId: 'rsa-generated',
        providerType: 'org.keycloak.keys.KeyProvider',
        parentId: (body as { id: string }).id,
        config: { priority: [String(priority)], algorithm: ['RS256'] },
      });
      addedKeys.add(createdId ?? '');
    },

    async removeGeneratedSigningKeys() {
      const { body } = await admin.request('GET', `/${name}/components?type=org.keycloak.keys.KeyProvider`);
      const components = body as { id: string; providerId: string }[];
      for (const { id, providerId } of components) {
        if (providerId === 'rsa-generated' && !addedKeys.has(id)) {
          await admin.request('DELETE', `/${name}/components/${id}`);
        }
      }
    },

    async remove() {
      await admin.request('DELETE', `/${name}`);
    },
  };
}

/** A protocol mapper that puts a client into `aud`, as the representation of a scope or client has it. */
export function audienceMapper(clientId: string): Record<string, unknown> {
  return {
    name: `audience ${clientId}`,
    protocol: 'openid-connect',
    protocolMapper: 'oidc-audience-mapper',
    config: {
      'included.client.audience': clientId,
      'access.token.claim': 'true',
      'introspection.token.claim': 'true',
    },
  };
}

function randomSecret(): string {
  return randomBytes(24).toString('base64url');
}
