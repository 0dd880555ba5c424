/** What was given as a secret and is something else. */
export interface MistakenSecret {
  /** `a private key` */
  readonly what: string;
  /** The option that it belongs to. */
  readonly hint: string;
}

/**
 * What a client secret is that nobody means to send: PEM (RFC 7468) of a key or certificate, or a JWK or JWK Set
 * (RFC 7517). Undefined for everything else: servers give out secrets of any characters.
 */
export function mistakenSecret(secret: string): MistakenSecret | undefined {
  const labels = [...secret.matchAll(/^[ \t]*-----BEGIN ([A-Z0-9 ]+)-----/gm)].map(([, label = '']) => label);
  if (labels.some((label) => label.includes('CERTIFICATE'))) {
    return { what: 'a certificate', hint: 'it belongs to --cert FILE, and its private key to --key FILE' };
  }
  if (labels.some((label) => label.includes('PRIVATE KEY'))) return privateKey;
  if (labels.some((label) => label.endsWith('PUBLIC KEY'))) return publicKey;
  const jwk = toJwk(secret);
  if (jwk === undefined) return undefined;
  if (jwk.kty === 'oct') {
    return {
      what: 'a JWK',
      hint: '--client-secret-file takes the secret itself: it is the member k, decoded from base64url',
    };
  }
  return 'd' in jwk ? privateKey : publicKey;
}

const privateKey: MistakenSecret = {
  what: 'a private key',
  hint: 'it belongs to --private-key FILE: it signs there, and is never sent',
};

const publicKey: MistakenSecret = {
  what: 'a public key',
  hint: 'it proves nothing: the private key belongs to --private-key FILE',
};

/** The JWK that a text is, or the first one of the set that it is. */
function toJwk(source: string): { readonly kty: string } | undefined {
  if (!source.trimStart().startsWith('{')) return undefined;
  try {
    const value = JSON.parse(source);
    const [jwk] = [value.keys ?? value].flat();
    return typeof jwk?.kty === 'string' ? jwk : undefined;
  } catch {
    return undefined;
  }
}
