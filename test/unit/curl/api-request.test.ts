import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { callCommand } from '../../../src/commands/call.ts';
import { buildApiRequest } from '../../../src/curl/api-request.ts';
import { parseCommandLine } from '../../../src/options/parse-command-line.ts';
import { Settings } from '../../../src/settings/settings.ts';
import { failureOf } from '../support/failure.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { createContext } from '../support/test-context.ts';

const at = temporaryDirectory();
const api = 'https://api.example/orders';

async function build(...args: string[]) {
  const invocation = parseCommandLine(callCommand, args);
  const { ctx } = await createContext({ host: { workingDirectory: at() } });
  const settings = new Settings(callCommand.options, invocation.options, {}, undefined);
  const { body, ...request } = await buildApiRequest(invocation, settings, ctx);
  const text = body?.content instanceof Uint8Array ? Buffer.from(body.content).toString() : body?.content;
  return { ...request, url: request.url.href, headers: Object.fromEntries(request.headers), body: text };
}

describe('the request of ccgrant call', () => {
  it.each<[string, string[], string]>([
    ['GET', [], 'GET'],
    ['POST with data', ['-d', 'a'], 'POST'],
    ['POST with an empty body', ['-d', ''], 'POST'],
    ['POST with JSON', ['--json', '{}'], 'POST'],
    ['POST with a form', ['-F', 'a=b'], 'POST'],
    ['HEAD with -I', ['-I'], 'HEAD'],
    ['GET with -G', ['-G', '-d', 'a=b'], 'GET'],
    ['what -X says', ['-X', 'DELETE'], 'DELETE'],
    ['what -X says although there are data', ['-X', 'PATCH', '-d', 'a'], 'PATCH'],
  ])('is a %s', async (_, args, method) => {
    expect((await build(api, ...args)).method).toBe(method);
  });

  it('is a PUT with -T, and its URL gets the name of the file behind a slash', async () => {
    writeFileSync(at('a b?.csv'), 'x');
    expect(await build(`${api}/`, '-T', 'a b?.csv')).toMatchObject({ method: 'PUT', url: `${api}/a%20b%3F.csv` });
    expect(await build(`${api}/?x=1`, '-T', 'a b?.csv')).toMatchObject({ url: `${api}/a%20b%3F.csv?x=1` });
    expect(await build(api, '-T', 'a b?.csv')).toMatchObject({ url: api });
    expect(await build(`${api}/`, '-T', '-')).toMatchObject({ url: `${api}/` });
  });

  it.each([
    [['-G', '-d', 'a=b'], `${api}?a=b`],
    [['-G', '-d', 'a=b', '--data-urlencode', 'c=d&e'], `${api}?a=b&c=d%26e`],
    [['-G'], api],
    [['-G', '-d', ''], api],
  ])('has its data in the query with %j', async (args, url) => {
    expect(await build(api, ...args)).toMatchObject({ url, body: undefined });
  });

  it('keeps the query that the URL has', async () => {
    expect((await build(`${api}?x=1`, '-G', '-d', 'a=b')).url).toBe(`${api}?x=1&a=b`);
  });

  it('says what it is and what it sends', async () => {
    expect((await build(api)).headers).toEqual({ 'User-Agent': expect.stringMatching(/^ccgrant\/\d/), Accept: '*/*' });
    expect((await build(api, '-d', 'a')).headers).toMatchObject({
      'Content-Type': 'application/x-www-form-urlencoded',
    });
    expect((await build(api, '--json', '{}')).headers).toMatchObject({
      'Content-Type': 'application/json',
      Accept: 'application/json',
    });
    expect((await build(api, '--compressed')).headers).toMatchObject({
      'Accept-Encoding': expect.stringContaining('gzip'),
    });
  });

  it('has the headers that were given, from a file too', async () => {
    writeFileSync(at('headers'), 'X-A: 1\r\n\r\nX-B: 2\n');
    expect((await build(api, '-H', 'Accept: text/csv', '-H', '@headers', '-H', 'User-Agent:')).headers).toEqual({
      Accept: 'text/csv',
      'X-A': '1',
      'X-B': '2',
    });
  });

  it.each([
    [['-d', 'a', '-F', 'b=c'], '--data and --form'],
    [['-d', 'a', '-T', '-'], '--data and --upload-file'],
    [['--json', '{}', '-F', 'b=c'], '--data and --form'],
    [['-F', 'b=c', '-T', '-'], '--form and --upload-file'],
  ])('cannot be two things at once: %j', async (args, words) => {
    expect(await failureOf(() => build(api, ...args))).toMatchObject({
      code: 'usage',
      message: expect.stringContaining(words),
    });
  });

  it.each([
    ['api.example/orders', 'invalid_url'],
    ['ftp://api.example', 'invalid_url'],
    ['https://user:S3cr3t@api.example', 'invalid_url'],
    ['http://api.example/orders', 'http_not_allowed'],
  ])('is refused for %s', async (url, code) => {
    const failure = await failureOf(() => build(url));
    expect(failure.code).toBe(code);
    expect(JSON.stringify(failure)).not.toContain('S3cr3t');
  });

  it('may go to plain http on this machine, and elsewhere where that is allowed', async () => {
    expect((await build('http://localhost:8080/x')).url).toBe('http://localhost:8080/x');
    expect((await build('http://api.example/x', '--allow-http')).url).toBe('http://api.example/x');
  });

  it.each(['GET /x HTTP/1.1\r\nX: y', 'A B', 'GÉT'])('refuses the method %j', async (method) => {
    expect(await failureOf(() => build(api, '-X', method))).toMatchObject({ code: 'usage' });
  });
});
