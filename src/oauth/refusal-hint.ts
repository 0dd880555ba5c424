import { authMethodNames } from './client-auth/auth-methods.ts';
import type { ClientAuthentication } from './client-auth/client-authentication.ts';

/** What is known about a refused request, to advise from. */
export interface RefusedRequest {
  readonly authentication: ClientAuthentication;
  /** Methods that the metadata lists for the endpoint. */
  readonly supportedMethods: readonly string[] | undefined;
  /** Whether id or secret have characters that servers decode differently. */
  readonly hasOddCredentials: boolean;
  readonly scope: readonly string[];
  readonly scopesSupported: readonly string[] | undefined;
  readonly namesTarget: boolean;
}

/** What a person can do about a refusal, by its registered code (RFC 6749 section 5.2, RFC 8707 section 2). */
export function refusalHint(
  refusal: { readonly error: string | undefined; readonly status: number },
  request: RefusedRequest,
): string | undefined {
  const { error, status } = refusal;
  switch (error) {
    case 'invalid_client':
      return credentialHint(request);
    case 'unauthorized_client':
      // Keycloak answers a wrong secret so, with 401 or 400; elsewhere it is about the grant.
      return `${credentialHint(request)}; if they are right, the client is not allowed this grant (on Keycloak: "Service accounts roles")`;
    case 'invalid_scope':
      return scopeHint(request);
    case 'invalid_target':
      return 'check --resource and --audience: the server knows no such API, or this client may not use it';
    case 'access_denied':
      return request.namesTarget
        ? 'the client is not allowed this API: grant it at the server'
        : 'does this server need to know the API? try --audience or --resource';
    case 'unsupported_grant_type':
      return 'switch the client credentials grant on for this client at the server';
    case 'unsupported_token_type':
      return 'this server keeps no state of such tokens: check them with ccgrant verify';
    case undefined:
      return status === 401 || status === 403 ? credentialHint(request) : undefined;
    default:
      return undefined;
  }
}

function credentialHint({ authentication, supportedMethods, hasOddCredentials }: RefusedRequest): string {
  const { method } = authentication;
  if (method === 'client_secret_basic' && hasOddCredentials) {
    return 'the id or secret has characters that some servers read differently: try --auth-method client_secret_post, or --basic-encoding raw';
  }
  const others = supportedMethods?.filter((other) => other !== method && authMethodNames.includes(other)) ?? [];
  const check = 'check the client id and its secret';
  return others.length === 0
    ? check
    : `${check}; this server also lists ${others.join(', ')}: try --auth-method ${others[0]}`;
}

function scopeHint({ scope, scopesSupported }: RefusedRequest): string {
  if (scope.length === 0) return 'this server wants a scope: say --scope';
  const unknown = scope.filter((one) => scopesSupported?.includes(one) === false);
  if (scopesSupported === undefined || unknown.length === 0)
    return 'is the scope assigned to this client at the server?';
  return `the metadata does not list ${unknown.join(', ')}; it lists ${scopesSupported.join(', ')}`;
}
