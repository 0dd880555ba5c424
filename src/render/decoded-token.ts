import type { Style } from '../io/style.ts';
import type { DecodedJwe, DecodedJwt } from '../jwt/decode.ts';
import { Text, text } from '../text.ts';
import { timestamp } from '../timestamp.ts';
import { safeJson } from './json.ts';
import { relativeTime } from './time.ts';

const timeClaims = new Set(['exp', 'nbf', 'iat', 'auth_time', 'updated_at']);

/**
 * A decoded token for a person: JSON as it stands in the token, and beside each time what it means.
 * @param now epoch seconds
 */
export function renderDecoded(decoded: DecodedJwt | DecodedJwe, style: Style, now: number): Text {
  return Text.join(
    [
      style.title('header'),
      safeJson(decoded.header, 2),
      ...(decoded.kind === 'JWE' ? [] : [style.title('claims'), claims(decoded.payload, style, now)]),
    ],
    '\n',
  );
}

/** A claims set as JSON with a comment behind each time. */
export function claims(payload: Readonly<Record<string, unknown>>, style: Style, now: number): Text {
  const members = Object.entries(payload);
  const lines = members.map(([name, value], index) => {
    const comma = index === members.length - 1 ? '' : ',';
    const member = text`${safeJson(name)}: ${indented(safeJson(value, 2))}${comma}`;
    const meaning = timeClaims.has(name) ? meaningOf(name, value, style, now) : undefined;
    return meaning === undefined ? text`  ${member}` : text`  ${member}  ${meaning}`;
  });
  return members.length === 0 ? text`{}` : Text.join([text`{`, ...lines, text`}`], '\n');
}

function indented(json: Text): Text {
  return Text.trusted(json.value.replaceAll('\n', '\n  '));
}

function meaningOf(name: string, value: unknown, style: Style, now: number): Text | undefined {
  if (typeof value !== 'number' || !(Math.abs(value) < 8.64e12)) return undefined;
  const moment = `// ${timestamp(value)}, ${relativeTime(value, now)}`;
  if (name === 'exp' && value <= now) return text`${style.faint(moment)} ${style.bad('EXPIRED')}`;
  if (name === 'nbf' && value > now) return text`${style.faint(moment)} ${style.caution('NOT YET VALID')}`;
  return style.faint(moment);
}
