import { sha256Hex } from './sha256.ts';

/** How a token is shown where it must not be readable: `eyJ…(sha256:ab12cd34)`, so that two traces can be compared. */
export function fingerprint(token: string): string {
  return `${token.slice(0, 3)}…(sha256:${sha256Hex(token).slice(0, 8)})`;
}
