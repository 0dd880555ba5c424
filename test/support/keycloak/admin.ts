import type { KeycloakAddress } from './keycloak-server.ts';

/** The bootstrap client's access tokens live 60 s. */
const tokenUse = 30_000;

export interface AdminResponse {
  readonly status: number;
  /** The last segment of `Location`: the id of what was created. */
  readonly createdId: string | undefined;
  readonly body: unknown;
}

/** The admin REST API of a Keycloak. */
export interface KeycloakAdmin {
  readonly baseUrl: string;
  /**
   * Sends one request below `/admin/realms`.
   *
   * @throws Error when the answer has none of the expected statuses
   */
  request(method: string, path: string, body?: unknown, expected?: readonly number[]): Promise<AdminResponse>;
}

/** Opens the admin REST API as the given client. */
export function openAdmin({ baseUrl, adminClientId, adminClientSecret }: KeycloakAddress): KeycloakAdmin {
  const encode = encodeURIComponent;
  const authorization = `Basic ${btoa(`${encode(adminClientId)}:${encode(adminClientSecret)}`)}`;
  let token: { readonly value: string; readonly requestedAt: number } | undefined;

  const provideToken = async () => {
    if (token !== undefined && Date.now() - token.requestedAt < tokenUse) return token.value;
    const requestedAt = Date.now();
    const response = await fetch(`${baseUrl}/realms/master/protocol/openid-connect/token`, {
      method: 'POST',
      headers: { authorization },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`no token for ${adminClientId} at ${baseUrl}: ${response.status} ${text}`);
    token = { value: (JSON.parse(text) as { access_token: string }).access_token, requestedAt };
    return token.value;
  };

  return {
    baseUrl,
    async request(method, path, body, expected = [200, 201, 204]) {
      const response = await fetch(`${baseUrl}/admin/realms${path}`, {
        method,
        headers: { authorization: `Bearer ${await provideToken()}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!expected.includes(response.status)) {
        throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
      }
      return {
        status: response.status,
        createdId: response.headers.get('location')?.split('/').at(-1),
        body: text === '' ? undefined : JSON.parse(text),
      };
    },
  };
}
