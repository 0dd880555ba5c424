import { createRemoteJWKSet, errors, jwtVerify } from 'jose';

/** @import { IncomingMessage } from 'node:http' */

/** A request that is refused: its status, and the challenge of RFC 6750 section 3 where one is due. */
export class Refusal extends Error {
  /**
   * @param {number} status
   * @param {object} body
   * @param {Record<string, string>} [challenge]
   */
  constructor(status, body, challenge) {
    super(`refused with ${status}`);
    this.status = status;
    this.body = body;
    this.challenge = challenge && formatChallenge(challenge);
  }
}

/**
 * Returns a function that lets a request pass when it carries an access token of this issuer for
 * this audience, with the scope if one is named, and throws a Refusal otherwise.
 *
 * @param {{ issuer: string, audience: string }} expected
 * @returns {Promise<(request: IncomingMessage, scope?: string) => Promise<void>>}
 */
export async function requireBearerToken({ issuer, audience }) {
  const jwks = createRemoteJWKSet(new URL(await discoverJwksUri(issuer)));

  /** @param {string} token */
  async function verify(token) {
    try {
      const { payload } = await jwtVerify(token, jwks, {
        issuer,
        audience,
        typ: 'at+jwt',
        algorithms: ['RS256'],
        requiredClaims: ['exp', 'sub', 'client_id', 'iat', 'jti'],
      });
      return payload;
    } catch (error) {
      throw isAboutToken(error) ? invalidToken(error) : keysUnavailable();
    }
  }

  return async (request, scope) => {
    const token = /^Bearer +([^ ]+) *$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) throw new Refusal(401, { message: 'an access token is required' }, {});

    const claims = await verify(token);
    if (scope === undefined) return;
    const scopes = String(claims.scope ?? '').split(' ');
    if (!scopes.includes(scope)) throw insufficientScope(scope);
  };
}

/** @param {string} issuer */
async function discoverJwksUri(issuer) {
  const url = `${issuer}/.well-known/openid-configuration`;
  const response = await fetch(url).catch((cause) => {
    throw new Error(`no answer from ${url}`, { cause });
  });
  if (!response.ok) throw new Error(`${response.status} from ${url}`);
  const metadata = /** @type {{ issuer: string, jwks_uri: string }} */ (await response.json());
  if (metadata.issuer !== issuer) throw new Error(`${url} is about the issuer ${metadata.issuer}`);
  return metadata.jwks_uri;
}

/**
 * @param {unknown} error
 * @returns {error is errors.JOSEError}
 */
function isAboutToken(error) {
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) return false;
  // jose throws its base class when the JWKS response is not 200 or not JSON.
  return error instanceof errors.JOSEError && error.code !== 'ERR_JOSE_GENERIC';
}

/** @param {errors.JOSEError} cause */
function invalidToken(cause) {
  // What RFC 6750 allows in an error_description; the message may quote the token's header.
  const error_description = cause.message.replaceAll(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, "'");
  const body = { error: 'invalid_token', error_description };
  return new Refusal(401, body, body);
}

/** @param {string} scope */
function insufficientScope(scope) {
  const error_description = 'the access token lacks a scope that is required here';
  const body = { error: 'insufficient_scope', error_description, scope };
  return new Refusal(403, body, body);
}

function keysUnavailable() {
  return new Refusal(503, { message: 'the keys of the authorization server are not available' });
}

/** @param {Record<string, string>} parameters */
function formatChallenge(parameters) {
  const all = Object.entries({ realm: 'demo', ...parameters });
  return `Bearer ${all.map(([name, value]) => `${name}="${value}"`).join(', ')}`;
}
