import { describe, expect, it } from 'vitest';
import { HttpHeaders } from '../../../src/http/headers.ts';
import { certificateConfirmation } from '../../../src/oauth/certificate-binding.ts';
import { requireConfirmation } from '../../../src/oauth/require-confirmation.ts';
import { failureOf, wordsOf } from '../support/failure.ts';

const thumbprint = 'A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0';
const presented = { thumbprint, subject: 'CN=a', origin: '--cert' } as Parameters<typeof certificateConfirmation>[0];
const document = {
  url: new URL('https://as.example/token'),
  method: 'POST',
  status: 200,
  headers: new HttpHeaders([]),
  text: '',
};

/** A JWT that says this in `cnf`. */
function tokenWith(cnf: unknown): string {
  return [{ alg: 'RS256' }, { cnf }]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
    .concat('.AAAA');
}

const judge = (token: string) => requireConfirmation(token, certificateConfirmation(presented), document);

describe('a token that comes over a connection with a certificate', () => {
  it.each<[string, unknown]>([
    ['is bound to it', { 'x5t#S256': thumbprint }],
    ['is bound to it and to a key', { 'x5t#S256': thumbprint, jkt: 'x' }],
    ['is bound to nothing', undefined],
    ['has an empty cnf', {}],
    ['has the cnf null', null],
    ['has a cnf that is no object', 'x'],
  ])('will do when it %s', (_, cnf) => {
    expect(() => judge(tokenWith(cnf))).not.toThrow();
  });

  it('will do when it is opaque', () => {
    expect(() => judge('opaque')).not.toThrow();
  });

  it.each<[string, unknown]>([
    ['another certificate', 'x'.repeat(43)],
    ['what only begins alike', `${thumbprint}=`],
    ['a number', 7],
    ['null', null],
    ['a list with the right one', [thumbprint]],
    ['far more than a thumbprint', 'x'.repeat(5000)],
  ])('is refused when it is bound to %s', async (_, bound) => {
    const failure = await failureOf(async () => judge(tokenWith({ 'x5t#S256': bound })));
    expect(failure.code).toBe('invalid_response');
    expect(wordsOf(failure).length).toBeLessThan(1000);
  });
});
