import { NetworkError, ProtocolError } from '../errors.ts';
import type { Transport } from '../http/transport.ts';
import { parseJsonObject } from '../json-object.ts';
import type { JsonWebKeySet } from '../jwt/keys.ts';
import { keyLimit, toKeySet } from '../jwt/keys.ts';
import { answerOf } from './error-response.ts';

/**
 * Fetches the keys of an authorization server, RFC 7517 section 5.
 * @throws NetworkError jwks_unavailable and those of the transport; ProtocolError invalid_response
 */
export async function fetchJwks(jwksUri: URL, transport: Transport): Promise<JsonWebKeySet> {
  const document = await transport.get(jwksUri);
  if (document.status !== 200) {
    throw new NetworkError('jwks_unavailable', 'the keys of the authorization server cannot be had', {
      status: document.status,
      server: answerOf(document),
      hint: 'give another place with --jwks-uri, or a file with --jwks',
    });
  }
  const body = parseJsonObject(document.text);
  if (Array.isArray(body?.keys) && body.keys.length > keyLimit) {
    throw new ProtocolError('invalid_response', `the authorization server has more than ${keyLimit} keys`, {
      server: answerOf(document),
    });
  }
  const keySet = toKeySet(body);
  // A secret or a private key that anybody can fetch proves nothing.
  if (keySet !== undefined) return { keys: keySet.keys.filter(({ kty, d }) => kty !== 'oct' && d === undefined) };
  throw new ProtocolError('invalid_response', 'the authorization server did not answer with a JWK Set', {
    server: answerOf(document),
    hint: `is ${jwksUri.href} the right jwks_uri?`,
  });
}
