import { escapeUntrusted } from '../text.ts';
import type { Replacement } from './io.ts';

/**
 * Replaces secrets, and the forms in which they travel, by something harmless. A server may echo what
 * it was sent, a library may put it into a message: what is written to standard error passes here.
 */
export class Redactor {
  readonly #concealed: { readonly value: string; readonly replacement: Replacement; forms?: readonly Form[] }[] = [];

  /** Conceals `value`, however its characters are escaped, and its base64 and hexadecimal forms. */
  add(value: string, replacement: Replacement): void {
    // Shorter values would tear words apart, and protect nothing that has so few characters.
    if (value.length >= 4) this.#concealed.push({ value, replacement });
  }

  /** The message without any of the concealed values. */
  redact(message: string): string {
    const forms = this.#concealed.flatMap((concealed) => {
      // No form has fewer characters than the value without its padding; those of a token take long to make.
      if (message.length < concealed.value.replace(/=+$/, '').length) return [];
      concealed.forms ??= formsOf(concealed.value);
      return concealed.forms.map((form) => ({ ...form, replacement: concealed.replacement }));
    });
    const longestFirst = forms.sort((a, b) => b.length - a.length);
    return longestFirst.reduce(
      (line, { form, replacement }) =>
        line.replaceAll(form, () => (typeof replacement === 'string' ? replacement : replacement())),
      message,
    );
  }
}

interface Form {
  readonly form: string | RegExp;
  readonly length: number;
}

function formsOf(value: string): Form[] {
  const encoded = [...encodedForms(value)].map((form) => ({ form, length: form.length }));
  // The pattern comes before the value itself, which would leave the second backslash of an escaped one.
  return /^[A-Za-z0-9]*$/.test(value) ? encoded : [{ form: anyEscaping(value), length: value.length }, ...encoded];
}

function encodedForms(value: string): Set<string> {
  const bytes = Buffer.from(value);
  const base64 = bytes.toString('base64');
  return new Set([
    value,
    escapeUntrusted(value),
    new URLSearchParams({ '': value }).toString().slice(1),
    base64,
    base64.replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    ...(/=$/.test(value)
      ? [value.replace(/=+$/, ''), value.replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_')]
      : []),
  ]);
}

/** A pattern for a value in which each character but letters and digits may be escaped as JSON, URLs and HTML do. */
function anyEscaping(value: string): RegExp {
  return new RegExp(Array.from(value, escapings).join(''), 'giu');
}

const htmlNames: ReadonlyMap<string, string> = new Map([
  ['&', 'amp'],
  ['<', 'lt'],
  ['>', 'gt'],
  ['"', 'quot'],
  ["'", 'apos'],
]);

function escapings(character: string): string {
  if (/[A-Za-z0-9]/.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  const octets = [...Buffer.from(character)].map((octet) => `%(?:25)*${octet.toString(16).padStart(2, '0')}`).join('');
  const name = htmlNames.get(character);
  // The character itself comes after its escapes: `%25` begins with one, and would leave its `25`.
  return `(?:${[
    `\\\\{1,4}u\\{?0*${hex}\\}?`,
    octets,
    `&#0*${code};`,
    `&#x0*${hex};`,
    ...(name === undefined ? [] : [`&${name};`]),
    `\\\\{0,4}\\u{${hex}}`,
    ...(/\s/.test(character) ? ['\\+', '\\s+', '\\\\{1,4}[nrt]'] : []),
  ].join('|')})`;
}
