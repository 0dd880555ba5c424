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

/**
 * A function that does what `safeJson` does on one line, for many objects that share members: what was an
 * object of the one before too, that very object or a list of the same, is not written anew.
 */
export function createLineWriter(): (value: object) => Text {
  const members = new Map<string, (member: unknown) => string>();

  return (value) => {
    let line = '';
    for (const [name, member] of Object.entries(value)) {
      if (member === undefined) continue;
      const write = members.get(name) ?? createMemberWriter(name);
      members.set(name, write);
      line += `${line === '' ? '' : ','}${write(member)}`;
    }
    return Text.trusted(`{${line}}`);
  };
}

function createMemberWriter(name: string): (member: unknown) => string {
  const label = `${safeJson(name).value}:`;
  let latest: { readonly member: unknown; readonly json: string } | undefined;

  return (member) => {
    // V8 takes four times as long to write a string as to see that it may stay as it is.
    if (typeof member === 'string' && plain.test(member)) return `${label}"${member}"`;
    if (latest === undefined || !isSame(latest.member, member)) {
      latest = { member, json: `${label}${safeJson(member).value}` };
    }
    return latest.json;
  };
}

function isSame(one: unknown, other: unknown): boolean {
  if (!Array.isArray(one) || !Array.isArray(other)) return one === other;
  return one.length === other.length && one.every((item, index) => item === other[index]);
}

/** Characters that neither JSON nor `safeJson` escapes, whatever stands beside them. */
const plain = /^[ !$-[\]-~]*$/;

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
