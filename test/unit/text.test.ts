import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeUntrusted, Text, text, toSafeString } from '../../src/text.ts';

/** Control, line and paragraph separators, lone surrogates, bidirectional controls, and format characters that nobody sees. */
const neverShown = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]|(?=\p{Cf})\p{Default_Ignorable_Code_Point}/u;

/** A text of any characters, with many of those that must not be shown. */
const hostile = fc.string({
  unit: fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    fc.constantFrom(
      '\u001b',
      '\n',
      '\r',
      '\t',
      '\0',
      '\u007f',
      '\u009b',
      '\u202e',
      '\u2066',
      '\u200b',
      '\u2028',
      '\ufeff',
      '\ud800',
    ),
  ),
});

describe('escapeUntrusted', () => {
  it.each<[string, string, string]>([
    ['a line feed', 'a\nb', 'a\\nb'],
    ['a command of Azure Pipelines in mid-line', 'x ##vso[task.setvariable]y', 'x #\\u{23}vso[task.setvariable]y'],
    ['a command of old runners', '##[add-path]/tmp', '#\\u{23}[add-path]/tmp'],
    ['a heading, which is no command', '## title [1]', '## title [1]'],
    ['a carriage return', 'a\rb', 'a\\rb'],
    ['a tab', 'a\tb', 'a\\tb'],
    ['an escape sequence that clears the screen', '\u001b[2J', '\\u{1b}[2J'],
    ['a title', '\u001b]0;owned\u0007', '\\u{1b}]0;owned\\u{7}'],
    [
      'a link (OSC 8)',
      '\u001b]8;;https://evil.example\u001b\\x\u001b]8;;\u001b\\',
      '\\u{1b}]8;;https://evil.example\\u{1b}\\x\\u{1b}]8;;\\u{1b}\\',
    ],
    ['the clipboard (OSC 52)', '\u001b]52;c;ZXZpbA==\u0007', '\\u{1b}]52;c;ZXZpbA==\\u{7}'],
    ['a C1 control', '\u009b2J', '\\u{9b}2J'],
    ['NUL', '\0', '\\u{0}'],
    ['DEL', '\u007f', '\\u{7f}'],
    ['a backspace', 'abc\b\b\b', 'abc\\u{8}\\u{8}\\u{8}'],
    ['a right-to-left override', 'user\u202excod.exe', 'user\\u{202e}xcod.exe'],
    ['an isolate', '\u2066a\u2069', '\\u{2066}a\\u{2069}'],
    ['a right-to-left mark', '\u200f', '\\u{200f}'],
    ['a zero-width space', 'ad\u200bmin', 'ad\\u{200b}min'],
    ['a zero-width joiner', '\u200d', '\\u{200d}'],
    ['a word joiner', '\u2060', '\\u{2060}'],
    ['a byte order mark', '\ufeffa', '\\u{feff}a'],
    ['a soft hyphen', '\u00ad', '\\u{ad}'],
    ['a line separator', '\u2028', '\\u{2028}'],
    ['a paragraph separator', '\u2029', '\\u{2029}'],
    ['a tag character', '\u{e0041}', '\\u{e0041}'],
    ['a lone surrogate', '\ud800', '\\u{d800}'],
  ])('shows %s', (_, value, shown) => {
    expect(escapeUntrusted(value)).toBe(shown);
  });

  it.each(['plain', 'Zoë', '東京', '🦊', 'ا ب', 'é', '100 % "\'\\', '', ' '])('leaves %j as it is', (value) => {
    expect(escapeUntrusted(value)).toBe(value);
  });

  it('leaves no character that cannot be seen, of all that there are', () => {
    const left: string[] = [];
    for (let code = 0; code <= 0x10ffff; code += 1) {
      const character = String.fromCodePoint(code);
      if (neverShown.test(character) && neverShown.test(escapeUntrusted(character))) left.push(code.toString(16));
    }
    expect(left).toEqual([]);
  });

  it('leaves none in any text, and never begins a line', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        const shown = escapeUntrusted(value);
        expect(shown).not.toMatch(neverShown);
        expect(shown.split(/[\r\n]/)).toHaveLength(1);
      }),
      { numRuns: 1000 },
    );
  });

  it('changes nothing on a second time', () => {
    fc.assert(fc.property(hostile, (value) => escapeUntrusted(escapeUntrusted(value)) === escapeUntrusted(value)));
  });
});

describe('text', () => {
  it('trusts its template and escapes what is put into it', () => {
    expect(text`a\n${'b\n'}${1}`.value).toBe('a\nb\\n1');
  });

  it('takes a Text as it is', () => {
    const inner = text`a\n${'\n'}`;
    expect(text`${inner}!`.value).toBe('a\n\\n!');
  });

  it('keeps CI commands of a server from beginning a line', () => {
    const line = text`error: ${'x\n::set-env name=PATH::/tmp\r##vso[task.setvariable]'}`.value;
    expect(line.split(/[\r\n]/)).toHaveLength(1);
  });

  it('joins with a separator that is trusted', () => {
    expect(Text.join([text`${'a\n'}`, text`b`], '\n').value).toBe('a\\n\nb');
  });

  it('is safe as one value', () => {
    expect(toSafeString('\u001b')).toBe('\\u{1b}');
    expect(toSafeString(5)).toBe('5');
  });
});
