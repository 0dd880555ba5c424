import { ConfigError } from '../../errors.ts';
import type { JsonObject } from '../../json-object.ts';
import type { DecodedJwe, DecodedJwt } from '../../jwt/decode.ts';
import type { Claimant } from './client-authentication.ts';
import { excerpt } from './excerpt.ts';

/** Whom and what an attestation must be about. */
export interface AttestedInstance extends Pick<Claimant, 'clientId'> {
  /** JWK thumbprint of the key of this instance. */
  readonly thumbprint: string;
  /** Where the key comes from, for messages: `instance.pem (--private-key)`. */
  readonly keyPlace: string;
}

const attestationType = 'oauth-client-attestation+jwt';

/**
 * The client that an attestation is about, once it is sure that it is about this instance.
 * @param name as messages call it: `the attestation from --client-attestation-file`
 * @throws ConfigError secret_unusable
 */
export async function attestedClient(
  attestation: DecodedJwt | DecodedJwe,
  { clientId, thumbprint, keyPlace }: AttestedInstance,
  name: string,
): Promise<string> {
  const unusable = (fault: string, hint: string): ConfigError =>
    new ConfigError('secret_unusable', `${name} ${fault}`, { hint });
  const { typ } = attestation.header;
  if (attestation.kind === 'JWE' || !isAttestationType(typ)) {
    const type = typeof typ === 'string' ? `typ is ${excerpt(typ)}` : 'header has no typ';
    throw unusable(
      `is no client attestation: its ${attestation.kind === 'JWE' ? 'content is encrypted' : type}`,
      `it must be a signed JWT whose typ is ${attestationType}; another assertion belongs to --client-assertion-file FILE`,
    );
  }
  const { sub, cnf } = attestation.payload;
  if (sub === undefined)
    throw unusable('does not say which client it is about', 'whoever gives it out must name the client in its sub');
  if (typeof sub !== 'string' || !clientIdentifier.test(sub))
    throw unusable('has a sub that is no client id', 'it is one to a thousand printable characters of ASCII');
  if (clientId !== undefined && sub !== clientId)
    throw unusable(
      `is about the client ${excerpt(sub)}, not ${clientId}`,
      'give the attestation of this client, or its --client-id: the two must be the same',
    );
  const attested = await attestedKey(cnf);
  if (attested === undefined)
    throw unusable('names no key in cnf.jwk', 'whoever gives it out must put the public key of this client there');
  if (attested.isPrivate)
    throw unusable(
      'has a private key in cnf.jwk',
      'it would be sent with each request: have it made anew, for a new key',
    );
  if (attested.thumbprint !== thumbprint)
    throw unusable(
      `is about another key than that in ${keyPlace}`,
      'its cnf.jwk must be the public half of it; without an attestation a key signs for --auth-method private_key_jwt',
    );
  return sub;
}

/** By RFC 7515 section 4.1.9 the first part may be left out, and case means nothing in a media type. */
function isAttestationType(typ: unknown): boolean {
  return typeof typ === 'string' && typ.toLowerCase().replace(/^application\//, '') === attestationType;
}

/** RFC 6749 appendix A.1, within reason. */
const clientIdentifier = /^[\x20-\x7e]{1,1000}$/;

/** The key in a `cnf`, RFC 7800 section 3.2; undefined when there is none. */
async function attestedKey(
  cnf: unknown,
): Promise<{ readonly thumbprint: string; readonly isPrivate: boolean } | undefined> {
  const { jwk } = (typeof cnf === 'object' && cnf !== null ? cnf : {}) as JsonObject;
  if (typeof jwk !== 'object' || jwk === null) return undefined;
  const { keyThumbprint } = await import('../../jwt/key-thumbprint.ts');
  try {
    return { thumbprint: await keyThumbprint(JSON.stringify(jwk), 'cnf.jwk'), isPrivate: 'd' in jwk };
  } catch {
    return undefined;
  }
}
