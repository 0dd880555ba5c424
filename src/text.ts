/**
 * Text that may go to a terminal. The only way to make one is the `text` tag, which escapes every
 * string put into it: what a server, a token or a file says can neither move the cursor, nor hide
 * behind bidirectional controls, nor begin a line (where CI systems look for commands).
 */
export class Text {
  readonly value: string;

  private constructor(value: string) {
    this.value = value;
  }

  /** For `text` and the style functions, which know that the parts are safe. */
  static trusted(value: string): Text {
    return new Text(value);
  }

  static join(parts: readonly Text[], separator: string): Text {
    return new Text(parts.map((part) => part.value).join(separator));
  }

  toString(): string {
    return this.value;
  }
}

export type Printable = string | number | Text;

/** Builds a Text: the template is trusted, strings put into it are escaped, Texts are taken as they are. */
export function text(template: TemplateStringsArray, ...values: readonly Printable[]): Text {
  const value = template.reduce((line, part, index) => line + toSafeString(values[index - 1] ?? '') + part);
  return Text.trusted(value);
}

/** The escaped form of one printable value. */
export function toSafeString(value: Printable): string {
  return value instanceof Text ? value.value : escapeUntrusted(String(value));
}

// What is found quickly: most texts hold none of it.
function mayBeUnprintable(value: string): boolean {
  return /[^\x20-\x7e]/.test(value) || value.includes('##');
}

/**
 * Controls, format characters (bidirectional, zero-width, tags) and other invisible ones, line and paragraph
 * separators, lone surrogates; and the beginning of what CI systems take for a command wherever it stands in a
 * line: `##[` and `##vso[`. Not a literal: V8 builds the sets of one when it reads the file, which took it a
 * quarter of the time for all that every command needs.
 */
const unprintable = String.raw`[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]|(?<=#)#(?=(?:vso)?\[)`;

/** Replaces every character that could move, hide or begin text on a terminal. */
export function replaceUnprintable(value: string, replacement: (character: string) => string): string {
  if (!mayBeUnprintable(value)) return value;
  return value.replace(new RegExp(unprintable, 'gu'), replacement);
}

/** Shows control, bidirectional and zero-width characters as `\n`, `\t` or `\u{…}`. */
export function escapeUntrusted(value: string): string {
  return replaceUnprintable(value, (character) => {
    if (character === '\n') return '\\n';
    if (character === '\r') return '\\r';
    if (character === '\t') return '\\t';
    return `\\u{${character.codePointAt(0)?.toString(16)}}`;
  });
}
