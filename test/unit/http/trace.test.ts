import { describe, expect, it } from 'vitest';
import { HttpHeaders } from '../../../src/http/headers.ts';
import { traceRequest, traceResponse } from '../../../src/http/trace.ts';
import { sha256Hex } from '../../../src/sha256.ts';
import { fingerprint } from '../../../src/token-fingerprint.ts';

const token = 'eyJhbGciOiJSUzI1NiJ9.e30.c2ln';

function request(headers: [string, string][], body?: string, url = 'https://as.example/token'): string[] {
  const lines: string[] = [];
  const form: [string, string][] = body === undefined ? [] : [['content-type', 'application/x-www-form-urlencoded']];
  traceRequest(
    { method: 'POST', url: new URL(url), headers: new HttpHeaders([...headers, ...form]), body },
    ({ value }) => lines.push(value),
  );
  return lines;
}

describe('traceRequest', () => {
  it('shows method, URL, headers and form as curl -v does', () => {
    expect(request([['accept', 'application/json']], 'grant_type=client_credentials&scope=a+b')).toEqual([
      '> POST https://as.example/token',
      '> accept: application/json',
      '> content-type: application/x-www-form-urlencoded',
      '> grant_type=client_credentials&scope=a+b',
    ]);
  });

  it.each([
    ['Authorization', 'Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW', 'Basic'],
    ['Proxy-Authorization', 'Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW', 'Basic'],
    ['authorization', 'Custom czZCaGRSa3F0MzpnWDFmQmF0M2JW', ''],
    ['Cookie', 'session=czZCaGRSa3F0MzpnWDFmQmF0M2JW', ''],
    ['X-Api-Key', 'czZCaGRSa3F0MzpnWDFmQmF0M2JW', ''],
    ['apikey', 'czZCaGRSa3F0MzpnWDFmQmF0M2JW', ''],
    ['X-Auth-Token', 'czZCaGRSa3F0MzpnWDFmQmF0M2JW', ''],
    ['X-Client-Secret', 'czZCaGRSa3F0MzpnWDFmQmF0M2JW', ''],
    ['DPoP', 'eyJ0eXAiOiJkcG9wK2p3dCJ9.e30.czZCaGRSa3F0MzpnWDFmQmF0M2JW', ''],
  ])('masks the value of %s, and keeps the scheme', (name, value, scheme) => {
    const line = request([[name, value]])[1];
    expect(line).toMatch(new RegExp(`^> ${name}: ${scheme}`));
    expect(line).not.toContain('czZCaGRSa3F0MzpnWDFmQmF0M2JW');
  });

  it.each(['client_secret', 'client_assertion', 'assertion', 'token', 'password', 'refresh_token'])(
    'masks the parameter %s',
    (name) => {
      const [, , line] = request([], `grant_type=x&${name}=S3cr3t%2B&client_id=ci-bot`);
      expect(line).toMatch(new RegExp(`^> grant_type=x&${name}=[^&]+&client_id=ci-bot$`));
      expect(line).not.toContain('S3cr3t');
    },
  );

  it('does not mask what only begins or ends like a secret parameter', () => {
    expect(request([], 'token_type_hint=access_token&client_id=secret')[2]).toBe(
      '> token_type_hint=access_token&client_id=secret',
    );
  });

  it.each(['Bearer', 'DPoP'])(
    'shows a token behind %s by its fingerprint, so that two traces can be compared',
    (scheme) => {
      expect(request([['authorization', `${scheme} ${token}`]])[1]).toBe(
        `> authorization: ${scheme} ${fingerprint(token, sha256Hex)}`,
      );
    },
  );

  it('shows the token of an introspection or revocation by its fingerprint', () => {
    expect(request([], `token=${token}`)[2]).toBe(`> token=${fingerprint(token, sha256Hex)}`);
  });

  it('lets no header steer the terminal', () => {
    expect(request([['x-note', 'a\u001b[2J\u202e']])[1]).toBe('> x-note: a\\u{1b}[2J\\u{202e}');
  });

  it('does not show a body that is no form', () => {
    const lines: string[] = [];
    const headers = new HttpHeaders([['content-type', 'application/json']]);
    traceRequest(
      { method: 'POST', url: new URL('https://api.example'), headers, body: '{"password":"S3cr3t"}' },
      ({ value }) => lines.push(value),
    );
    expect(lines.join()).not.toContain('S3cr3t');
  });
});

describe('traceResponse', () => {
  it('shows status and headers, and masks cookies', () => {
    const lines: string[] = [];
    const headers = new HttpHeaders([
      ['content-type', 'application/json'],
      ['set-cookie', 'session=S3cr3t'],
      ['x-request-id', 'r1\n::x'],
    ]);
    async function* nothing() {}
    traceResponse({ status: 200, statusText: 'OK', headers, body: nothing() }, ({ value }) => lines.push(value));
    expect(lines).toEqual([
      '< 200',
      '< content-type: application/json',
      '< set-cookie: [secret]',
      '< x-request-id: r1\\n::x',
    ]);
  });
});
