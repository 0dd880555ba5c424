import { authMethodNames, credentialKindsOf } from './client-auth/auth-methods.ts';
import type {
  BasicEncoding,
  ClientAuthentication,
  CredentialKind,
  Refusal,
} from './client-auth/client-authentication.ts';
import { credentialOption } from './client-auth/ways-to-give.ts';

/** What a request is for, as far as advice depends on it. */
export type RequestPurpose =
  | { readonly kind: 'token'; readonly scope: readonly string[]; readonly namesTarget: boolean }
  | { readonly kind: 'introspection' }
  | {
      readonly kind: 'revocation';
      /** The client that the token says it was issued to. */
      readonly issuedTo: string | undefined;
    };

/** What is known about a refused request, to advise from. */
export interface RefusedRequest {
  readonly purpose: RequestPurpose;
  readonly clientId: string | undefined;
  readonly authentication: ClientAuthentication;
  readonly basicEncoding: BasicEncoding;
  /** Methods that the metadata lists for the endpoint. */
  readonly supportedMethods: readonly string[] | undefined;
  readonly scopesSupported: readonly string[] | undefined;
  /** A credential that was given and is not used, as messages call it: `secret from --client-secret-file`. */
  readonly unused: string | undefined;
  /** Whether id or secret have characters that servers decode differently. */
  readonly hasOddCredentials: boolean;
}

/** What a person can do about a refusal, by its registered code (RFC 6749 section 5.2, RFC 8707 section 2). */
export function refusalHint(refusal: Refusal, request: RefusedRequest): string | undefined {
  const { error, status } = refusal;
  const { purpose, clientId } = request;
  const credentialHint = (): string => adviseOnCredentials(refusal, request);
  switch (error) {
    case 'invalid_client':
      return credentialHint();
    case 'unauthorized_client':
      // Keycloak answers a wrong secret so, with 401 or 400; by the RFC it is about the grant.
      if (purpose.kind !== 'token') return credentialHint();
      return adviseOnCredentials(
        refusal,
        request,
        `check the client id and its secret, and that it may use this grant (${serviceAccounts})`,
      );
    case 'invalid_grant':
      // In this grant nothing but an assertion can be meant by it, RFC 7521 section 4.1.
      return request.authentication.advise && credentialHint();
    case 'invalid_scope':
      return purpose.kind === 'token' ? scopeHint(purpose.scope, request.scopesSupported) : undefined;
    case 'invalid_target':
      return 'check --resource and --audience: the server knows no such API, or this client may not use it';
    case 'access_denied':
      if (purpose.kind !== 'token') return 'the client is not allowed this: grant it at the server';
      return purpose.namesTarget
        ? 'the client is not allowed this API: grant it at the server'
        : 'does this server need to know the API? try --audience or --resource';
    case 'unsupported_grant_type':
      return 'switch the client credentials grant on for this client at the server';
    case 'unsupported_token_type':
      return 'this server keeps no state of such tokens: check them with ccgrant verify';
    case undefined:
      return status === 401 || status === 403 || (status === 400 && request.hasOddCredentials)
        ? credentialHint()
        : undefined;
    default:
      if (request.authentication.refusals?.includes(error)) return credentialHint();
      if (error === 'invalid_request' && request.hasOddCredentials) return credentialHint();
      if (purpose.kind !== 'revocation' || purpose.issuedTo === undefined || purpose.issuedTo === clientId)
        return undefined;
      return `only the client that a token was issued to may revoke it: this one belongs to ${purpose.issuedTo}`;
  }
}

const serviceAccounts = 'on Keycloak: "Service accounts roles"';

function adviseOnCredentials(
  refusal: Refusal,
  request: RefusedRequest,
  checkSecret = 'check the client id and its secret',
): string {
  const { authentication, unused, hasOddCredentials, basicEncoding } = request;
  if (authentication.method === 'none' && unused !== undefined)
    return `the client proved nothing: leave --auth-method none out, and the ${unused} is used`;
  if (authentication.method === 'client_secret_basic' && hasOddCredentials) {
    const otherEncoding = basicEncoding === 'form' ? '--basic-encoding raw' : 'leave --basic-encoding raw out';
    return `${checkSecret}; some servers read such characters differently: try --auth-method client_secret_post, or ${otherEncoding}`;
  }
  if (authentication.method === 'none') {
    const ways = otherCredentials(request);
    return `the client proved nothing: ${ways === undefined ? 'does it have a secret or a certificate?' : `it needs ${ways}`}`;
  }
  const check = authentication.advise?.(refusal) ?? checkSecret;
  // Who sends a secret for a client that has none is told no more than that the client is not known.
  const mayHaveNone = refusal.error === 'invalid_client' && authentication.advise === undefined;
  const ways = mayHaveNone ? otherCredentials(request) : undefined;
  return [
    check,
    ...otherMethods(request),
    ...(ways === undefined ? [] : [`a client with another credential needs ${ways}`]),
  ].join('; ');
}

/** The methods that the server lists beside the one that was used. */
function othersListed({ authentication, supportedMethods = [] }: RefusedRequest): string[] {
  return supportedMethods.filter((name) => name !== authentication.method && authMethodNames.includes(name));
}

/** Whether a method could be used with what was given: the credential that was used, or the certificate beside it. */
function isPossible(name: string, { method, tls }: ClientAuthentication): boolean {
  const given = credentialKindsOf(method);
  return credentialKindsOf(name).some((kind) => given.includes(kind) || (kind === 'certificate' && tls !== undefined));
}

function otherMethods(request: RefusedRequest): string[] {
  const possible = othersListed(request).filter((name) => isPossible(name, request.authentication));
  const [first] = possible;
  return first === undefined ? [] : [`this server also lists ${first}: try --auth-method ${or(possible)}`];
}

/** How a client gives what it may have instead of what was given, one method for each kind of credential. */
function otherCredentials(request: RefusedRequest): string | undefined {
  const ways = new Map<CredentialKind, string>();
  for (const name of othersListed(request)) {
    const [kind] = isPossible(name, request.authentication) ? [] : credentialKindsOf(name);
    if (kind !== undefined && !ways.has(kind)) ways.set(kind, `${credentialOption[kind]} FILE for ${name}`);
  }
  return ways.size === 0 ? undefined : or([...ways.values()]);
}

function or(names: readonly string[]): string {
  return names.join(', ').replace(/, (?=[^,]*$)/, ' or ');
}

function scopeHint(scope: readonly string[], supported: readonly string[] | undefined): string {
  if (scope.length === 0) return 'this server wants a scope: say --scope';
  const unknown = scope.filter((one) => supported?.includes(one) === false);
  if (supported === undefined || unknown.length === 0) return 'is the scope assigned to this client at the server?';
  return `the metadata does not list ${unknown.join(', ')}; it lists ${supported.join(', ')}`;
}
