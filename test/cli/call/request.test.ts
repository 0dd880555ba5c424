import { describe, expect } from 'vitest';
import { test } from '../../support/run-in-process.ts';
import { api, call, sent, url, userAgent } from '../support/api-call.ts';
import { answerToken, direct, failure, report, success, tokenEndpoint } from '../support/scene.ts';

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
