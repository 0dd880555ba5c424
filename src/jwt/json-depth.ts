/** Nothing that a server or a token has to say is nested deeper, and what is would exhaust the stack of whoever prints it. */
const depthLimit = 100;

/** Whether a JSON value is nested deeper than anything sensible. */
export function isTooDeep(value: unknown, limit = depthLimit): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return limit === 0 || Object.values(value).some((member) => isTooDeep(member, limit - 1));
}
