import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HttpHeaders } from '../../../../src/http/headers.ts';
import { basicCredentials } from '../../../../src/oauth/client-auth/client-secret-basic.ts';
import { Secret } from '../../../../src/secret.ts';
import { authenticationBy } from '../../support/authenticate.ts';

const url = new URL('https://as.example/token');
const form = [['grant_type', 'client_credentials']] as const;

function decoded(credentials: string): string {
  return Buffer.from(credentials, 'base64').toString();
}

describe('client_secret_basic (RFC 6749 section 2.3.1)', () => {
  it('puts id and secret into the Authorization field, and nothing into the form', async () => {
    const authentication = await authenticationBy('client_secret_basic', 's6BhdRkqt3', 'gX1fBat3bV');
    const headers = new HttpHeaders([['accept', 'application/json']]);
    const request = await authentication.complete({ url, headers, form: [...form] });
    expect(request.headers.get('authorization')).toBe('Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW');
    expect(request.headers.get('accept')).toBe('application/json');
    expect(request.form).toEqual(form);
    expect(request.url.href).toBe(url.href);
  });

  it('takes the place of another Authorization field', async () => {
    const headers = new HttpHeaders([['Authorization', 'Bearer x']]);
    const request = await (await authenticationBy('client_secret_basic', 'a', 'b')).complete({
      url,
      headers,
      form: [],
    });
    expect([...request.headers]).toEqual([['authorization', 'Basic YTpi']]);
  });

  it.each([
    [':', '%3A'],
    ['%', '%25'],
    ['+', '%2B'],
    [' ', '%20'],
    ['&', '%26'],
    ['=', '%3D'],
    ['/', '%2F'],
    ['?', '%3F'],
    ['#', '%23'],
    ['"', '%22'],
    ['\\', '%5C'],
    ['@', '%40'],
    [',', '%2C'],
    [';', '%3B'],
    ['<', '%3C'],
    ['|', '%7C'],
    ['\n', '%0A'],
    ['\0', '%00'],
    ['ü', '%C3%BC'],
    ['€', '%E2%82%AC'],
    ['🦊', '%F0%9F%A6%8A'],
    ['-_.~', '-_.~'],
    ['AZaz09', 'AZaz09'],
    ['%41', '%2541'],
    ['a+b', 'a%2Bb'],
    ['100%', '100%25'],
  ])('percent-encodes %j in id and secret', (character, encoded) => {
    expect(decoded(basicCredentials(character, new Secret(character), 'form'))).toBe(`${encoded}:${encoded}`);
  });

  it('is read back by a server that decodes, for every id and secret', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(text, text, (id, secret) => {
        const credentials = decoded(basicCredentials(id, new Secret(secret), 'form'));
        expect(credentials.split(':').map(decodeURIComponent)).toEqual([id, secret]);
      }),
    );
  });

  it.each([
    ['id', 'a:b%c +ü'],
    ['Aladdin', 'open sesame'],
  ])('raw leaves %s and %s as they are', async (id, secret) => {
    const authentication = await authenticationBy('client_secret_basic', id, secret, 'raw');
    const { headers } = await authentication.complete({ url, headers: new HttpHeaders(), form: [] });
    expect(decoded(headers.get('authorization')?.replace('Basic ', '') ?? '')).toBe(`${id}:${secret}`);
  });
});
