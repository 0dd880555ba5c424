import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect } from 'vitest';
import { test } from '../../support/run-in-process.ts';
import { call, url } from '../support/api-call.ts';
import { answerToken, direct, report, secret, success, tokenEndpoint } from '../support/scene.ts';

describe('the response of call', () => {
  const answer = { body: 'body\n', headers: { 'content-type': 'text/plain', 'x-two': ['a', 'b'] } };
  const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nx-two: a\r\nx-two: b\r\n\r\n';

  test('has its head before the body with -i', async ({ cli }) => {
    cli.answer('GET', url, answer);

    expect(await call(cli, [url, '-i'])).toEqual(success(`${head}body\n`));
  });

  test('is the head alone with -I, of a HEAD request', async ({ cli }) => {
    cli.answer('HEAD', url, { ...answer, body: '' });

    expect(await call(cli, [url, '-I'])).toEqual(success(head));
  });

  test('goes to a file with -o, byte for byte', async ({ cli }) => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    cli.answer('GET', url, { body: bytes });

    expect(await call(cli, [url, '-o', 'body.bin'])).toEqual(success(''));
    expect(await readFile(join(cli.directory, 'body.bin'))).toEqual(bytes);
  });

  test('goes to a file with its head with -i and -o', async ({ cli }) => {
    cli.answer('GET', url, answer);

    expect(await call(cli, [url, '-io', 'body.txt'])).toEqual(success(''));
    expect(await readFile(join(cli.directory, 'body.txt'), 'utf8')).toBe(`${head}body\n`);
  });

  test('has its head in a file with -D, or before the body for -', async ({ cli }) => {
    cli.answer('GET', url, { ...answer, times: 2 });

    expect(await call(cli, [url, '-D', 'head.txt'])).toEqual(success('body\n'));
    expect(await readFile(join(cli.directory, 'head.txt'), 'utf8')).toBe(head);
    expect(await call(cli, [url, '-D', '-'])).toEqual(success(`${head}body\n`));
  });

  test('may be unpacked with --compressed, and is left alone without', async ({ cli }) => {
    const packed = gzipSync('a long body');
    cli.answer('GET', url, { body: packed, headers: { 'content-encoding': 'gzip' }, times: 2 });

    expect(await call(cli, [url, '--compressed'])).toEqual(success('a long body'));
    expect(cli.requests[0]?.headers['accept-encoding']).toMatch(/\bgzip\b/);
    expect(await call(cli, [url, '-o', 'body.gz'])).toEqual(success(''));
    expect(cli.requests[1]?.headers).not.toHaveProperty('accept-encoding');
    expect(await readFile(join(cli.directory, 'body.gz'))).toEqual(packed);
  });

  test('that is packed wrongly exits 4', async ({ cli }) => {
    cli.answer('GET', url, { body: gzipSync('a long body').subarray(0, 20), headers: { 'content-encoding': 'gzip' } });

    const { exitCode, stderr } = await call(cli, [url, '--compressed']);
    expect(exitCode).toBe(4);
    expect(stderr).toMatch(/^error\[connection_lost\]: /);
  });

  test('exits 2 where the file cannot be written', async ({ cli }) => {
    cli.answer('GET', url, answer);

    const { stderr, ...rest } = await call(cli, [url, '-o', 'nowhere/body']);
    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error\[output_failed\]: .*ENOENT/);
  });

  test.for<[format: string, written: string | RegExp]>([
    ['%{http_code}\\n', '200\n'],
    ['\\t%{response_code}%%\\r\\n', '\t200%\r\n'],
    ['%{method} %{url_effective} %{content_type}', `GET ${url} text/plain`],
    ['%{size_download} %{num_redirects} %{num_retries} %{num_headers}', '5 0 0 3'],
    ['%header{X-Two}|%header{nope}', 'a, b|'],
    ['%{time_total} %{time_starttransfer}', /^\d+\.\d{6} \d+\.\d{6}$/],
    ['plain', 'plain'],
    ['', ''],
  ])('is followed by what -w asks for: %s', async ([format, written], { cli }) => {
    cli.answer('GET', url, answer);

    const { stdout, ...rest } = await call(cli, [url, '-w', format]);
    expect(rest).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout.slice(0, 5)).toBe('body\n');
    if (typeof written === 'string') expect(stdout.slice(5)).toBe(written);
    else expect(stdout.slice(5)).toMatch(written);
  });

  test('is described by -w as JSON, and to standard error', async ({ cli }) => {
    cli.answer('GET', url, { ...answer, times: 2 });

    const { stdout } = await call(cli, [url, '-o', 'body', '-w', '%{json}']);
    expect(JSON.parse(stdout)).toMatchObject({ http_code: 200, method: 'GET', url_effective: url, size_download: 5 });
    expect(await call(cli, [url, '-w', '%{stderr}code %{http_code}\\n'])).toEqual({
      exitCode: 0,
      stdout: 'body\n',
      stderr: 'code 200\n',
    });
  });

  test('is followed by a warning where -w asks for what is not known', async ({ cli }) => {
    cli.answer('GET', url, answer);

    const { exitCode, stdout, stderr } = await call(cli, [url, '-w', '[%{nope}]']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'body\n[]' });
    expect(stderr).toMatch(/^warning: .*nope/);
  });
});

describe('a status of 400 or above', () => {
  test.for([400, 404, 422, 500, 503])('exits 22 for %d and still prints the body', async (status, { cli }) => {
    cli.answer('GET', url, { status, body: 'why\n' });

    expect(await call(cli, [url])).toEqual({
      exitCode: 22,
      stdout: 'why\n',
      stderr: report('http_status', `the API answered ${status}`, { server: `${status} from GET ${url}` }),
    });
    expect(cli.requests).toHaveLength(1);
  });

  test('exits 0 with --no-fail', async ({ cli }) => {
    cli.answer('GET', url, { status: 404, body: 'why\n' });

    expect(await call(cli, [url, '--no-fail'])).toEqual(success('why\n'));
  });

  test('prints no body with -f, and prints it with --fail-with-body', async ({ cli }) => {
    cli.answer('GET', url, { status: 404, body: 'why\n', times: 2 });

    expect(await call(cli, [url, '-f'])).toMatchObject({ exitCode: 22, stdout: '' });
    expect(await call(cli, [url, '--fail-with-body'])).toMatchObject({ exitCode: 22, stdout: 'why\n' });
  });

  test('is one JSON object on standard error with --format json, and the body stays as it is', async ({ cli }) => {
    cli.answer('GET', url, { status: 403, body: 'why\n' });

    const { stderr, ...rest } = await call(cli, [url, '--format', 'json']);
    expect(rest).toEqual({ exitCode: 22, stdout: 'why\n' });
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'http_status', message: 'the API answered 403', status: 403, server: `403 from GET ${url}` },
    });
  });

  test.for<[status: number, challenge: string, said: string, hint: RegExp]>([
    [401, 'Bearer', 'wants a bearer token', /audience/],
    [
      401,
      'Bearer error="invalid_token", error_description="The access token expired"',
      'invalid_token "The access token expired"',
      /ccgrant decode/,
    ],
    [
      403,
      'Bearer realm="x", error="insufficient_scope", scope="orders:write"',
      'insufficient_scope scope="orders:write"',
      /--scope 'orders:write'/,
    ],
    [401, 'Basic realm="x", Bearer error=invalid_token', 'invalid_token', /ccgrant decode/],
  ])('is explained by its challenge: %d %s', async ([status, challenge, said, hint], { cli }) => {
    cli.answer('GET', url, { status, headers: { 'www-authenticate': challenge } });

    const { exitCode, stderr } = await call(cli, [url]);
    expect(exitCode).toBe(22);
    expect(stderr).toContain(`  server: ${status} from GET ${url}: ${said}\n`);
    expect(stderr).toMatch(new RegExp(`^ {2}hint: {3}.*${hint.source}`, 'm'));
  });
});

describe('time and trouble of call', () => {
  test('exits 4 when the response is not there in time', async ({ cli }) => {
    cli.answer('GET', url, { delay: 5_000 });

    const { stderr, ...rest } = await call(cli, [url, '-m', '0.05']);
    expect(rest).toEqual({ exitCode: 4, stdout: '' });
    expect(stderr).toMatch(/^error\[timeout\]: /);
  });

  test('has one time limit for the token and the API together', async ({ cli }) => {
    answerToken(cli, 'abc', {}, { delay: 400 });
    cli.answer('GET', url, { delay: 400 });

    const { stderr, ...rest } = await cli.run(['call', url, '-m', '0.7'], { env: direct });
    expect(rest).toEqual({ exitCode: 4, stdout: '' });
    expect(stderr).toMatch(/^error\[timeout\]: /);
  });

  test('exits 4 when the API cannot be reached, and does not try again by itself', async ({ cli }) => {
    cli.answer('GET', url, { error: Object.assign(new Error(), { code: 'ECONNREFUSED' }) });

    const { stderr, ...rest } = await call(cli, [url]);
    expect(rest).toEqual({ exitCode: 4, stdout: '' });
    expect(stderr).toMatch(/^error\[connection_failed\]: no connection to api\.example\.com/);
    expect(cli.requests).toHaveLength(1);
  });

  test('asks the API nothing where there is no token', async ({ cli }) => {
    cli.answer('POST', tokenEndpoint, { status: 400, json: { error: 'invalid_scope' } });

    expect(await cli.run(['call', url, '--scope', 'a', '-o', 'body'], { env: direct })).toMatchObject({ exitCode: 3 });
    expect(cli.requests).toHaveLength(1);
    expect(await readdir(cli.directory)).toEqual([]);
  });

  test('shows with -v what was sent, and neither token nor secret', async ({ cli }) => {
    answerToken(cli, 'a-token-that-nobody-may-see');
    cli.answer('POST', url, { headers: { 'set-cookie': 'sid=hunter22', 'x-id': '7' } });

    const { exitCode, stderr } = await cli.run(
      ['call', url, '-v', '--json', '{}', '-H', 'X-Api-Key: hunter22', '-H', 'X-Plain: shown'],
      { env: direct },
    );
    expect(exitCode).toBe(0);
    expect(stderr).toContain(`> POST ${url}\n`);
    expect(stderr).toMatch(/^> X-Plain: shown$/m);
    expect(stderr).toMatch(/^< 200/m);
    expect(stderr).toMatch(/^< x-id: 7$/m);
    for (const hidden of ['a-token-that-nobody-may-see', 'hunter22', secret, encodeURIComponent(secret), btoa(secret)])
      expect(stderr).not.toContain(hidden);
  });
});
