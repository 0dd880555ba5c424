import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import type { Cli, CliOptions, CliResult, SentRequest } from '../support/run-in-process.ts';
import { terminal, test } from '../support/run-in-process.ts';
import { answerToken, direct, failure, report, secret, success, tokenEndpoint } from './support/scene.ts';
import { unsignedToken } from './support/signing.ts';

const api = 'https://api.example.com';
const url = `${api}/orders`;
const other = 'https://other.example.com/orders';
const userAgent = `ccgrant/${manifest.version}`;

/** `ccgrant call` with a token from a file, so that the authorization server has no part in it. */
async function call(cli: Cli, args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const file = await cli.writeFile('token.txt', 'the-token\n');
  return cli.run(['call', '--token-file', file, ...args], options);
}

/** The only request that was sent, less the headers that every one has. */
function sent({ requests }: Cli): SentRequest | undefined {
  expect(requests).toHaveLength(1);
  const [request] = requests;
  if (request === undefined) return undefined;
  const { authorization, 'user-agent': agent, accept, ...headers } = request.headers;
  expect({ authorization, agent }).toEqual({ authorization: 'Bearer the-token', agent: userAgent });
  return { ...request, headers: accept === '*/*' ? headers : { ...headers, ...(accept && { accept }) } };
}

describe('call', () => {
  test('sends a GET with the access token and prints the body as it is', async ({ cli }) => {
    answerToken(cli, 'abc');
    cli.answer('GET', url, { body: 'no newline at the end' });

    expect(await cli.run(['call', url, '--scope', 'a'], { env: direct })).toEqual(success('no newline at the end'));
    expect(cli.requests[0]?.body).toBe('grant_type=client_credentials&scope=a');
    expect(cli.requests[1]).toEqual({
      method: 'GET',
      url,
      headers: { 'user-agent': userAgent, accept: '*/*', authorization: 'Bearer abc' },
      body: '',
    });
  });

  test('takes its token from the cache, and never touches standard input', async ({ cli }) => {
    answerToken(cli, 'abc');
    cli.answer('GET', url, { body: 'x', times: 2 });

    for (let runs = 0; runs < 2; runs += 1) expect(await cli.run(['call', url], { env: direct })).toEqual(success('x'));
    expect(cli.requests.filter(({ url: target }) => target === tokenEndpoint)).toHaveLength(1);
  });

  test('prints nothing for an empty body', async ({ cli }) => {
    cli.answer('GET', url, { status: 204 });

    expect(await call(cli, [url])).toEqual(success(''));
  });

  test('escapes on a terminal what could move the cursor', async ({ cli }) => {
    cli.answer('GET', url, { body: 'a\u001b[2J\tb\r\n\u202ec\n' });

    expect(await call(cli, [url], { terminals: ['stdout'] })).toEqual(success('a\\u{1b}[2J\tb\n\\u{202e}c\n'));
  });
});

describe('the data of call', () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const json = { 'content-type': 'application/json', accept: 'application/json' };

  test.for<[name: string, args: string[], method: string, headers: Record<string, string>, body: string]>([
    ['-d', ['-d', 'a=1&b=2'], 'POST', form, 'a=1&b=2'],
    ['-d without a blank', ['-da=1'], 'POST', form, 'a=1'],
    ['-d twice', ['-d', 'a=1', '-d', 'b=2'], 'POST', form, 'a=1&b=2'],
    ['an empty -d', ['-d', ''], 'POST', form, ''],
    ['-d @FILE, without line ends', ['-d', '@lines.txt'], 'POST', form, 'onetwothree'],
    ['--data-binary @FILE, as it is', ['--data-binary', '@lines.txt'], 'POST', form, 'one\r\ntwo\nthree\n'],
    ['--data-raw, where @ means nothing', ['--data-raw', '@lines.txt'], 'POST', form, '@lines.txt'],
    [
      'all of them in the order in which they were typed',
      ['--data-raw', '1', '-d', '2', '--data-urlencode', '3=&', '--data-binary', '4', '-d', '5'],
      'POST',
      form,
      '1&2&3=%26&4&5',
    ],
    ['--data-urlencode VALUE', ['--data-urlencode', 'a b/ü~'], 'POST', form, 'a+b%2F%C3%BC~'],
    ['--data-urlencode =VALUE', ['--data-urlencode', '=a=b'], 'POST', form, 'a%3Db'],
    ['--data-urlencode NAME=VALUE', ['--data-urlencode', 'n=a=b&c'], 'POST', form, 'n=a%3Db%26c'],
    ['--data-urlencode NAME=VALUE with @', ['--data-urlencode', 'mail=me@here'], 'POST', form, 'mail=me%40here'],
    ['--data-urlencode with @ before =', ['--data-urlencode', 'me@here=1'], 'POST', form, 'me@here=1'],
    ['--data-urlencode @FILE', ['--data-urlencode', '@odd.txt'], 'POST', form, 'x%26y%0A'],
    ['--data-urlencode NAME@FILE', ['--data-urlencode', 'n@odd.txt'], 'POST', form, 'n=x%26y%0A'],
    ['--json', ['--json', '{"a":1}'], 'POST', json, '{"a":1}'],
    ['--json twice, joined by nothing', ['--json', '{"a":', '--json', '1}'], 'POST', json, '{"a":1}'],
    ['--json @FILE', ['--json', '@lines.txt'], 'POST', json, 'one\r\ntwo\nthree\n'],
    [
      '--json with its own type',
      ['--json', '{}', '-H', 'Content-Type: a/b+json'],
      'POST',
      { ...json, 'content-type': 'a/b+json' },
      '{}',
    ],
    ['-X PUT', ['-X', 'PUT', '-d', 'a'], 'PUT', form, 'a'],
    ['-XPATCH', ['-XPATCH', '--json', '{}'], 'PATCH', json, '{}'],
    ['-X DELETE without data', ['-X', 'DELETE'], 'DELETE', {}, ''],
    ['-T FILE', ['-T', 'lines.txt'], 'PUT', {}, 'one\r\ntwo\nthree\n'],
    ['-T FILE with -X POST', ['-T', 'lines.txt', '-X', 'POST'], 'POST', {}, 'one\r\ntwo\nthree\n'],
  ])('is %s', async ([, args, method, headers, body], { cli }) => {
    await cli.writeFile('lines.txt', 'one\r\ntwo\nthree\n');
    await cli.writeFile('odd.txt', 'x&y\n');
    cli.answer(method, url, {});

    expect(await call(cli, [url, ...args])).toEqual(success(''));
    expect(sent(cli)).toEqual({ method, url, headers, body });
  });

  test.for<[name: string, args: string[], method: string, body: string]>([
    ['-d @-', ['-d', '@-'], 'POST', 'fromstdin'],
    ['--data-binary @-', ['--data-binary', '@-'], 'POST', 'from\nstdin\n'],
    ['--json @-', ['--json', '@-'], 'POST', 'from\nstdin\n'],
    ['-T -', ['-T', '-'], 'PUT', 'from\nstdin\n'],
  ])('is standard input for %s', async ([, args, method, body], { cli }) => {
    cli.answer(method, url, {});

    expect(await call(cli, [url, ...args], { stdin: 'from\nstdin\n' })).toEqual(success(''));
    expect(sent(cli)).toMatchObject({ method, body });
  });

  test.for<[args: string[], query: string]>([
    [['-d', 'a=1', '-d', 'b=2'], '?a=1&b=2'],
    [['--data-urlencode', 'q=a b&c'], '?q=a+b%26c'],
  ])('goes into the query with -G: %s', async ([args, query], { cli }) => {
    cli.answer('GET', `${url}${query}`, {});

    expect(await call(cli, [url, '-G', ...args])).toEqual(success(''));
    expect(sent(cli)).toEqual({ method: 'GET', url: `${url}${query}`, headers: {}, body: '' });
  });

  test('is added to the query that is there with -G', async ({ cli }) => {
    cli.answer('GET', `${url}?x=0&a=1`, {});

    expect(await call(cli, [`${url}?x=0`, '-G', '-d', 'a=1'])).toEqual(success(''));
  });

  test('can be a form of several parts', async ({ cli }) => {
    await cli.writeFile('photo.png', 'PNG');
    await cli.writeFile('text.txt', 'hello');
    cli.answer('POST', url, {});
    const parts = ['a=1', 'file=@photo.png;type=image/png', 'other=@photo.png;filename=x.bin', 'text=<text.txt'];

    expect(await call(cli, [url, ...parts.flatMap((part) => ['-F', part])])).toEqual(success(''));
    const body = sent(cli)?.body ?? '';
    expect(body.split('--BOUNDARY').map((part) => part.trim())).toEqual([
      '',
      'Content-Disposition: form-data; name="a"\r\n\r\n1',
      'Content-Disposition: form-data; name="file"; filename="photo.png"\r\nContent-Type: image/png\r\n\r\nPNG',
      'Content-Disposition: form-data; name="other"; filename="x.bin"\r\nContent-Type: application/octet-stream\r\n\r\nPNG',
      'Content-Disposition: form-data; name="text"\r\n\r\nhello',
      '--',
    ]);
  });

  test.for<[name: string, part: string, sent: string]>([
    ['the line ends of a file', 'a=<unix.txt', 'name="a"\r\n\r\none\ntwo\n\r\n'],
    ['the line ends of a value', 'a=one\ntwo', 'name="a"\r\n\r\none\ntwo\r\n'],
    [
      'a type without making it a file',
      'a={};type=application/json',
      'name="a"\r\nContent-Type: application/json\r\n\r\n{}\r\n',
    ],
  ])('can be a form that keeps %s', async ([, part, content], { cli }) => {
    await cli.writeFile('unix.txt', 'one\ntwo\n');
    cli.answer('POST', url, {});

    expect(await call(cli, [url, '-F', part])).toEqual(success(''));
    expect(sent(cli)?.body).toBe(`--BOUNDARY\r\nContent-Disposition: form-data; ${content}--BOUNDARY--\r\n`);
  });

  test('can be a part of a form from standard input', async ({ cli }) => {
    cli.answer('POST', url, {});

    expect(await call(cli, [url, '-F', 'file=@-'], { stdin: 'piped' })).toEqual(success(''));
    expect(sent(cli)?.body).toContain('\r\n\r\npiped\r\n');
  });

  test('gives its name to a URL that ends in a slash', async ({ cli }) => {
    await cli.writeFile('a b.txt', 'x');
    cli.answer('PUT', `${api}/files/a%20b.txt`, {});

    expect(await call(cli, [`${api}/files/`, '-T', 'a b.txt'])).toEqual(success(''));
  });

  test('gives its name to such a URL and leaves the query', async ({ cli }) => {
    await cli.writeFile('a.txt', 'x');
    cli.answer('PUT', `${api}/files/a.txt?version=1`, {});

    expect(await call(cli, [`${api}/files/?version=1`, '-T', 'a.txt'])).toEqual(success(''));
  });

  test.for<[name: string, args: string[], word: string]>([
    ['a file that is not there', ['-d', '@nowhere'], 'file_unusable'],
    ['an upload that is not there', ['-T', 'nowhere'], 'file_unusable'],
    ['an upload that is a directory', ['-T', '.'], 'file_unusable'],
    ['a part that is a directory', ['-F', 'a=@.'], 'file_unusable'],
    ['data that is a directory', ['-d', '@.'], 'file_unusable'],
    ['a part that is not there', ['-F', 'a=@nowhere'], 'file_unusable'],
    ['a part without a name', ['-F', 'nothing'], 'usage'],
    ['data and a form', ['-d', 'a', '-F', 'b=1'], 'usage'],
    ['data and an upload', ['-d', 'a', '-T', 'b'], 'usage'],
  ])('is refused before anything is sent: %s', async ([, args, word], { cli }) => {
    const { stderr, ...rest } = await cli.run(['call', url, ...args], { env: direct });

    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^error\\[${word}\\]: `));
    expect(cli.requests).toEqual([]);
  });
});

describe('the headers of call', () => {
  test.for<[name: string, args: string[], headers: Record<string, string>]>([
    ['are added', ['-H', 'X-Trace: a:b', '-HX-More:c'], { 'x-trace': 'a:b', 'x-more': 'c' }],
    ['replace ours', ['-H', 'accept: text/csv'], { accept: 'text/csv' }],
    ['take ours away', ['-H', 'Accept:'], {}],
    ['may be empty', ['-H', 'X-Empty;'], { 'x-empty': '' }],
    ['may repeat', ['-H', 'X-A: 1', '-H', 'x-a: 2'], { 'x-a': '1, 2' }],
    ['may come from a file', ['-H', '@headers.txt'], { 'x-one': '1', 'x-two': '2' }],
  ])('%s', async ([, args, headers], { cli }) => {
    await cli.writeFile('headers.txt', 'X-One: 1\r\n\r\nX-Two: 2\n');
    cli.answer('GET', url, {});

    expect(await call(cli, [url, ...args])).toEqual(success(''));
    expect(sent(cli)?.headers).toEqual(headers);
  });

  test('replace the name of the program', async ({ cli }) => {
    cli.answer('GET', url, {});

    expect(await call(cli, [url, '-H', 'User-Agent: me/1'])).toEqual(success(''));
    expect(cli.requests[0]?.headers['user-agent']).toBe('me/1');
  });

  test.for<[name: string, line: string]>([
    ['a line feed in the value', 'X-A: a\nX-B: hunter22'],
    ['no colon', 'hunter22'],
    ['a blank in the name', 'X A: hunter22'],
    ['characters that a header cannot carry', 'X-A: hunter22 \u20ac'],
    ['a token of its own', 'Authorization: Bearer hunter22'],
  ])('are refused without being quoted: %s', async ([, line], { cli }) => {
    const { stderr, ...rest } = await call(cli, [url, '-H', line]);

    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error\[usage\]: /);
    expect(stderr).not.toContain('hunter22');
  });

  test('point at --token-file where somebody brings a token', async ({ cli }) => {
    const { stderr } = await call(cli, [url, '-H', 'authorization: Bearer x']);

    expect(stderr).toMatch(/^ {2}hint: {3}.*--token-file/m);
  });
});

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

describe('a token that the API refuses', () => {
  const refusal = { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' }, body: 'no' };
  const authorizations = (cli: Cli): unknown[] =>
    cli.requests.filter(({ url: target }) => target === url).map(({ headers }) => headers.authorization);

  async function cacheToken(cli: Cli, accessToken: string): Promise<void> {
    answerToken(cli, accessToken);
    expect(await cli.run(['token'], { env: direct })).toEqual(success(`${accessToken}\n`));
  }

  test('is replaced once by a fresh one where it came from the cache, and the body is sent again', async ({ cli }) => {
    await cacheToken(cli, 'revoked');
    cli.answer('POST', url, refusal);
    answerToken(cli, 'fresh');
    cli.answer('POST', url, { body: 'yes' });

    expect(await cli.run(['call', url, '-d', 'a=1'], { env: direct })).toEqual(success('yes'));
    expect(authorizations(cli)).toEqual(['Bearer revoked', 'Bearer fresh']);
    expect(cli.requests.filter(({ url: target }) => target === url).map(({ body }) => body)).toEqual(['a=1', 'a=1']);
    expect(await cli.run(['token'], { env: direct })).toEqual(success('fresh\n'));
  });

  test.for<[options: string, typed: string[]]>([
    ['issuer and client', ['--token-endpoint', tokenEndpoint, '--client-id', "ci bot's", '--scope', 'a b']],
    ['a profile', ['--config', 'my config.toml', '--profile', 'p', '--no-scope']],
  ])('is shown by the line of the hint, whatever else is in the cache: by %s', async ([, typed], { cli }) => {
    const secretOnly = { CCGRANT_CLIENT_SECRET: secret };
    await cli.writeFile(
      'my config.toml',
      `[profiles.p]\ntoken_endpoint = "${tokenEndpoint}"\nclient_id = "p-bot"\nscope = "x"\n`,
    );
    const elsewhere = 'https://other.example.com/token';
    const other = ['--token-endpoint', elsewhere, '--client-id', 'other'];
    const answered = { token_type: 'Bearer', expires_in: 300 };
    cli.answer('POST', elsewhere, { json: { ...answered, access_token: unsignedToken({ sub: 'other' }) }, times: 2 });
    for (const scope of [['--no-scope'], ['--scope', 'a b']])
      expect(await cli.run(['token', ...other, ...scope], { env: secretOnly })).toMatchObject({ exitCode: 0 });
    answerToken(cli, unsignedToken({ sub: 'ours' }));
    cli.answer('GET', url, refusal);

    const { stderr } = await cli.run(['call', url, ...typed], { env: secretOnly });
    const [, line = ''] = /: ccgrant (decode .*); issuer,/.exec(stderr) ?? [];
    const words = execFileSync('sh', ['-c', `printf '%s\\n' ${line}`], { encoding: 'utf8' })
      .trimEnd()
      .split('\n');
    const { stdout } = await cli.run([...words, '--json'], { env: secretOnly });
    expect(JSON.parse(stdout).payload).toEqual({ sub: 'ours' });
  });

  test('is not replaced a second time', async ({ cli }) => {
    await cacheToken(cli, 'revoked');
    cli.answer('GET', url, { ...refusal, times: 2 });
    answerToken(cli, 'fresh');

    expect(await cli.run(['call', url], { env: direct })).toMatchObject({ exitCode: 22, stdout: 'no' });
    expect(authorizations(cli)).toEqual(['Bearer revoked', 'Bearer fresh']);
  });

  test('is not replaced where it is fresh', async ({ cli }) => {
    answerToken(cli, 'fresh');
    cli.answer('GET', url, refusal);

    expect(await cli.run(['call', url], { env: direct })).toMatchObject({ exitCode: 22, stdout: 'no' });
    expect(authorizations(cli)).toHaveLength(1);
  });

  test.for<[name: string, answer: object]>([
    ['a challenge without an error', { status: 401, headers: { 'www-authenticate': 'Bearer realm="x"' } }],
    ['no challenge', { status: 401 }],
    ['403', { status: 403, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } }],
    ['a challenge of another scheme', { status: 401, headers: { 'www-authenticate': 'Basic error="invalid_token"' } }],
  ])('is not replaced for %s', async ([, answer], { cli }) => {
    await cacheToken(cli, 'cached');
    cli.answer('GET', url, answer);

    expect(await cli.run(['call', url], { env: direct })).toMatchObject({ exitCode: 22 });
    expect(authorizations(cli)).toHaveLength(1);
  });

  test('is not replaced where the body cannot be sent again', async ({ cli }) => {
    await cacheToken(cli, 'revoked');
    cli.answer('PUT', url, refusal);

    expect(await cli.run(['call', url, '-T', '-'], { env: direct, stdin: 'once' })).toMatchObject({ exitCode: 22 });
    expect(authorizations(cli)).toHaveLength(1);
  });

  test('is not replaced where it came from a file', async ({ cli }) => {
    cli.answer('GET', url, refusal);

    expect(await call(cli, [url], { env: direct })).toMatchObject({ exitCode: 22 });
    expect(authorizations(cli)).toHaveLength(1);
  });
});

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

describe('call --retry', () => {
  test.for([408, 429, 500, 502, 503, 504])('tries again after %d', async (status, { cli }) => {
    cli.answer('GET', url, { status, headers: { 'retry-after': '0' }, times: 2 });
    cli.answer('GET', url, { body: 'x' });

    expect(await call(cli, [url, '--retry', '2', '-w', ' %{num_retries}'])).toEqual(success('x 2'));
  });

  test('gives the last answer when none was better', async ({ cli }) => {
    cli.answer('POST', url, { status: 503, headers: { 'retry-after': '0' }, body: 'busy', times: 3 });

    expect(await call(cli, [url, '--retry', '2', '-d', 'a'])).toMatchObject({ exitCode: 22, stdout: 'busy' });
    expect(cli.requests.map(({ body }) => body)).toEqual(['a', 'a', 'a']);
  });

  test.for([400, 401, 404, 501])('does not try again after %d', async (status, { cli }) => {
    cli.answer('GET', url, { status });

    expect(await call(cli, [url, '--retry', '2'])).toMatchObject({ exitCode: 22 });
  });

  test('does not send again what it can read only once', async ({ cli }) => {
    cli.answer('PUT', url, { status: 503, headers: { 'retry-after': '0' } });

    expect(await call(cli, [url, '--retry', '2', '-T', '-'], { stdin: 'once' })).toMatchObject({ exitCode: 22 });
  });

  test.for(['-1', 'x', '1.5'])('takes a whole number, not %s', async (value, { cli }) => {
    expect(await call(cli, [url, '--retry', value])).toEqual(
      failure(2, report('usage', '--retry takes a whole number')),
    );
  });
});

describe('call --token-file', () => {
  test.for<[name: string, content: string]>([
    ['the bare token', 'abc'],
    ['a final newline', 'abc\n'],
    ['a newline of Windows and a byte order mark', '\ufeffabc\r\n'],
    ['the scheme before it', 'Bearer abc\n'],
  ])('reads %s, and asks nobody for another', async ([, content], { cli }) => {
    await cli.writeFile('other.txt', content);
    cli.answer('GET', url, { times: 2 });

    expect(await cli.run(['call', url, '--token-file', 'other.txt'], { env: direct })).toEqual(success(''));
    expect(await cli.run(['call', url, '--token-file', '-'], { stdin: content })).toEqual(success(''));
    expect(cli.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer abc', 'Bearer abc']);
  });

  test.for<[name: string, content: string | undefined, word: string]>([
    ['is not there', undefined, 'file_unusable'],
    ['is empty', '\n', 'missing_token'],
    ['holds two tokens', 'abc\ndef\n', 'missing_token'],
  ])('exits 2 where it %s', async ([, content, word], { cli }) => {
    if (content !== undefined) await cli.writeFile('other.txt', content);

    const { stderr, ...rest } = await cli.run(['call', url, '--token-file', 'other.txt'], { env: direct });
    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^error\\[${word}\\]: `));
    expect(stderr).not.toContain('abc');
  });

  test('does not wait for a terminal', async ({ cli }) => {
    const { stderr, ...rest } = await cli.run(['call', url, '--token-file', '-'], { stdin: terminal });

    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error\[missing_token\]: /);
  });
});

describe("curl's options", () => {
  test.for<[args: string[], method: string]>([
    [['-fsSL'], 'GET'],
    [['-sSf'], 'GET'],
    [['-s', '-S', '-f', '--fail-with-body'], 'GET'],
    [['--silent', '--show-error', '--fail', '--location'], 'GET'],
    [['-XPOST'], 'POST'],
    [['-sXPUT'], 'PUT'],
    [['--request=DELETE'], 'DELETE'],
  ])('are taken together and apart: %s', async ([args, method], { cli }) => {
    cli.answer(method, url, { body: 'x' });

    expect(await call(cli, [...args, url])).toEqual(success('x'));
  });

  test.for<[option: string, hint: RegExp]>([
    ['-u', /--token-file/],
    ['--user', /--token-file/],
    ['-O', /--output FILE/],
    ['-A', /-H 'User-Agent/],
    ['-b', /-H 'Cookie/],
    ['--cookie', /-H 'Cookie/],
  ])('that do not belong here get a hint: %s', async ([option, hint], { cli }) => {
    const { stderr, ...rest } = await call(cli, [option, 'user:hunter22', url]);

    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^error\\[unknown_option\\]: .*${option}.*\n {2}hint: {3}.*${hint.source}`));
    expect(stderr).not.toContain('hunter22');
  });

  test.for([
    '--expect-status',
    '--expect-header',
    '--expect-json',
    '--expect-text',
    '--expect-max-time',
    '--junit',
    '--probe',
  ])('and ours of later releases are not there: %s', async (option, { cli }) => {
    const { stderr, ...rest } = await call(cli, [url, option, 'x']);

    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error\[unknown_option\]: /);
  });

  test.for<[args: string[], message: RegExp]>([
    [['-X', 'BAD METHOD'], /--request|method/],
    [['-H', 'Transfer-Encoding: gzip'], /[Tt]ransfer-[Ee]ncoding/],
    [['-H', 'Content-Length: 7', '-d', 'abc'], /[Cc]ontent-[Ll]ength/],
    [['-H', 'Content-Length: x', '-d', 'abc'], /[Cc]ontent-[Ll]ength/],
  ])('that make no request are a matter of usage: %s', async ([args, message], { cli }) => {
    const { stderr, ...rest } = await call(cli, [url, ...args]);

    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error\[usage\]: /);
    expect(stderr).toMatch(message);
    expect(cli.requests).toEqual([]);
  });
});

describe('the URL of call', () => {
  test.for<[given: string, word: string, hint: RegExp]>([
    ['ftp://api.example.com/', 'invalid_url', /ftp/],
    ['file:///etc/passwd', 'invalid_url', /file/],
    ['api.example.com/orders', 'invalid_url', /https:\/\/api\.example\.com\/orders/],
    ['localhost:3000/orders', 'invalid_url', /http:\/\/localhost:3000\/orders/],
    ['orders', 'invalid_url', /https:\/\//],
    ['http://api.example.com/', 'http_not_allowed', /--allow-http/],
    ['https://user:hunter22@api.example.com/', 'invalid_url', /./],
  ])('exits 2 before anything is sent: %s', async ([given, word, hint], { cli }) => {
    const { stderr, ...rest } = await cli.run(['call', given], { env: direct });

    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^error\\[${word}\\]: .*\n {2}hint: {3}.*${hint.source}`));
    expect(stderr).not.toContain('hunter22');
    expect(cli.requests).toEqual([]);
  });

  test('has to be there', async ({ cli }) => {
    const { stderr, ...rest } = await cli.run(['call'], { env: direct });

    expect(rest).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error\[usage\]: ccgrant call needs URL\n/);
  });

  test('may be plain http on the loopback interface, or anywhere with --allow-http', async ({ cli }) => {
    cli.answer('GET', 'http://127.0.0.1:3000/', {});
    cli.answer('GET', 'http://api.example.com/', {});

    expect(await call(cli, ['http://127.0.0.1:3000'])).toEqual(success(''));
    expect(await call(cli, ['http://api.example.com', '--allow-http'])).toEqual(success(''));
  });

  test.for(['api.example.com', 'api.example.com:443', 'api.example.com:443:localhost'])(
    'is not resolved by %s',
    async (value, { cli }) => {
      expect(await call(cli, [url, '--resolve', value])).toEqual(
        failure(2, report('usage', '--resolve takes HOST:PORT:ADDRESS')),
      );
    },
  );
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
