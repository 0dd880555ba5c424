import * as querystring from 'node:querystring';
import { text } from 'node:stream/consumers';
import { decodeProtectedHeader, jwtVerify, SignJWT } from 'jose';
import { signingAlgorithm } from './signing-key.mjs';

/** @import { JWTPayload } from 'jose' */
/** @import { Context, Middleware } from 'oidc-provider' */
/** @import { SigningKey } from './signing-key.mjs' */

const introspectionJwt = 'token-introspection+jwt';

/**
 * Introspection (RFC 7662, RFC 9701) and revocation (RFC 7009) of JWT access tokens. oidc-provider
 * keeps no JWT it has issued and answers `unsupported_token_type`, so it is shown a placeholder:
 * it authenticates the client and judges the request as ever, and its answer for an unknown token
 * is then replaced by the one for the JWT.
 *
 * @param {string} issuer
 * @param {SigningKey} signingKey
 * @returns {Middleware}
 */
export function handleJwtAccessTokens(issuer, signingKey) {
  /** @type {Set<string | undefined>} */
  const revoked = new Set();

  /** @param {string} token */
  async function verify(token) {
    try {
      const { payload } = await jwtVerify(token, signingKey.publicKey, { issuer, typ: 'at+jwt' });
      return payload;
    } catch {
      return undefined;
    }
  }

  /**
   * @param {Context} ctx
   * @param {JWTPayload | undefined} claims
   */
  async function introspect(ctx, claims) {
    const active = claims !== undefined && !revoked.has(claims.jti);
    const tokenType = isBound(claims) ? 'DPoP' : 'Bearer';
    const answer = active ? { active, token_type: tokenType, ...claims } : { active };
    ctx.body = ctx.response.is(`application/${introspectionJwt}`)
      ? await new SignJWT({ token_introspection: answer })
          .setProtectedHeader({ alg: signingAlgorithm, kid: signingKey.kid, typ: introspectionJwt })
          .setIssuer(issuer)
          .setAudience(ctx.oidc.client.clientId)
          .setIssuedAt()
          .sign(signingKey.privateKey)
      : answer;
  }

  /**
   * @param {Context} ctx
   * @param {JWTPayload | undefined} claims
   */
  function revoke(ctx, claims) {
    if (claims === undefined) return;
    if (claims.client_id === ctx.oidc.client.clientId) {
      revoked.add(claims.jti);
      return;
    }
    ctx.status = 400;
    ctx.body = {
      error: 'invalid_request',
      error_description: 'client is not authorized to revoke the presented token',
    };
  }

  return async (ctx, next) => {
    const answer = { '/token/introspection': introspect, '/token/revocation': revoke }[ctx.path];
    if (ctx.method !== 'POST' || !answer || !ctx.is('urlencoded')) return next();

    const parameters = querystring.parse(await text(ctx.req));
    const { token } = parameters;
    if (!isJwt(token)) {
      ctx.req.body = parameters;
      return next();
    }
    ctx.req.body = { ...parameters, token: 'a-jwt-access-token' };
    await next();
    if (ctx.status === 200) await answer(ctx, await verify(token));
  };
}

/** @param {JWTPayload | undefined} claims */
function isBound(claims) {
  const confirmation = /** @type {{ jkt?: string } | undefined} */ (claims?.cnf);
  return confirmation?.jkt !== undefined;
}

/**
 * @param {unknown} token
 * @returns {token is string}
 */
function isJwt(token) {
  if (typeof token !== 'string') return false;
  try {
    decodeProtectedHeader(token);
    return true;
  } catch {
    return false;
  }
}
