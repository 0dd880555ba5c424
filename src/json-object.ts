export type JsonObject = Readonly<Record<string, unknown>>;

/** Nothing that a server or a token has to say is nested deeper, and what is would exhaust the stack of whoever prints it. */
const depthLimit = 100;

/** Whether a JSON value is nested deeper than anything sensible. */
export function isTooDeep(value: unknown, limit = depthLimit): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (limit === 0) return true;
  for (const member of Object.values(value)) {
    if (typeof member === 'object' && isTooDeep(member, limit - 1)) return true;
  }
  return false;
}

/** The JSON object that a text is, or undefined when it is anything else. Members nested too deeply are left out. */
export function parseJsonObject(source: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(source.replace(/^\uFEFF/, ''));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return Object.fromEntries(Object.entries(value).filter(([, member]) => !isTooDeep(member)));
  } catch {
    return undefined;
  }
}
