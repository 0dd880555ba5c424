import type { Context } from '../context.ts';
import { ConfigError } from '../errors.ts';
import { chooseAuthentication, needsClientId, requireUsable } from '../oauth/client-auth/choose-authentication.ts';
import type { ClientAuthentication } from '../oauth/client-auth/client-authentication.ts';
import { basicEncodings } from '../oauth/client-auth/client-authentication.ts';
import { basicCredentials } from '../oauth/client-auth/client-secret-basic.ts';
import { lackOfCredential } from '../oauth/client-auth/ways-to-give.ts';
import { missingProofHint, proofRefusalHint } from '../oauth/dpop-refusal.ts';
import type { EndpointName } from '../oauth/endpoint-names.ts';
import type { EndpointOptions } from '../oauth/endpoint-request.ts';
import type { SentRequest } from '../oauth/error-response.ts';
import type { RequestPurpose } from '../oauth/refusal-hint.ts';
import { refusalHint } from '../oauth/refusal-hint.ts';
import { text } from '../text.ts';
import { assertionTerms } from './assertion-terms.ts';
import { concealProof } from './conceal-proof.ts';
import { credentialKind, readCredential } from './credentials.ts';
import type { ClientSettings, OAuthClient, OAuthClientSettings } from './oauth-client.ts';

/**
 * Sends a request to an endpoint of the authorization server, the client authenticated.
 * @param purpose what the request is for, for hints
 * @throws what authenticateAt, the endpoint and `send` throw
 */
export async function requestAt<T>(
  endpoint: EndpointName,
  purpose: RequestPurpose,
  client: OAuthClient,
  ctx: Context,
  send: (url: URL, options: EndpointOptions, sent: SentRequest) => Promise<T>,
): Promise<T> {
  const { authentication, sent } = await authenticateAt(endpoint, purpose, client, ctx);
  const options = { authentication, transport: client.transport };
  return client.server.use(endpoint, authentication.tls !== undefined, (url) => send(url, options, sent));
}

/** How the client authenticates at an endpoint, and how that reads in the report of a refusal. */
interface Authenticated {
  readonly authentication: ClientAuthentication;
  readonly sent: SentRequest;
}

/**
 * Chooses the authentication method for an endpoint and makes it ready.
 * @param purpose what the request is for, for hints
 * @throws ConfigError missing_setting, secret_unusable
 */
async function authenticateAt(
  endpoint: EndpointName,
  purpose: RequestPurpose,
  client: OAuthClient,
  ctx: Context,
): Promise<Authenticated> {
  const { authMethod, basicEncoding = 'form' } = client.settings.client;
  const given = requireEssentials(endpoint, client.settings);
  // What cannot be used is said before anything is sent.
  const credential = await readCredential(client, ctx);
  await requireUsable(authMethod, { clientId: given, credential });
  const supported = await client.server.accepted('auth_methods', endpoint);
  const assertion = await assertionTerms(endpoint, credential, client, ctx);
  const supportedProofAlgorithms = await client.server.listed(
    'client_attestation_pop_signing_alg_values_supported',
    endpoint,
  );
  const possible = { clientId: given, credential, basicEncoding, assertion, supportedProofAlgorithms };
  const authentication = {
    // A certificate beside another method is for the connection, and for tokens that are bound to it.
    tls: await client.credentials.certificate(),
    ...concealing(await chooseAuthentication(authMethod, possible, supported), ctx),
  };
  if (authentication.tls !== undefined && credential?.kind !== 'certificate') {
    const { origin } = authentication.tls;
    ctx.io.trace(text`* the certificate from ${origin} is for the connection: ${authentication.method} authenticates`);
  }
  const { clientId = given } = authentication;
  const secret = credential?.kind === 'secret' ? credential.secret : undefined;
  if (authMethod === undefined) {
    ctx.io.trace(text`* ${authentication.method}: ${reasonFor(authentication.method, supported)}`);
  }
  if (secret !== undefined && clientId !== undefined) {
    for (const encoding of basicEncodings) ctx.io.conceal(basicCredentials(clientId, secret, encoding), '[secret]');
  }
  const isDpopOffered = (await client.server.listed('dpop_signing_alg_values_supported', endpoint)) !== undefined;
  const isBound = purpose.kind === 'token' && client.settings.dpop !== undefined;
  const scopesSupported = await client.server.listed('scopes_supported', endpoint);
  return {
    authentication,
    sent: {
      description: [
        authentication.method,
        ...(clientId === undefined ? [] : [`client_id=${clientId}`]),
        ...proofOf(client.settings.client),
        ...(isBound ? ['DPoP proof'] : []),
        ...(purpose.kind === 'token' && purpose.scope.length > 0 ? [`scope=${purpose.scope.join(' ')}`] : []),
      ].join(', '),
      redact: ctx.io.redact,
      hint: (answer) => {
        const refusal = { ...answer, now: ctx.now() };
        const hint = refusalHint(refusal, {
          purpose,
          clientId,
          authentication,
          basicEncoding,
          supportedMethods: supported,
          scopesSupported,
          unused: credential === undefined ? unusedCredential(client.settings.client) : undefined,
          hasOddCredentials: isOdd(given ?? '') || (secret !== undefined && isOdd(secret.reveal())),
        });
        if (purpose.kind !== 'token') return hint;
        return isBound ? (proofRefusalHint(refusal) ?? hint) : (hint ?? missingProofHint(refusal, isDpopOffered));
      },
    },
  };
}

/** Why a method is used that nobody asked for. */
function reasonFor(method: string, supported: readonly string[] | undefined): string {
  if (supported === undefined) return 'the default';
  return supported.includes(method) ? `the server lists ${supported.join(', ')}` : 'what the credential is for';
}

/** The same authentication; nothing that it proves itself with appears in a report. */
function concealing(authentication: ClientAuthentication, { io }: Context): ClientAuthentication {
  return {
    ...authentication,
    complete: async (request) => {
      const completed = await authentication.complete(request);
      for (const [name, value] of completed.form)
        if (name === 'client_assertion') concealProof(value, '[assertion]', io);
      for (const [name, value] of completed.headers) if (!request.headers.has(name)) concealProof(value, '[proof]', io);
      return completed;
    },
  };
}

/**
 * The client id, once it is sure that nothing essential is missing; undefined where the credential may say who
 * the client is. Everything that is missing is said at once: one error after the other would cost a run each.
 */
function requireEssentials(endpoint: EndpointName, { server, client, dpop }: OAuthClientSettings): string | undefined {
  const { clientId, authMethod } = client;
  const kind = credentialKind(client);
  const lack = lackOfCredential(authMethod);
  const isServerKnown = server.identity !== undefined || server.endpoints.has(endpoint);
  const missing = [
    ...(isServerKnown
      ? []
      : [['authorization server', `--issuer URL or CCGRANT_ISSUER (or --${endpoint.replaceAll('_', '-')} URL)`]]),
    ...(clientId === undefined && needsClientId(authMethod, kind)
      ? [['client id', '--client-id ID or CCGRANT_CLIENT_ID']]
      : []),
    ...(kind !== undefined || authMethod === 'none' ? [] : [[lack.name, lack.ways]]),
  ];
  if (missing.length === 0) return clientId;
  // Whoever has a key for the binding may take it for the proof of the client.
  const isOnlyBinding = dpop?.keyFile !== undefined && kind === undefined && authMethod !== 'none';
  const aside = isOnlyBinding ? `${dpop.keyFile.origin} binds tokens and proves no client: ` : '';
  throw new ConfigError('missing_setting', missing.map(([name]) => `no ${name}`).join(', '), {
    hint: `${aside}give ${missing.map(([, how]) => how).join('; ')}; or a profile`,
  });
}

/** What the client proves itself with, and where that came from. */
function proofOf(settings: ClientSettings): string[] {
  const kind = credentialKind(settings);
  if (kind === undefined) return [];
  const origin = kind === 'certificate' ? settings.certificate?.origin : settings.credential?.origin;
  return [`${kind} from ${origin}`];
}

/** What was given of a client that proves nothing. */
function unusedCredential({ credential, certificate }: ClientSettings): string | undefined {
  if (credential !== undefined) return `${credential.kind} from ${credential.origin}`;
  return certificate && `certificate from ${certificate.origin}`;
}

/** Characters that the percent-encoding of RFC 6749 section 2.3.1 changes. */
function isOdd(value: string): boolean {
  return encodeURIComponent(value) !== value;
}
