const months = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const time = '\\d{2}:\\d{2}:\\d{2}';

/** The three forms of an HTTP date (RFC 9110 section 5.6.7); the last one has no zone, and means GMT too. */
const httpDate = new RegExp(
  `^[A-Z][a-z]{2}, \\d{2} ${months} \\d{4} ${time} GMT$|^[A-Z][a-z]{5,8}, \\d{2}-${months}-\\d{2} ${time} GMT$|^[A-Z][a-z]{2} ${months} [ \\d]\\d ${time} \\d{4}$`,
);

/**
 * Milliseconds to wait by a Retry-After field (RFC 9110 section 10.2.3): seconds or an HTTP date.
 * Undefined when the field is absent or is neither; 0 for an instant that has passed.
 */
export function retryAfter(field: string | undefined, now: number): number | undefined {
  const value = field?.trim() ?? '';
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  if (!httpDate.test(value)) return undefined;
  const instant = Date.parse(value.endsWith('GMT') ? value : `${value} GMT`);
  return Number.isNaN(instant) ? undefined : Math.max(0, instant - now);
}
