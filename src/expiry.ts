/**
 * Seconds before its end from which a token is not handed out any more, so that it does not expire on its
 * way: a minute, or a tenth of a short life. Times in epoch seconds.
 */
export function expirySkew(issuedOn: number, expiresOn: number): number {
  return Math.min(60, (expiresOn - issuedOn) / 10);
}

/**
 * When a token is to be replaced although it is still good, in epoch seconds: before the skew begins,
 * each token at another moment, so that those who got theirs together do not come back together.
 */
export function refreshTime(issuedOn: number, expiresOn: number): number {
  const skew = expirySkew(issuedOn, expiresOn);
  return expiresOn - skew * (2 + 2 * Math.random());
}
