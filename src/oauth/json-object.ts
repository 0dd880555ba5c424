import { isTooDeep } from '../jwt/json-depth.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

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
