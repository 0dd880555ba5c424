/**
 * The name of the first member that occurs twice in one object of a JSON text, or undefined. JSON.parse
 * keeps the last one silently, and another reader of the same token may keep the first.
 * @param source valid JSON
 */
export function duplicateMember(source: string): string | undefined {
  const objects: Set<string>[] = [];
  for (const [token, string, colon] of source.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|[{}]/g)) {
    if (token === '{') objects.push(new Set());
    else if (token === '}') objects.pop();
    else if (colon !== undefined && string !== undefined) {
      const name: string = JSON.parse(string);
      const names = objects.at(-1);
      if (names?.has(name)) return name;
      names?.add(name);
    }
  }
  return undefined;
}
