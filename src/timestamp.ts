/** An instant (epoch seconds) as RFC 3339 in UTC. */
export function timestamp(seconds: number): string {
  const date = new Date(seconds * 1000);
  const year = date.getUTCFullYear();
  if (!Number.isInteger(seconds) || year < 1000 || year > 9999) return date.toISOString().replace('.000Z', 'Z');
  // By hand, as toISOString reads the zone of the machine from its files, which it does not need.
  const day = [year, date.getUTCMonth() + 1, date.getUTCDate()].map(twoDigits).join('-');
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(twoDigits).join(':');
  return `${day}T${time}Z`;
}

function twoDigits(count: number): string {
  return String(count).padStart(2, '0');
}
