import { ConfigError } from '../errors.ts';
import type { DecodedJwe, DecodedJwt } from '../jwt/decode.ts';
import { decodeJwt } from '../jwt/decode.ts';
import type { Secret } from '../secret.ts';

/**
 * What gives the secret of now, of something that is replaced all the time.
 * @param first for the first try: it was read already, so that what cannot be used is said before anything is sent
 * @param read for all others
 */
export function readAnew(first: Secret, read: () => Promise<Secret>): () => Promise<Secret> {
  let next: Secret | undefined = first;
  return async () => {
    const secret = next ?? (await read());
    next = undefined;
    return secret;
  };
}

/**
 * Makes sure that what somebody else has signed is a JWT and has not expired.
 * @param name as messages call it: `the assertion from --client-assertion-file`
 * @param now seconds since the epoch
 * @throws ConfigError secret_unusable
 */
export function requireLiveJwt(jwt: string, name: string, now: number): DecodedJwt | DecodedJwe {
  const decoded = decode(jwt, name);
  // Only the server can read an encrypted one.
  const exp = decoded.kind === 'JWS' ? decoded.payload.exp : undefined;
  if (typeof exp !== 'number' || exp > now) return decoded;
  throw new ConfigError('secret_unusable', `${name} expired ${Math.ceil(now - exp)} s ago`, {
    hint: 'whoever gives it out must replace it in time; or is the clock wrong?',
  });
}

function decode(jwt: string, name: string): DecodedJwt | DecodedJwe {
  try {
    return decodeJwt(jwt);
  } catch {
    throw new ConfigError('secret_unusable', `${name} is no JWT`, {
      hint: 'it must be the bare token: three parts between dots, without JSON or a prefix',
    });
  }
}
