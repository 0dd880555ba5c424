import { describe, expect, it } from 'vitest';
import type { ApiRequest } from '../../../src/curl/api-request.ts';
import type { ExchangePolicy } from '../../../src/curl/exchange.ts';
import { exchange } from '../../../src/curl/exchange.ts';
import { NetworkError } from '../../../src/errors.ts';
import { HttpHeaders } from '../../../src/http/headers.ts';
import { bearerAuthorization } from '../../../src/oauth/protected-resource.ts';
import { failureOf } from '../support/failure.ts';
import type { Answer } from '../support/scripted-http.ts';
import { scriptedHttp } from '../support/scripted-http.ts';

const origin = 'https://api.example';
const policy: ExchangePolicy = { followRedirects: true, maxRedirects: 5, retries: 0, headerTime: 0 };
const request: ApiRequest = {
  method: 'POST',
  url: new URL(`${origin}/a`),
  headers: new HttpHeaders([
    ['User-Agent', 'ccgrant'],
    ['Accept', '*/*'],
    ['Content-Type', 'application/json'],
    ['Cookie', 'session=S3cr3t'],
    ['X-Api-Key', 'S3cr3t'],
    ['DPoP', 'S3cr3t'],
  ]),
  body: { content: '{"password":"S3cr3t"}', contentType: 'application/json', isRepeatable: true },
};

function run(
  answers: readonly (Answer | Error)[],
  change: Partial<ApiRequest> = {},
  how: Partial<ExchangePolicy> = {},
) {
  const http = scriptedHttp((_, number) => answers[number - 1] ?? { body: 'end' });
  return {
    sent: http.requests,
    result: exchange({ ...request, ...change }, bearerAuthorization('S3cr3t'), { ...policy, ...how }, http.transport, {
      now: () => 0,
      elapsed: () => performance.now(),
    }),
  };
}

const to = (location: string, status = 307): Answer => ({ status, headers: { location } });

describe('redirects', () => {
  it.each([
    ['another host', 'https://evil.example/b'],
    ['another port', 'https://api.example:8443/b'],
    ['a subdomain', 'https://evil.api.example/b'],
  ])('take no secret byte to %s', async (_, location) => {
    for (const status of [301, 302, 303, 307, 308]) {
      const { sent, result } = run([to(location, status)]);
      await result;
      expect(sent[1]?.url.href).toBe(location);
      expect([...(sent[1]?.headers ?? [])].map(([name]) => name)).toEqual(['User-Agent', 'Accept']);
      expect(JSON.stringify([[...(sent[1]?.headers ?? [])], sent[1]?.body])).not.toContain('S3cr3t');
    }
  });

  it('do not bring the token back on the way home', async () => {
    const { sent, result } = run([to('https://evil.example/'), to(`${origin}/c`)]);
    await result;
    expect(sent[2]?.headers.has('authorization')).toBe(false);
  });

  it.each([`${origin}/b`, '/b', 'b', '//api.example/b', 'https://API.example:443/b'])(
    'keep everything within the origin: %s',
    async (location) => {
      const { sent, result } = run([to(location)]);
      await result;
      expect(sent[1]?.url.href).toBe(`${origin}/b`);
      expect([...(sent[1]?.headers ?? [])]).toEqual([...(sent[0]?.headers ?? [])]);
      expect(sent[1]?.headers.get('authorization')).toContain('S3cr3t');
      expect(sent[1]?.body).toBe(request.body?.content);
    },
  );

  it.each([
    [301, 'POST', 'GET', false],
    [302, 'POST', 'GET', false],
    [303, 'POST', 'GET', false],
    [303, 'PUT', 'GET', false],
    [303, 'HEAD', 'HEAD', false],
    [301, 'PUT', 'PUT', true],
    [307, 'POST', 'POST', true],
    [308, 'DELETE', 'DELETE', true],
  ])('%i makes of %s a %s', async (status, method, next, keepsBody) => {
    const { sent, result } = run([to('/b', status)], { method });
    await result;
    expect(sent[1]?.method).toBe(next);
    if (method !== 'HEAD') expect(sent[1]?.body !== undefined).toBe(keepsBody);
    expect(sent[1]?.headers.has('content-type') || !keepsBody).toBe(true);
  });

  it.each(['http://api.example/b', 'http://localhost/b', 'ftp://api.example/', 'https://['])(
    'are refused to %s',
    async (location) => {
      const { result } = run([to(location)]);
      expect(await failureOf(() => result)).toMatchObject({ code: 'unexpected_redirect' });
    },
  );

  it('are refused when they are too many', async () => {
    const { sent, result } = run(
      Array.from({ length: 9 }, () => to('/b')),
      {},
      { maxRedirects: 2 },
    );
    expect(await failureOf(() => result)).toMatchObject({ code: 'unexpected_redirect' });
    expect(sent).toHaveLength(3);
  });

  it('are shown, not followed, unless that was asked for', async () => {
    const { sent, result } = run([to('https://evil.example/')], {}, { followRedirects: false });
    expect((await result).response.status).toBe(307);
    expect(sent).toHaveLength(1);
  });

  it('without a Location are the answer', async () => {
    expect((await run([{ status: 302, headers: {} }]).result).response.status).toBe(302);
  });

  it('are counted', async () => {
    expect(await run([to('/b'), to('/c')]).result).toMatchObject({ redirects: 2, retries: 0 });
  });
});

describe('--retry', () => {
  const busy: Answer = { status: 503, headers: { 'retry-after': '0' } };

  it.each([408, 429, 500, 502, 503, 504])('sends again at %i', async (status) => {
    const { sent, result } = run([{ ...busy, status }], {}, { retries: 1 });
    expect(await result).toMatchObject({ retries: 1, response: { status: 200 } });
    expect(sent).toHaveLength(2);
  });

  it.each([400, 401, 403, 404, 409, 501])('does not send again at %i', async (status) => {
    const { sent, result } = run([{ ...busy, status }], {}, { retries: 3 });
    await result;
    expect(sent).toHaveLength(1);
  });

  it('gives the last answer when it does not help', async () => {
    const { sent, result } = run(Array(9).fill(busy), {}, { retries: 2 });
    expect((await result).response.status).toBe(503);
    expect(sent).toHaveLength(3);
  });

  it('sends nothing again unless that was asked for', async () => {
    const { sent, result } = run([busy]);
    expect((await result).response.status).toBe(503);
    expect(sent).toHaveLength(1);
  });

  it('does not send a body again that can be read only once', async () => {
    const body = { content: 'x', contentType: undefined, isRepeatable: false };
    const { sent, result } = run([busy], { body }, { retries: 3 });
    expect((await result).response.status).toBe(503);
    expect(sent).toHaveLength(1);
  });

  it.each(['tls_failed', 'connection_lost', 'connection_failed', 'dns_failed'] as const)(
    'does not send again after %s',
    async (code) => {
      const { sent, result } = run([new NetworkError(code, code)], {}, { retries: 3 });
      expect(await failureOf(() => result)).toMatchObject({ code });
      expect(sent).toHaveLength(1);
    },
  );
});
