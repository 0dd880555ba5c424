import { escapeUntrusted } from '../text.ts';

/**
 * Replaces secrets, and the forms in which they travel, by something harmless. A server may echo what
 * it was sent, a library may put it into a message: what is written to standard error passes here.
 */
export class Redactor {
  readonly #replacements = new Map<string, string>();

  /** Conceals `value` and its percent-encoded, JSON-escaped, terminal-escaped and base64 forms. */
  add(value: string, replacement: string): void {
    // Shorter values would tear words apart, and protect nothing that has so few characters.
    if (value.length < 4) return;
    for (const form of travelForms(value)) this.#replacements.set(form, replacement);
  }

  /** The message without any of the concealed values. */
  redact(message: string): string {
    const longestFirst = [...this.#replacements].sort(([a], [b]) => b.length - a.length);
    return longestFirst.reduce((line, [form, replacement]) => line.replaceAll(form, () => replacement), message);
  }
}

function travelForms(value: string): Set<string> {
  const percentEncoded = encodeURIComponent(value);
  return new Set([
    value,
    percentEncoded,
    percentEncoded.replaceAll('%20', '+'),
    percentEncoded.replaceAll(/%[0-9A-F]{2}/g, (octet) => octet.toLowerCase()),
    new URLSearchParams({ '': value }).toString().slice(1),
    JSON.stringify(value).slice(1, -1),
    escapeUntrusted(value),
    Buffer.from(value).toString('base64'),
    Buffer.from(value).toString('base64url'),
  ]);
}
