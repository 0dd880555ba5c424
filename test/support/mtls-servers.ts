import type { X509Certificate } from 'node:crypto';
import type { IncomingMessage, RequestListener } from 'node:http';
import { createServer } from 'node:http';
import type { ServerOptions } from 'node:https';
import { createServer as createTlsServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { createLocalJWKSet, exportJWK, jwtVerify } from 'jose';
import { handleJwtAccessTokens } from '../../demo/jwt-access-tokens.mjs';
import { errors, Provider } from '../../demo/oidc-provider.mjs';
import { generateSigningKey, signingAlgorithm } from '../../demo/signing-key.mjs';
import { close, listen } from './http-server.ts';
import type { CertificateAuthority } from './tls.ts';

const resource = 'https://api.example.com';
/** A resource whose access tokens are opaque. */
export const opaqueResource = 'https://opaque.example.com';

export interface MtlsServers extends AsyncDisposable {
  /** Plain http on loopback: its metadata names the endpoints of `secureOrigin` as mtls_endpoint_aliases. */
  readonly issuer: string;
  /** The same authorization server on a port that asks for certificates. */
  readonly secureOrigin: string;
  /** The API: `/private` wants a token, and the certificate that it is bound to. */
  readonly apiUrl: string;
  /** Method, path and certificate of the requests that came in over TLS, oldest first. */
  readonly seen: readonly string[];
}

/**
 * Starts oidc-provider for clients with certificates, and an API that takes certificate-bound tokens, all on
 * free ports of localhost, which a proxy may know as as.test.
 * @param clients RFC 7591 metadata
 */
export async function startMtlsServers(
  authority: CertificateAuthority,
  clients: readonly object[],
): Promise<MtlsServers> {
  const signingKey = await generateSigningKey();
  const jwks = createLocalJWKSet({ keys: [{ ...(await exportJWK(signingKey.publicKey)), kid: signingKey.kid }] });
  const tls: ServerOptions = {
    ...(await authority.issue(['localhost', '127.0.0.1', 'as.test'])),
    ca: authority.certificate,
    requestCert: true,
    rejectUnauthorized: false,
  };
  const plain = createServer();
  const secure = createTlsServer(tls);
  const api = createTlsServer(tls);
  const seen: string[] = [];
  const [port, securePort, apiPort] = [await listen(plain), await listen(secure), await listen(api)];
  const issuer = `http://localhost:${port}`;
  const secureOrigin = `https://localhost:${securePort}`;

  const provider = new Provider(issuer, {
    clients: clients.map((client) => ({
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      ...client,
    })),
    scopes: ['api:read'],
    jwks: { keys: [signingKey.privateJwk] },
    clientAuthMethods: ['client_secret_basic', 'tls_client_auth', 'self_signed_tls_client_auth', 'none'],
    ttl: { ClientCredentials: 300 },
    discovery: {
      mtls_endpoint_aliases: {
        token_endpoint: `${secureOrigin}/token`,
        introspection_endpoint: `${secureOrigin}/token/introspection`,
        revocation_endpoint: `${secureOrigin}/token/revocation`,
      },
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
      mTLS: {
        enabled: true,
        tlsClientAuth: true,
        selfSignedTlsClientAuth: true,
        certificateBoundAccessTokens: true,
        getCertificate: ({ req }: { req: IncomingMessage }) => certificateOf(req)?.toString(),
        certificateAuthorized: ({ req }: { req: IncomingMessage }) => (req.socket as TLSSocket).authorized,
        certificateSubjectMatches: ({ req }: { req: IncomingMessage }, property: string, value: string) =>
          property === 'tls_client_auth_subject_dn' &&
          certificateOf(req)?.subject.split('\n').reverse().join(',') === value,
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        getResourceServerInfo: (_: unknown, wanted: string) => {
          if (wanted === opaqueResource) return { scope: 'api:read', accessTokenFormat: 'opaque' };
          if (wanted !== resource) throw new errors.InvalidTarget();
          return { scope: 'api:read', accessTokenFormat: 'jwt', jwt: { sign: { alg: signingAlgorithm } } };
        },
      },
    },
  });
  provider.use(handleJwtAccessTokens(issuer, signingKey));
  const serve = provider.callback();
  plain.on('request', serve);
  secure.on('request', noting(seen, serve));
  api.on(
    'request',
    noting(seen, async (request, response) => {
      const [, token = ''] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? [];
      const claims = await jwtVerify(token, jwks, { issuer }).then(
        ({ payload }) => payload,
        () => undefined,
      );
      const bound = (claims?.cnf as { 'x5t#S256'?: string } | undefined)?.['x5t#S256'];
      const isShown = bound === undefined || bound === thumbprintOf(certificateOf(request));
      if (request.url === '/open' || (claims !== undefined && isShown)) {
        response.end(JSON.stringify({ certificate: certificateOf(request)?.subject ?? null }));
      } else {
        response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end();
      }
    }),
  );
  return {
    issuer,
    secureOrigin,
    apiUrl: `https://localhost:${apiPort}`,
    seen,
    [Symbol.asyncDispose]: async () => {
      for (const server of [api, secure, plain]) await close(server);
    },
  };
}

function noting(seen: string[], serve: RequestListener): RequestListener {
  return (request, response) => {
    seen.push(`${request.method} ${request.url} ${certificateOf(request)?.subject ?? 'without'}`);
    serve(request, response);
  };
}

function certificateOf({ socket }: IncomingMessage): X509Certificate | undefined {
  return 'getPeerX509Certificate' in socket ? (socket as TLSSocket).getPeerX509Certificate() : undefined;
}

function thumbprintOf(certificate: X509Certificate | undefined): string | undefined {
  return certificate && Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
}
