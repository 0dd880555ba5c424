const units = [
  ['year', 365 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

/** How far an instant is from now, in its two largest units: `in 4 minutes 59 seconds`, `3 years 235 days ago`. */
export function relativeTime(seconds: number, now: number): string {
  const distance = Math.round(seconds - now);
  if (distance === 0) return 'now';
  let rest = Math.abs(distance);
  const parts = units.flatMap(([unit, length]) => {
    const count = Math.floor(rest / length);
    rest -= count * length;
    return count === 0 ? [] : [`${count} ${unit}${count === 1 ? '' : 's'}`];
  });
  const span = parts.slice(0, 2).join(' ');
  return distance > 0 ? `in ${span}` : `${span} ago`;
}
