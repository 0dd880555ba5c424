export type JsonObject = Readonly<Record<string, unknown>>;

/** The JSON object that a text is, or undefined when it is anything else. */
export function parseJsonObject(source: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(source);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}
