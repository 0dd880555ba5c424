/**
 * How a token is shown where it must not be readable: `eyJ…(sha256:ab12cd34)`, so that two traces can be compared.
 * @param sha256 the digest of a text in hexadecimal digits
 */
export function fingerprint(token: string, sha256: (value: string) => string): string {
  return `${token.slice(0, 3)}…(sha256:${sha256(token).slice(0, 8)})`;
}
