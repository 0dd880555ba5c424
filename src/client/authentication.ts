import type { Context } from '../context.ts';
import { ConfigError } from '../errors.ts';
import type { AuthMethod, BasicEncoding, ClientAuthentication } from '../oauth/client-auth.ts';
import {
  basicCredentials,
  chooseSecretMethod,
  clientSecretBasic,
  clientSecretPost,
  noAuthentication,
} from '../oauth/client-auth.ts';
import type { SentRequest } from '../oauth/error-response.ts';
import type { EndpointName } from '../oauth/metadata.ts';
import { refusalHint } from '../oauth/refusal-hint.ts';
import type { Secret } from '../secret.ts';
import { text } from '../text.ts';
import type { OAuthClient } from './oauth-client.ts';

/** How the client authenticates at an endpoint, and how that reads in the report of a refusal. */
export interface Authenticated {
  readonly authentication: ClientAuthentication;
  readonly sent: SentRequest;
}

/**
 * Chooses the authentication method for an endpoint and makes it ready.
 * @param asked what the request asks for, for hints
 * @throws ConfigError missing_setting, secret_unusable
 */
export async function authenticateAt(
  endpoint: EndpointName,
  asked: { readonly scope: readonly string[]; readonly namesTarget: boolean },
  client: OAuthClient,
  ctx: Context,
): Promise<Authenticated> {
  const { clientId, credential, authMethod, basicEncoding = 'form' } = client.settings.client;
  if (clientId === undefined) {
    throw new ConfigError('missing_setting', 'no client id is given', { hint: '--client-id ID or CCGRANT_CLIENT_ID' });
  }
  // Introspection and revocation may have a list of their own, RFC 8414 section 2.
  const supported =
    (await client.server.listed(`${endpoint}_auth_methods_supported`, endpoint)) ??
    (await client.server.listed('token_endpoint_auth_methods_supported', endpoint));
  const method = authMethod ?? (credential === undefined ? undefined : chooseSecretMethod(supported));
  const secret = method === 'none' ? undefined : await client.secret();
  if (method === undefined || (method !== 'none' && secret === undefined)) throw missingSecret(method);
  if (authMethod === undefined) {
    ctx.io.trace(
      text`* ${method}: ${supported === undefined ? 'the default' : `the server lists ${supported.join(', ')}`}`,
    );
  }
  if (secret !== undefined) {
    for (const encoding of ['form', 'raw'] as const)
      ctx.io.conceal(basicCredentials(clientId, secret, encoding), '[secret]');
  }
  const authentication = create(method, clientId, secret, basicEncoding);
  const scopesSupported = await client.server.listed('scopes_supported', endpoint);
  return {
    authentication,
    sent: {
      description: [
        method,
        `client_id=${clientId}`,
        ...(secret === undefined ? [] : [`secret from ${credential?.origin}`]),
        ...(asked.scope.length === 0 ? [] : [`scope=${asked.scope.join(' ')}`]),
      ].join(', '),
      hint: (refusal) =>
        refusalHint(refusal, {
          ...asked,
          authentication,
          supportedMethods: supported,
          hasOddCredentials: isOdd(clientId) || (secret !== undefined && isOdd(secret.reveal())),
          scopesSupported,
        }),
    },
  };
}

function create(
  method: AuthMethod,
  clientId: string,
  secret: Secret | undefined,
  encoding: BasicEncoding,
): ClientAuthentication {
  if (secret === undefined) return noAuthentication(clientId);
  return method === 'client_secret_post'
    ? clientSecretPost(clientId, secret)
    : clientSecretBasic(clientId, secret, encoding);
}

function missingSecret(method: AuthMethod | undefined): ConfigError {
  const reason = method === undefined ? '' : `, which ${method} needs`;
  return new ConfigError('missing_setting', `no client secret is given${reason}`, {
    hint: '--client-secret-file FILE, CCGRANT_CLIENT_SECRET_FILE or CCGRANT_CLIENT_SECRET; for a client without one --auth-method none',
  });
}

/** Characters that the percent-encoding of RFC 6749 section 2.3.1 changes. */
function isOdd(value: string): boolean {
  return encodeURIComponent(value) !== value;
}
