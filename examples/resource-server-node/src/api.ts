import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import type { JWTVerifyGetKey } from 'jose';
import { type Authority, authorize, type Requirement } from './authorize.ts';
import { formatChallenges } from './challenge.ts';
import { createDpopNonces } from './dpop-nonces.ts';
import { proofLifetime } from './dpop-proof.ts';
import { Refusal, type Scheme, Unavailable } from './refusal.ts';
import { resourceMetadata, resourceMetadataUrl } from './resource-metadata.ts';
import { type Route, routes } from './routes.ts';
import type { Settings } from './settings.ts';
import { createUsedProofs } from './used-proofs.ts';

interface Answer {
  readonly status: number;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string | string[]>>;
}

/** The API as a function for node:http or node:https, with the keys of its issuer. */
export function createApi(settings: Settings, keys: JWTVerifyGetKey): RequestListener {
  const nonces = settings.requireDpopNonce ? createDpopNonces() : undefined;
  const authority: Authority = {
    expectedToken: { issuer: settings.issuer, audience: settings.audience, keys },
    proofMemory: { usedProofs: createUsedProofs(proofLifetime), nonces },
    trustedCertificatesOnly: settings.tls?.clientCa !== undefined,
  };

  async function answer(request: IncomingMessage): Promise<Answer> {
    // Not the Host field: a proof or a resource is for the name that is set up, whatever the client says it has called.
    const target = `${settings.url}${request.url}`;
    if (!request.url?.startsWith('/') || !URL.canParse(target))
      return { status: 400, body: { message: 'no such URL' } };
    const url = new URL(target);
    const metadata = resourceMetadata(settings, url.pathname);
    const route = routes.get(url.pathname);
    if (!metadata && !route) return { status: 404, body: { message: 'there is nothing here' } };
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return { status: 405, body: { message: 'this method is not allowed here' }, headers: { Allow: 'GET, HEAD' } };
    return route ? answerRoute(request, url, route) : { status: 200, body: metadata ?? {} };
  }

  async function answerRoute(request: IncomingMessage, url: URL, { requires, message }: Route): Promise<Answer> {
    if (requires === undefined) return { status: 200, body: { message } };
    // Whoever has sent a proof learns the next nonce in time, RFC 9449 section 8.2.
    const nonce = nonces !== undefined && request.headers.dpop !== undefined && { 'DPoP-Nonce': nonces.current() };
    try {
      await authorize(request, url, requires, authority);
      return { status: 200, body: { message }, headers: { ...nonce } };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const challenges = formatChallenges(
        error,
        acceptedSchemes(requires),
        resourceMetadataUrl(settings, url.pathname),
      );
      return { status: error.status, body: describe(error), headers: { 'WWW-Authenticate': challenges, ...nonce } };
    }
  }

  /** Access tokens that are bound to a certificate come as `Bearer` (RFC 8705), which takes TLS. */
  function acceptedSchemes({ boundOnly }: Requirement): Scheme[] {
    return boundOnly && settings.tls === undefined ? ['DPoP'] : ['Bearer', 'DPoP'];
  }

  return (request, response) => {
    answer(request)
      .catch(excuse)
      .then((given) => send(response, given))
      .catch((error: unknown) => response.destroy(error as Error));
  };
}

function describe({ facts: { error, description } }: Refusal): object {
  return error === undefined ? { message: description } : { error, error_description: description };
}

/** What went wrong is for the log and not for the client. */
function excuse(error: unknown): Answer {
  process.stderr.write(`${inspect(error)}\n`);
  if (error instanceof Unavailable)
    return { status: 503, body: { message: error.message }, headers: { 'Retry-After': '5' } };
  return { status: 500, body: { message: 'something is wrong here' } };
}

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  const json = Buffer.from(`${JSON.stringify(body)}\n`);
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': json.length,
    'Cache-Control': 'no-store',
    ...headers,
  });
  response.end(json);
}
