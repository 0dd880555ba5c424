import { describe, expect, it } from 'vitest';
import { isLoopback, parseUrl, requireSecureUrl } from '../../../src/http/url-policy.ts';
import { failureOf, wordsOf } from '../support/failure.ts';

describe('isLoopback', () => {
  it.each([
    'http://localhost',
    'http://LOCALHOST:8080/x',
    'http://127.0.0.1',
    'http://127.0.0.1:8080',
    'http://127.255.255.254',
    'http://127.1',
    'http://2130706433',
    'http://0x7f.0.0.1',
    'http://[::1]',
    'http://[::1]:8080',
    'http://[0:0:0:0:0:0:0:1]',
  ])('%s stays on this machine', (url) => {
    expect(isLoopback(new URL(url))).toBe(true);
  });

  it.each([
    'http://localhost.example',
    'http://localhost.evil.example',
    'http://evil-localhost',
    'http://evil.localhost',
    'http://127.0.0.1.evil.example',
    'http://127.0.0.1.nip.io',
    'http://128.0.0.1',
    'http://0.0.0.0',
    'http://10.0.0.1',
    'http://192.168.0.1',
    'http://169.254.169.254',
    'http://[::]',
    'http://[::2]',
    'http://[fe80::1]',
    'http://[::ffff:10.0.0.1]',
    'http://as.example#localhost',
    'http://as.example/localhost',
    'http://localhost@as.example',
  ])('%s does not', (url) => {
    expect(isLoopback(new URL(url))).toBe(false);
  });
});

describe('requireSecureUrl', () => {
  it.each([
    ['https://as.example', false],
    ['https://10.0.0.1', false],
    ['http://localhost:8080', false],
    ['http://[::1]', false],
    ['http://as.example', true],
    ['http://10.0.0.1', true],
  ])('lets %s pass, with --allow-http %s', (url, allowHttp) => {
    expect(() => requireSecureUrl(new URL(url), allowHttp)).not.toThrow();
  });

  it.each(['http://as.example', 'http://10.0.0.1:8080', 'http://localhost.example', 'http://evil.localhost'])(
    'refuses %s',
    async (url) => {
      expect(await failureOf(() => requireSecureUrl(new URL(url), false))).toMatchObject({
        code: 'http_not_allowed',
        message: `plain http to ${new URL(url).host} is not allowed`,
        hint: expect.stringContaining('--allow-http'),
      });
    },
  );
});

describe('parseUrl', () => {
  it.each([
    'https://as.example',
    'http://localhost:8080/realms/a',
    'HTTPS://AS.example/x?y#z',
    'https://[::1]/',
    'https://müller.example',
  ])('reads %s', (value) => {
    expect(parseUrl(value, '--issuer').href).toBe(new URL(value).href);
  });

  it.each([
    ['no scheme', 'as.example/token', 'https://as.example/token'],
    ['a port for a scheme', 'localhost:8080/realms/a', 'http://localhost:8080/realms/a'],
    ['only words', 'my server', 'https://'],
    ['another scheme', 'ftp://as.example', 'ftp'],
    ['a file', 'file:///etc/passwd', 'file'],
    ['script', 'javascript:alert(1)', 'javascript'],
    ['no host', 'https://', 'https://'],
    ['an impossible port', 'https://as.example:99999', 'https://'],
  ])('refuses %s, and helps', async (_, value, hint) => {
    expect(await failureOf(() => parseUrl(value, '--issuer'))).toMatchObject({
      code: 'invalid_url',
      message: '--issuer is not an http or https URL',
      hint: expect.stringContaining(hint),
    });
  });

  it('says of an empty URL that it is empty', async () => {
    expect(await failureOf(() => parseUrl('', 'the URL'))).toMatchObject({
      code: 'invalid_url',
      message: 'the URL is empty',
      hint: 'is the variable set that it comes from?',
    });
  });

  it.each([
    'https://user:S3cr3t@as.example/token',
    'https://S3cr3t@as.example/token',
    'https://:S3cr3t@as.example/token',
    'http://user:S3cr3t@localhost',
  ])('refuses credentials in a URL, and does not repeat them: %s', async (value) => {
    const failure = await failureOf(() => parseUrl(value, 'CCGRANT_TOKEN_ENDPOINT'));
    expect(failure).toMatchObject({
      code: 'invalid_url',
      message: 'CCGRANT_TOKEN_ENDPOINT has a user name or password in it',
    });
    expect(wordsOf(failure)).not.toContain('S3cr3t');
  });

  it.each([
    'ftp://user:S3cr3t@as.example',
    'https://user:S3cr3t@',
    'user:S3cr3t@as.example',
    'https://user:S3cr3t@as.example:99999',
    'as.example/token?client_secret=S3cr3t',
    'S3cr3t',
  ])('does not repeat a value that is no URL either: %s', async (value) => {
    expect(wordsOf(await failureOf(() => parseUrl(value, '--issuer')))).not.toContain('S3cr3t');
  });
});
