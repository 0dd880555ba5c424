import { replaceUnprintable, Text } from '../text.ts';

/**
 * JSON as text that may go to a terminal: JSON.stringify escapes C0 controls only, so DEL, C1,
 * bidirectional and zero-width characters become `\uXXXX`, which any JSON parser reads back.
 * @param indent spaces per level; without it everything is on one line
 */
export function safeJson(value: unknown, indent?: number): Text {
  const json = stringify(value, indent);
  if (indent === undefined) return Text.trusted(replaceUnprintable(json, escapeUtf16));
  // The line feeds that JSON.stringify leaves are those that it puts between members itself.
  const lines = json.split('\n').map((line) => replaceUnprintable(line, escapeUtf16));
  return Text.trusted(lines.join('\n'));
}

function escapeUtf16(character: string): string {
  return character.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** JSON.stringify is recursive, and what a server nests can be deeper than the stack. */
function stringify(value: unknown, indent: number | undefined): string {
  try {
    return JSON.stringify(value, undefined, indent);
  } catch (error) {
    if (error instanceof RangeError) return '"nested too deeply to be shown"';
    throw error;
  }
}
