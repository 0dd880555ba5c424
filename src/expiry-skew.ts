/**
 * Seconds before its end from which a token is not handed out any more, so that it does not expire on its
 * way: a minute, or a tenth of a short life. Times in epoch seconds.
 */
export function expirySkew(issuedOn: number, expiresOn: number): number {
  return Math.min(60, (expiresOn - issuedOn) / 10);
}
