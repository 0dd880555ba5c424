import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { NetworkError, SignalError } from '../../../src/errors.ts';
import { HttpHeaders } from '../../../src/http/headers.ts';
import type { HttpClient, HttpRequest } from '../../../src/http/types.ts';
import { openHttpClient } from '../../../src/http/undici-client.ts';
import { failureOf } from '../support/failure.ts';
import type { Answer } from '../support/scripted-http.ts';
import { scriptedHttp, transportOver } from '../support/scripted-http.ts';

const url = new URL('https://as.example/token');
const request: HttpRequest = { method: 'POST', url, headers: new HttpHeaders(), body: 'x' };

describe('fetch', () => {
  it.each([408, 429, 500, 502, 503, 504])('tries twice again at %i, then gives the answer', async (status) => {
    const http = scriptedHttp(() => ({ status, headers: { 'retry-after': '0' } }));
    expect((await http.transport.fetch(() => request)).status).toBe(status);
    expect(http.requests).toHaveLength(3);
  });

  it.each([200, 201, 301, 400, 401, 403, 404, 405])('does not try again at %i', async (status) => {
    const http = scriptedHttp(() => ({ status, headers: { 'retry-after': '0' } }));
    expect((await http.transport.fetch(() => request)).status).toBe(status);
    expect(http.requests).toHaveLength(1);
  });

  it('gives the first answer that is good', async () => {
    const http = scriptedHttp((_, number) =>
      number === 1 ? { status: 503, headers: { 'retry-after': '0' } } : { body: 'ok' },
    );
    expect(await http.transport.fetch(() => request)).toMatchObject({ status: 200, text: 'ok', url, method: 'POST' });
    expect(http.requests).toHaveLength(2);
  });

  it.each<[string, number]>([
    ['connection_failed', 3],
    ['connection_lost', 3],
    ['dns_failed', 1],
    ['tls_failed', 1],
    ['proxy_failed', 1],
    ['timeout', 1],
  ])('that ends in %s is sent %i times in all', async (code, times) => {
    const http = scriptedHttp(() => new NetworkError(code as 'timeout', code));
    expect(await failureOf(() => http.transport.fetch(() => request))).toMatchObject({ code });
    expect(http.requests).toHaveLength(times);
  });

  it('gives up at once when the server wants to be left alone for longer than there is time', async () => {
    const http = scriptedHttp(() => ({ status: 429, headers: { 'retry-after': '3600' } }));
    const transport = transportOver(http.client, { maxTime: 30_000 });
    expect((await transport.fetch(() => request)).status).toBe(429);
    expect(http.requests).toHaveLength(1);
  });

  it('makes a new request for each try', async () => {
    const http = scriptedHttp(() => ({ status: 503, headers: { 'retry-after': '0' } }));
    let number = 0;
    await http.transport.fetch(() => {
      number += 1;
      return { ...request, body: `try ${number}` };
    });
    expect(http.requests.map(({ body }) => body)).toEqual(['try 1', 'try 2', 'try 3']);
  });

  it('does not swallow a failure that is no network', async () => {
    const http = scriptedHttp(() => new TypeError('a bug'));
    await expect(http.transport.fetch(() => request)).rejects.toThrow(TypeError);
    expect(http.requests).toHaveLength(1);
  });
});

describe('get', () => {
  const chain = (answers: Readonly<Record<string, Answer>>) =>
    scriptedHttp(({ url: asked }) => answers[asked.href] ?? { status: 404 });
  const to = (location: string, status = 302): Answer => ({ status, headers: { location } });

  it('follows three redirects, relative ones too', async () => {
    const http = chain({
      'https://a.example/1': to('/2', 301),
      'https://a.example/2': to('https://b.example/3', 307),
      'https://b.example/3': to('4', 308),
      'https://b.example/4': { body: 'there' },
    });
    expect(await http.transport.get(new URL('https://a.example/1'))).toMatchObject({ text: 'there' });
    expect(http.requests.every(({ method }) => method === 'GET')).toBe(true);
  });

  it.each<[string, string]>([
    ['a loop', 'https://a.example/1'],
    ['plain http', 'http://a.example/2'],
    ['another scheme', 'file:///etc/passwd'],
    ['what is no URL', 'https://['],
  ])('refuses a redirect to %s', async (_, location) => {
    const http = chain({ 'https://a.example/1': to(location) });
    expect(await failureOf(() => http.transport.get(new URL('https://a.example/1')))).toMatchObject({
      code: 'unexpected_redirect',
    });
  });

  it('refuses a redirect from this machine to plain http elsewhere', async () => {
    const http = chain({ 'http://localhost:1/1': to('http://a.example/2') });
    expect(await failureOf(() => http.transport.get(new URL('http://localhost:1/1')))).toMatchObject({
      code: 'http_not_allowed',
    });
  });

  it('gives the answer when a redirect leads nowhere', async () => {
    const http = chain({ 'https://a.example/1': { status: 302 } });
    expect((await http.transport.get(new URL('https://a.example/1'))).status).toBe(302);
  });
});

describe('send', () => {
  it('opens no connection for plain http to another machine', async () => {
    let isOpened = false;
    const client: HttpClient = {
      send: async () => {
        isOpened = true;
        throw new Error();
      },
      close: async () => {},
    };
    const send = () => transportOver(client).send({ ...request, url: new URL('http://as.example') });
    expect(await failureOf(send)).toMatchObject({ code: 'http_not_allowed' });
    expect(isOpened).toBe(false);
  });

  it('lets plain http pass where that is allowed', async () => {
    const http = scriptedHttp(() => ({ body: 'ok' }));
    const transport = transportOver(http.client, { allowHttp: true });
    expect((await transport.send({ ...request, url: new URL('http://as.example') })).status).toBe(200);
  });
});

describe('pause', () => {
  it('ends with the reason of the signal', async () => {
    const abort = new AbortController();
    const { client } = scriptedHttp(() => ({}));
    const paused = transportOver(client, { signal: abort.signal }).pause(60_000, new URL('https://as.example/'));
    abort.abort(new SignalError(2));
    await expect(paused).rejects.toThrow(SignalError);
  });

  it('does not end at once when the server asks for more than a timer can hold', async () => {
    const warnings: string[] = [];
    const onWarning = ({ name }: Error) => warnings.push(name);
    process.on('warning', onWarning);
    const abort = new AbortController();
    const { client } = scriptedHttp(() => ({}));
    const paused = transportOver(client, { signal: abort.signal })
      .pause(1e15, new URL('https://as.example/'))
      .catch(() => {});
    await new Promise((resolve) => setImmediate(resolve));
    abort.abort(new SignalError(2));
    await paused;
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
  });
});

describe('the time that there is', () => {
  it('ends a wait with a timeout that names the server', async () => {
    const http = scriptedHttp(() => ({ body: '' }));
    const transport = transportOver(http.client, { maxTime: 20 });
    expect(await failureOf(() => transport.pause(60_000, url))).toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('as.example'),
      hint: expect.stringContaining('--max-time'),
    });
  });
});

describe('over a real server', () => {
  let close = async (): Promise<void> => {};
  afterEach(() => close());

  async function serve(handler: Parameters<typeof createServer>[1]) {
    const server = createServer(handler);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const client = openHttpClient({
      verifyCertificates: true,
      proxyFor: () => undefined,
      connectTimeout: 5000,
      resolve: new Map(),
    });
    close = async () => {
      await client.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    };
    return { client, origin: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`) };
  }

  it('ends a server that answers one byte at a time within the time that there is', async () => {
    const { client, origin } = await serve((_, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write('x'), 5);
      response.on('close', () => clearInterval(drip));
    });
    const transport = transportOver(client, { maxTime: 150 });
    expect(await failureOf(() => transport.get(origin))).toMatchObject({ code: 'timeout' });
  });

  it('refuses an endless answer', async () => {
    const { client, origin } = await serve((_, response) => {
      response.writeHead(200);
      const flood = () => {
        while (response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', flood);
      flood();
    });
    expect(await failureOf(() => transportOver(client).get(origin))).toMatchObject({ code: 'response_too_large' });
  });

  it('does not take a body that breaks off for a whole one', async () => {
    const { client, origin } = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"access_token":"x"}');
      setImmediate(() => response.destroy());
    });
    expect(await failureOf(() => transportOver(client, { maxTime: 5000 }).get(origin))).toMatchObject({
      code: 'connection_lost',
    });
  });

  it('ends with the reason of the signal while it waits', async () => {
    const abort = new AbortController();
    const { client, origin } = await serve(() => abort.abort(new SignalError(15)));
    await expect(transportOver(client, { signal: abort.signal }).get(origin)).rejects.toThrow(SignalError);
  });
});
