/**
 * The signature algorithms of access tokens and of DPoP proofs. All are asymmetric: with HS256 among them, whoever
 * knows the public key could sign (RFC 8725 section 2.1), and RFC 9449 section 4.3 forbids it too.
 */
export const algorithms = [
  ...['ES256', 'ES384', 'ES512', 'Ed25519', 'EdDSA'],
  ...['PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'],
];
