/**
 * The demo's authorization server: `node demo/authorization-server.mjs`.
 *
 *   --port PORT        the loopback port to listen on (default: a free one)
 *   --clients FILE     more clients: a JSON array of client metadata (RFC 7591)
 *   --dpop-nonce       wants a nonce in each DPoP proof (RFC 9449 section 8)
 *   --public-clients   takes clients that prove nothing, which RFC 6749 section 4.4 keeps from this grant
 *   --attester JWK     takes clients that this public key attests (draft-ietf-oauth-attestation-based-client-auth)
 *   --count-requests   counts the requests per path, to be had from GET /test/requests
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { importJWK } from 'jose';
import { handleJwtAccessTokens } from './jwt-access-tokens.mjs';
import { errors, Provider } from './oidc-provider.mjs';
import { announce, closeWhenAsked, endWith, listen, readOptions } from './program.mjs';
import { registrations } from './registrations.mjs';
import { countRequests } from './request-counts.mjs';
import { generateSigningKey, signingAlgorithm } from './signing-key.mjs';

/** @import { JWK } from 'jose' */
/** @import { SigningKey } from './signing-key.mjs' */

const options = readOptions({
  port: { type: 'string' },
  clients: { type: 'string' },
  'dpop-nonce': { type: 'boolean' },
  'public-clients': { type: 'boolean' },
  attester: { type: 'string' },
  'count-requests': { type: 'boolean' },
});

const asymmetric = ['RS', 'PS', 'ES'].flatMap((family) => [256, 384, 512].map((bits) => `${family}${bits}`));
const assertionAlgorithms = ['HS256', 'HS384', 'HS512', ...asymmetric, 'EdDSA'];

try {
  const server = createServer();
  const issuer = `http://localhost:${await listen(server, options.port)}`;
  const handler = createProvider(issuer, await generateSigningKey(), await readClients()).callback();
  server.on('request', options['count-requests'] ? countRequests(handler) : handler);
  closeWhenAsked(server);
  announce({ issuer });
} catch (error) {
  endWith(1, error);
}

/** @returns {Promise<object[]>} */
async function readClients() {
  const known = Object.values(registrations.clients);
  const added = options.clients ? JSON.parse(await readFile(options.clients, 'utf8')) : [];
  return [...known, ...added].map((client) => ({
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    ...client,
  }));
}

/**
 * @param {string} issuer
 * @param {SigningKey} signingKey
 * @param {object[]} clients
 */
function createProvider(issuer, signingKey, clients) {
  const { resources, scopes } = registrations;
  const provider = new Provider(issuer, {
    clients,
    scopes,
    jwks: { keys: [signingKey.privateJwk] },
    clientAuthMethods: [
      ...['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt'],
      ...(options['public-clients'] ? ['none'] : []),
      ...(options.attester ? ['attest_jwt_client_auth'] : []),
    ],
    enabledJWA: { clientAuthSigningAlgValues: assertionAlgorithms },
    ttl: { ClientCredentials: 300 },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      jwtIntrospection: { enabled: true },
      revocation: { enabled: true },
      dPoP: {
        enabled: true,
        nonceSecret: randomBytes(32),
        requireNonce: () => options['dpop-nonce'] === true,
      },
      ...(options.attester && { attestClientAuth: trustIn(JSON.parse(options.attester)) }),
      resourceIndicators: {
        enabled: true,
        // Without a resource, oidc-provider issues opaque tokens only.
        defaultResource: () => resources.jwt,
        /** @type {(ctx: unknown, resource: string) => object} */
        getResourceServerInfo: (_ctx, resource) => {
          const scope = scopes.join(' ');
          if (resource === resources.opaque) return { scope, accessTokenFormat: 'opaque' };
          if (resource !== resources.jwt) throw new errors.InvalidTarget();
          return { scope, accessTokenFormat: 'jwt', jwt: { sign: { alg: signingAlgorithm } } };
        },
      },
    },
  });
  provider.on('server_error', (_ctx, error) => process.stderr.write(`${error.stack}\n`));
  // Before callback(): middleware that comes after it is never called.
  provider.use(handleJwtAccessTokens(issuer, signingKey));
  return provider;
}

/**
 * The feature by which clients are taken that somebody else attests; it is experimental, and wants to be told so.
 *
 * @param {JWK} attester
 */
function trustIn(attester) {
  return {
    enabled: true,
    ack: 'draft-12',
    challengeSecret: randomBytes(32),
    getAttestationSignaturePublicKey: () => importJWK(attester, 'ES256'),
  };
}
