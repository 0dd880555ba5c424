/**
 * Milliseconds to wait by a Retry-After field (RFC 9110 section 10.2.3): seconds or an HTTP date.
 * Undefined when the field is absent or is neither; 0 for an instant that has passed.
 */
export function retryAfter(field: string | undefined, now: number): number | undefined {
  if (field === undefined) return undefined;
  if (/^\s*\d+\s*$/.test(field)) return Number(field) * 1000;
  const instant = /[a-z]{3}/i.test(field) ? Date.parse(field) : Number.NaN;
  return Number.isNaN(instant) ? undefined : Math.max(0, instant - now);
}
