import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Redactor } from '../../../src/io/redactor.ts';
import { escapeUntrusted } from '../../../src/text.ts';

/** Every form in which a secret may come back: each is what some program makes of it on its way. */
const travelForms: readonly [string, (secret: string) => string][] = [
  ['as it is', (secret) => secret],
  ['percent-encoded', encodeURIComponent],
  [
    'percent-encoded in lower case',
    (secret) => encodeURIComponent(secret).replaceAll(/%../g, (octet) => octet.toLowerCase()),
  ],
  ['as a form', (secret) => new URLSearchParams([['', secret]]).toString().slice(1)],
  ['percent-encoded with + for a blank', (secret) => encodeURIComponent(secret).replaceAll('%20', '+')],
  ['in JSON', (secret) => JSON.stringify(secret).slice(1, -1)],
  ['in base64', (secret) => Buffer.from(secret).toString('base64')],
  ['in base64url', (secret) => Buffer.from(secret).toString('base64url')],
  ['escaped for the terminal', escapeUntrusted],
];

function redact(message: string, ...secrets: string[]): string {
  const redactor = new Redactor();
  for (const secret of secrets) redactor.add(secret, '[secret]');
  return redactor.redact(message);
}

describe('Redactor', () => {
  const odd = [
    'zoRdC3erP6p9fci6',
    'S3cr3t/+=%"\n',
    'a b c d',
    'ü🦊 €',
    "it's <b>&amp;",
    'C:\\new\\table',
    '$&$1$$',
    'x\u0007\u200by',
    'ends %',
    'ends &',
    'ends <',
    'ends \\',
  ];

  describe.each(travelForms)('conceals a secret %s', (_, travel) => {
    it.each(odd)('%j', (secret) => {
      expect(redact(`before ${travel(secret)} after`, secret)).toBe('before [secret] after');
    });
  });

  it('conceals every form of any secret, whatever stands around it', () => {
    const secrets = fc.string({ unit: 'grapheme', minLength: 4 });
    fc.assert(
      fc.property(secrets, fc.constantFrom(...travelForms), (secret, [, travel]) => {
        const form = travel(secret);
        fc.pre(!'<[secret]>'.includes(form));
        expect(redact(`<${form}>`, secret)).toBe('<[secret]>');
      }),
      { numRuns: 1000 },
    );
  });

  it('leaves nothing of several secrets, of which one may be a part of another', () => {
    const values = fc.array(fc.string({ minLength: 4, maxLength: 12 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(values, fc.array(fc.nat()), (secrets, order) => {
        const message = order.map((index) => `${secrets[index % secrets.length]}|`).join('');
        const shown = redact(message, ...secrets).replaceAll('[secret]', '');
        for (const secret of secrets) if (!'[secret]|'.includes(secret)) expect(shown).not.toContain(secret);
      }),
    );
  });

  it('conceals every occurrence', () => {
    expect(redact('hunter2 hunter2,hunter2', 'hunter2')).toBe('[secret] [secret],[secret]');
  });

  it('conceals the longer one where a secret is the beginning of another', () => {
    const redactor = new Redactor();
    redactor.add('abcd', '[one]');
    redactor.add('abcdefgh', '[two]');
    expect(redactor.redact('abcdefgh abcd')).toBe('[two] [one]');
  });

  it('shows a token by its own replacement', () => {
    const redactor = new Redactor();
    redactor.add('eyJhbGciOiJSUzI1NiJ9.e30.c2ln', 'eyJ…(sha256:ab12cd34)');
    expect(redactor.redact('Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln')).toBe('Bearer eyJ…(sha256:ab12cd34)');
  });

  it('takes a replacement to the letter, also one that begins like the token', () => {
    const redactor = new Redactor();
    redactor.add('$&token', '$&…');
    expect(redactor.redact('a $&token b')).toBe('a $&… b');
  });

  it.each(['', 'a', 'ab', 'abc'])(
    'leaves words alone that have %j in them: so few characters protect nothing',
    (value) => {
      expect(redact('abc abcd', value)).toBe('abc abcd');
    },
  );

  it('changes nothing when there is nothing to conceal', () => {
    expect(redact('nothing to see')).toBe('nothing to see');
  });
});
