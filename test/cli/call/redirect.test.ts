import { describe, expect } from 'vitest';
import { test } from '../../support/run-in-process.ts';
import { api, call, other, url } from '../support/api-call.ts';
import { success } from '../support/scene.ts';

describe('a redirect of call', () => {
  test('is not followed by itself', async ({ cli }) => {
    cli.answer('GET', url, { status: 302, headers: { location: `${api}/v2` }, body: 'moved' });

    expect(await call(cli, [url])).toEqual(success('moved'));
  });

  test('is followed with -L within the origin, token and headers with it', async ({ cli }) => {
    cli.answer('GET', url, { status: 301, headers: { location: '/v2/orders' } });
    cli.answer('GET', `${api}/v2/orders`, { body: 'here' });

    expect(await call(cli, [url, '-L', '-H', 'X-A: 1', '-w', ' %{num_redirects} %{url_effective}'])).toEqual(
      success(`here 1 ${api}/v2/orders`),
    );
    expect(cli.requests.map(({ headers }) => [headers.authorization, headers['x-a']])).toEqual([
      ['Bearer the-token', '1'],
      ['Bearer the-token', '1'],
    ]);
  });

  test.for<[status: number, method: string, becomes: string, body: string]>([
    [301, 'POST', 'GET', ''],
    [302, 'POST', 'GET', ''],
    [303, 'POST', 'GET', ''],
    [303, 'PUT', 'GET', ''],
    [307, 'POST', 'POST', 'a=1'],
    [308, 'POST', 'POST', 'a=1'],
    [302, 'PUT', 'PUT', 'a=1'],
  ])('by %d makes of a %s a %s', async ([status, method, becomes, body], { cli }) => {
    cli.answer(method, url, { status, headers: { location: `${api}/v2` } });
    cli.answer(becomes, `${api}/v2`, {});

    const args = method === 'POST' ? [] : ['-X', method];
    expect(await call(cli, [url, '-L', '-d', 'a=1', ...args])).toMatchObject({ exitCode: 0 });
    expect(cli.requests[1]).toMatchObject({ method: becomes, body });
    expect(cli.requests[1]?.headers['content-type']).toBe(
      body === '' ? undefined : 'application/x-www-form-urlencoded',
    );
  });

  test.for<[name: string, location: string]>([
    ['another host', other],
    ['another port', 'https://api.example.com:8443/orders'],
    ['a host below', 'https://x.api.example.com/orders'],
  ])('to %s carries no token, no header that was given and no body', async ([, location], { cli }) => {
    cli.answer('POST', url, { status: 307, headers: { location } });
    cli.answer('POST', location, { body: 'x' });

    expect(
      await call(cli, [url, '-L', '-d', 'secret=hunter22', '-H', 'Cookie: hunter22', '-H', 'X-Api-Key: hunter22']),
    ).toMatchObject({ exitCode: 0 });
    expect(cli.requests).toHaveLength(2);
    const [, second] = cli.requests;
    expect(second?.headers).not.toHaveProperty('authorization');
    expect(JSON.stringify(second)).not.toMatch(/hunter22|the-token/);
  });

  test('that comes back gets no token either', async ({ cli }) => {
    cli.answer('GET', url, { status: 302, headers: { location: other } });
    cli.answer('GET', other, { status: 302, headers: { location: `${api}/back` } });
    cli.answer('GET', `${api}/back`, { body: 'x' });

    expect(await call(cli, [url, '-L'])).toMatchObject({ exitCode: 0 });
    expect(cli.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer the-token',
      undefined,
      undefined,
    ]);
  });

  test.for(['http://api.example.com/orders', 'http://127.0.0.1:1/', 'file:///etc/passwd', 'ftp://api.example.com/'])(
    'is not followed down to %s',
    async (location, { cli }) => {
      cli.answer('GET', url, { status: 302, headers: { location } });

      const { exitCode, stdout, stderr } = await call(cli, [url, '-L']);
      expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
      expect(stderr).toMatch(/^error\[unexpected_redirect\]: /);
      expect(cli.requests).toHaveLength(1);
    },
  );

  test('is followed as often as --max-redirs says', async ({ cli }) => {
    cli.answer('GET', url, { status: 302, headers: { location: url }, times: 3 });

    const { exitCode, stderr } = await call(cli, [url, '-L', '--max-redirs', '2']);
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/^error\[unexpected_redirect\]: .*2/);
  });
});
