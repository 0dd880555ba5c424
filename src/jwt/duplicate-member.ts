/**
 * The name of the first member that occurs twice in one object of a JSON text, or undefined. JSON.parse
 * keeps the last one silently, and another reader of the same token may keep the first.
 * @param source valid JSON
 * @param value what JSON.parse makes of it
 */
export function duplicateMember(source: string, value: unknown): string | undefined {
  // Nearly all have none, and which names they have is then of no interest.
  return countMembers(value) === countColons(source) ? undefined : findDuplicate(source);
}

/** The members of all objects in a value. */
function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const members = Object.values(value);
  let count = Array.isArray(value) ? 0 : members.length;
  for (const member of members) if (typeof member === 'object') count += countMembers(member);
  return count;
}

/** The colons outside of strings: one for each member. */
function countColons(source: string): number {
  let count = 0;
  for (let index = 0; index < source.length; index += 1) {
    const character = source.charCodeAt(index);
    if (character === colon) count += 1;
    else if (character === quote) index = endOfString(source, index) - 1;
  }
  return count;
}

function findDuplicate(source: string): string | undefined {
  const objects: Set<string>[] = [];
  for (let index = 0; index < source.length; index += 1) {
    const character = source.charCodeAt(index);
    if (character === openingBrace) objects.push(new Set());
    else if (character === closingBrace) objects.pop();
    else if (character === quote) {
      const end = endOfString(source, index);
      if (isName(source, end)) {
        const string = source.slice(index, end);
        const name: string = string.includes('\\') ? JSON.parse(string) : string.slice(1, -1);
        const names = objects.at(-1);
        if (names?.has(name)) return name;
        names?.add(name);
      }
      index = end - 1;
    }
  }
  return undefined;
}

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;
const space = 0x20;
const openingBrace = 0x7b;
const closingBrace = 0x7d;

/** The index behind the string that starts here. */
function endOfString(source: string, start: number): number {
  let end = source.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(source, end)) end = source.indexOf('"', end + 1);
  return end === -1 ? source.length : end + 1;
}

/** Whether an odd number of backslashes stands before a quote. */
function isEscaped(source: string, index: number): boolean {
  let start = index;
  while (source.charCodeAt(start - 1) === backslash) start -= 1;
  return (index - start) % 2 === 1;
}

/** Whether a colon follows a string, behind white space at most. */
function isName(source: string, end: number): boolean {
  let next = end;
  while (source.charCodeAt(next) <= space) next += 1;
  return source.charCodeAt(next) === colon;
}
