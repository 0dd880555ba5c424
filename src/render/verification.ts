import type { Style } from '../io/style.ts';
import type { Verification } from '../jwt/verify.ts';
import { Text, text } from '../text.ts';
import { claims } from './decoded-token.ts';

/**
 * The result of a verification for a person: the verdict, every check, and the claims if they count.
 * @param now epoch seconds
 */
export function renderVerification({ valid, checks, payload }: Verification, style: Style, now: number): Text {
  const width = Math.max(10, ...checks.map(({ check }) => check.length + 1));
  const lines = checks.map(({ check, ok, reason }) => {
    const verdict = ok === null ? style.faint('not checked') : ok ? style.good('ok') : style.bad('FAILED');
    return reason === undefined
      ? text`  ${check.padEnd(width)}${verdict}`
      : text`  ${check.padEnd(width)}${verdict}  ${reason}`;
  });
  return Text.join(
    [
      valid ? style.good('valid') : style.bad('NOT VALID'),
      ...lines,
      ...(payload === undefined ? [] : [style.title('claims'), claims(payload, style, now)]),
    ],
    '\n',
  );
}
