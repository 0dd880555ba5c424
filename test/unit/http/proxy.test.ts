import { describe, expect, it } from 'vitest';
import type { Environment } from '../../../src/context.ts';
import type { ProxySettings } from '../../../src/http/proxy.ts';
import { proxySelector } from '../../../src/http/proxy.ts';
import { failureOf, wordsOf } from '../support/failure.ts';

async function select(
  url: string,
  env: Environment,
  settings: Partial<ProxySettings> = {},
): Promise<string | undefined> {
  const proxyFor = await proxySelector({ proxy: undefined, noProxy: undefined, ...settings }, env);
  return proxyFor(new URL(url))?.href;
}

const [one, two, three] = ['http://one.example:3128/', 'http://two.example:3128/', 'http://three.example:3128/'];

describe('the proxy of a URL', () => {
  it.each<[string, string, Environment, Partial<ProxySettings>, string | undefined]>([
    ['none', 'https://as.example', {}, {}, undefined],
    ['HTTPS_PROXY for https', 'https://as.example', { HTTPS_PROXY: one }, {}, one],
    ['https_proxy for https', 'https://as.example', { https_proxy: one }, {}, one],
    ['HTTPS_PROXY not for http', 'http://as.example', { HTTPS_PROXY: one }, {}, undefined],
    ['HTTP_PROXY for http', 'http://as.example', { HTTP_PROXY: one }, {}, one],
    ['http_proxy not for https', 'https://as.example', { http_proxy: one }, {}, undefined],
    ['ALL_PROXY for https', 'https://as.example', { ALL_PROXY: one }, {}, one],
    ['all_proxy for http', 'http://as.example', { all_proxy: one }, {}, one],
    ['the one of the scheme before ALL_PROXY', 'https://as.example', { ALL_PROXY: one, HTTPS_PROXY: two }, {}, two],
    ['lower case before upper case', 'https://as.example', { HTTPS_PROXY: one, https_proxy: two }, {}, two],
    [
      '--proxy before all variables',
      'https://as.example',
      { HTTPS_PROXY: one, ALL_PROXY: two },
      { proxy: three },
      three,
    ],
    ['--proxy for http too', 'http://as.example', {}, { proxy: three }, three],
    ['an empty --proxy for none', 'https://as.example', { HTTPS_PROXY: one }, { proxy: '' }, undefined],
    ['an empty variable for an unset one', 'https://as.example', { https_proxy: '', HTTPS_PROXY: one }, {}, one],
    ['an empty variable, then ALL_PROXY', 'https://as.example', { HTTPS_PROXY: '', ALL_PROXY: one }, {}, one],
    [
      'no scheme in the variable',
      'https://as.example',
      { HTTPS_PROXY: 'proxy.example:8080' },
      {},
      'http://proxy.example:8080/',
    ],
    ['an https proxy', 'https://as.example', { HTTPS_PROXY: 'https://proxy.example' }, {}, 'https://proxy.example/'],
    [
      'a user and a password',
      'https://as.example',
      { HTTPS_PROXY: 'http://u:p@proxy.example' },
      {},
      'http://u:p@proxy.example/',
    ],
  ])('is %s', async (_, url, env, settings, proxy) => {
    expect(await select(url, env, settings)).toBe(proxy);
  });

  it.each([
    'http://localhost:8080',
    'https://localhost',
    'http://127.0.0.1',
    'https://127.9.9.9:8443',
    'http://[::1]:8080',
  ])('is none for %s, whatever is set', async (url) => {
    const env = { HTTPS_PROXY: one, HTTP_PROXY: one, ALL_PROXY: one };
    expect(await select(url, env)).toBeUndefined();
    expect(await select(url, env, { proxy: three })).toBeUndefined();
  });

  it.each([
    'socks5://proxy.example:1080',
    'socks4://proxy.example',
    'socks5h://proxy.example',
    'socks://proxy.example',
  ])('cannot be %s: SOCKS is refused clearly', async (proxy) => {
    expect(await failureOf(() => select('https://as.example', { ALL_PROXY: proxy }))).toMatchObject({
      code: 'config_invalid',
      hint: expect.stringContaining('SOCKS'),
    });
  });

  it.each(['ftp://proxy.example', 'http://', 'http://proxy.example:99999', 'http://u:S3cr3t@:1:2'])(
    'cannot be %s, and a password in it is not shown',
    async (proxy) => {
      const failure = await failureOf(() => select('https://as.example', { HTTPS_PROXY: proxy }));
      expect(failure).toMatchObject({ code: 'config_invalid', message: expect.stringContaining('HTTPS_PROXY') });
      expect(wordsOf(failure)).not.toContain('S3cr3t');
    },
  );
});

describe('NO_PROXY', () => {
  it.each<[string, string, boolean]>([
    ['*', 'https://as.example', true],
    ['as.example', 'https://as.example', true],
    ['AS.Example', 'https://as.example', true],
    ['as.example', 'https://AS.EXAMPLE', true],
    ['as.example', 'https://sub.as.example', true],
    ['.as.example', 'https://sub.as.example', true],
    ['.as.example', 'https://as.example', true],
    ['*.as.example', 'https://sub.as.example', true],
    ['as.example', 'https://notas.example', false],
    ['.as.example', 'https://notas.example', false],
    ['as.example', 'https://as.example.org', false],
    ['example', 'https://as.example', true],
    ['as', 'https://as.example', false],
    ['other.example, as.example', 'https://as.example', true],
    ['other.example,as.example', 'https://as.example', true],
    ['other.example as.example', 'https://as.example', true],
    [' as.example ', 'https://as.example', true],
    [',,', 'https://as.example', false],
    ['', 'https://as.example', false],
    ['.', 'https://as.example', false],
    ['as.example:443', 'https://as.example', true],
    ['as.example:8443', 'https://as.example', false],
    ['as.example:8443', 'https://as.example:8443', true],
    ['as.example:80', 'http://as.example', true],
    ['10.0.0.1', 'https://10.0.0.1', true],
    ['10.0.0.1', 'https://10.0.0.10', false],
    ['10.0.0.0/8', 'https://10.1.2.3', true],
    ['10.0.0.0/8', 'https://11.1.2.3', false],
    ['192.168.0.0/16', 'https://192.168.7.7', true],
    ['10.0.0.0/33', 'https://10.1.2.3', false],
    ['10.0.0.0/x', 'https://10.1.2.3', false],
    ['10.0.0.0/8', 'https://10.as.example', false],
    ['2001:db8::/32', 'https://[2001:db8:1::1]', true],
    ['2001:db8::/32', 'https://[2001:db9::1]', false],
    ['2001:db8::/32', 'https://10.1.2.3', false],
    ['2001:db8::1', 'https://[2001:db8::1]', true],
    ['[2001:db8::1]', 'https://[2001:db8::1]', true],
    ['[2001:db8::1]:8443', 'https://[2001:db8::1]:8443', true],
    ['2001:db8::1', 'https://[2001:db8::2]', false],
  ])('%j covers %s: %s', async (noProxy, url, isCovered) => {
    const expected = isCovered ? undefined : one;
    expect(await select(url, { ALL_PROXY: one, NO_PROXY: noProxy })).toBe(expected);
    expect(await select(url, { ALL_PROXY: one }, { noProxy })).toBe(expected);
  });

  it('in lower case comes before the one in upper case', async () => {
    expect(await select('https://as.example', { ALL_PROXY: one, no_proxy: 'other.example', NO_PROXY: '*' })).toBe(one);
  });

  it('is replaced by --noproxy', async () => {
    expect(await select('https://as.example', { ALL_PROXY: one, NO_PROXY: '*' }, { noProxy: 'other.example' })).toBe(
      one,
    );
  });

  it('covers --proxy too', async () => {
    expect(await select('https://as.example', { NO_PROXY: 'as.example' }, { proxy: one })).toBeUndefined();
  });
});
