/**
 * Seconds before its end from which a token is not handed out any more, so that it does not expire on its
 * way: a minute, or a tenth of a short life. Times in epoch seconds.
 */
export function expirySkew(issuedOn: number, expiresOn: number): number {
  return Math.min(60, (expiresOn - issuedOn) / 10);
}

/**
 * When a token is to be replaced although it is still good, in whole epoch seconds: before the skew begins,
 * each token at another moment, so that those who got theirs together do not come back together.
 */
export function refreshTime(issuedOn: number, expiresOn: number): number {
  const skew = expirySkew(issuedOn, expiresOn);
  return Math.floor(expiresOn - skew * (2 + 2 * Math.random()));
}

/** Seconds that clocks may differ. */
const clockTolerance = 60;

/**
 * Whether a token may still be handed out: not within the skew of its end, good for the time asked for, and not from the future, as after a clock was set back.
 * @param now epoch seconds
 * @param minimumLifetime seconds that it must be good for
 */
export function isGood(
  { issuedOn, expiresOn }: { readonly issuedOn: number; readonly expiresOn: number },
  now: number,
  minimumLifetime = 0,
): boolean {
  const skew = expirySkew(issuedOn, expiresOn);
  return now < expiresOn - Math.max(skew, minimumLifetime) && issuedOn <= now + clockTolerance;
}
