import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Answer } from '../../support/http-server.ts';
import {
  closedPort,
  empty,
  endless,
  json,
  raw,
  redirect,
  reset,
  startHttpServer,
  startSilentServer,
  text,
} from '../../support/http-server.ts';
import { ended, metadata, openScene, patience, tokenResponse } from '../../support/http-server-scene.ts';

const { access_token: token } = tokenResponse;

describe.concurrent('a redirect', () => {
  const all = [301, 302, 303, 307, 308];
  const endpoints = [
    { args: ['token'], path: '/token', statuses: all },
    { args: ['introspect', 'a-token'], path: '/introspect', statuses: [307] },
    { args: ['revoke', 'a-token'], path: '/revoke', statuses: [308] },
  ];
  for (const { args, path, statuses } of endpoints) {
    for (const status of statuses) {
      test(`with ${status} at ${path} is exit 3, and the place it names hears nothing`, async () => {
        await using elsewhere = await startHttpServer({});
        const location = `${elsewhere.origin}/elsewhere`;
        await using scene = await openScene({ [path]: redirect(location, status) });
        const { exitCode, stdout, stderr } = await scene.run(args);
        expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
        expect(stderr).toMatch(/^error\[unexpected_redirect\]: /);
        expect(stderr).toContain(`${status} from POST`);
        expect(stderr).toContain(location);
        expect(elsewhere.connections).toBe(0);
        expect(scene.server.requests(path)).toHaveLength(1);
      });
    }
  }

  test('to the same server is not followed by a token request either', async () => {
    await using scene = await openScene({ '/token': redirect('/token/', 307), '/token/': json(tokenResponse) });
    expect(await scene.run(['token'])).toMatchObject({ exitCode: 3, stdout: '' });
    expect(scene.server.requests('/token/')).toEqual([]);
  });
});

describe.concurrent('a server that is busy', () => {
  test('is given the second that Retry-After asks for', async () => {
    await using scene = await openScene({ '/token': [empty(429, { 'retry-after': '1' }), json(tokenResponse)] });
    const start = performance.now();
    expect(await scene.run(['token'])).toMatchObject({ exitCode: 0, stdout: `${token}\n` });
    expect(performance.now() - start).toBeGreaterThan(1000);
    expect(scene.server.requests('/token')).toHaveLength(2);
  });

  test('is given until the date that Retry-After names', async () => {
    const past: Answer = () => empty(503, { 'retry-after': new Date(Date.now() - 5000).toUTCString() });
    await using scene = await openScene({ '/token': [past, json(tokenResponse)] });
    expect(await scene.run(['token'])).toMatchObject({ exitCode: 0 });
  });

  const tooLong: { what: string; value: () => string; args: string[] }[] = [
    { what: '120 seconds', value: () => '120', args: [] },
    { what: '3 seconds with --max-time 2', value: () => '3', args: ['-m', '2'] },
    { what: 'a date far off', value: () => new Date(Date.now() + 600_000).toUTCString(), args: [] },
    { what: 'more seconds than there are', value: () => '999999999999', args: [] },
  ];
  for (const { what, value, args } of tooLong) {
    test(`is given up at once when it asks for ${what}, and the wait is named`, async () => {
      await using scene = await openScene({ '/token': empty(429, { 'retry-after': value() }) });
      const start = performance.now();
      const { exitCode, stdout, stderr } = await scene.run(['token', ...args]);
      expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
      expect(stderr).toMatch(/server: 429[\s\S]*hint: .*\d+ s/);
      expect(performance.now() - start).toBeLessThan(patience);
      expect(scene.server.requests('/token')).toHaveLength(1);
    });
  }

  for (const value of ['-5', 'later']) {
    test(`is tried again as ever when its Retry-After is ${JSON.stringify(value)}`, async () => {
      await using scene = await openScene({ '/token': [empty(503, { 'retry-after': value }), json(tokenResponse)] });
      expect(await scene.run(['token', '-m', '10'])).toMatchObject({ exitCode: 0 });
    });
  }

  test('is tried again with the metadata too', async () => {
    await using scene = await openScene({ '/.well-known/openid-configuration': [empty(503), metadata()] });
    expect(await scene.run(['token'])).toMatchObject({ exitCode: 0 });
  });

  test('that has no metadata to give is exit 4', async () => {
    await using scene = await openScene({
      '/.well-known/openid-configuration': empty(503),
      '/.well-known/oauth-authorization-server': empty(503),
    });
    expect(await scene.run(['token'])).toMatchObject({ exitCode: 4, stdout: '' });
  });
});

describe.concurrent('a connection', () => {
  test('that is reset once is tried again', async () => {
    await using scene = await openScene({ '/token': [reset, json(tokenResponse)] });
    expect(await scene.run(['token'])).toEqual({ exitCode: 0, signal: null, stdout: `${token}\n`, stderr: '' });
    expect(scene.server.requests('/token')).toHaveLength(2);
  });

  const lost: { what: string; answer: Answer }[] = [
    { what: 'is reset every time', answer: reset },
    { what: 'is closed without an answer', answer: raw('') },
    {
      what: 'ends in the middle of a body of known length',
      answer: raw(
        'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{"access_token":"x"',
      ),
    },
    {
      what: 'ends in the middle of a chunked body, after what looks whole',
      answer: raw(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunk(JSON.stringify(tokenResponse))}`),
    },
    {
      what: 'ends in the middle of a compressed body',
      answer: (_request, response) => {
        const body = gzipSync(JSON.stringify(tokenResponse));
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(body.subarray(0, -10));
      },
    },
  ];
  for (const { what, answer } of lost) {
    test(`that ${what} is exit 4 after two more tries, and no part of a body is used`, async () => {
      await using scene = await openScene({ '/token': answer });
      const { exitCode, stdout, stderr } = await scene.run(['token']);
      expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
      expect(stderr).toMatch(/^error\[connection_lost\]: /);
      expect(scene.server.requests('/token')).toHaveLength(3);
    });
  }

  for (const [what, lengths] of [
    ['too short', [30]],
    ['given twice, differently', [30, 200]],
  ] as const) {
    test(`with a content-length that is ${what} gives no token`, async () => {
      const fields = lengths.map((length) => `content-length: ${length}\r\n`).join('');
      const answer = raw(`HTTP/1.1 200 OK\r\n${fields}\r\n${JSON.stringify(tokenResponse)}`);
      await using scene = await openScene({ '/token': answer });
      const { exitCode, stdout, stderr } = await scene.run(['token']);
      expect([3, 4]).toContain(exitCode);
      expect(stdout).toBe('');
      expect(stderr).toMatch(/^error\[/);
    });
  }

  const nonsense: { what: string; answer: Answer }[] = [
    { what: 'another protocol', answer: raw('SSH-2.0-OpenSSH_9.2\r\n') },
    { what: 'something like HTTP', answer: raw('HTTP/1.1 banana\r\n\r\n') },
  ];
  for (const { what, answer } of nonsense) {
    test(`that speaks ${what} is exit 3`, async () => {
      await using scene = await openScene({ '/token': answer });
      const { exitCode, stdout, stderr } = await scene.run(['token']);
      expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
      expect(stderr).toMatch(/^error\[invalid_response\]: /);
    });
  }

  test('to a port where nobody listens is exit 4', async () => {
    await using scene = await openScene({}, { CCGRANT_TOKEN_ENDPOINT: `http://127.0.0.1:${await closedPort()}/token` });
    const { exitCode, stdout, stderr } = await scene.run(['token']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
    expect(stderr).toMatch(/^error\[connection_failed\]: .*ECONNREFUSED/);
    expect(stderr).toMatch(/hint: /);
  });

  test('to a host name that does not exist is exit 4', async () => {
    await using scene = await openScene({}, { CCGRANT_TOKEN_ENDPOINT: 'https://as.invalid/token' });
    const { exitCode, stdout, stderr } = await scene.run(['token']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
    expect(stderr).toMatch(/^error\[dns_failed\]: .*as\.invalid/);
  });

  test('that is taken and never answered is exit 4 when --max-time is over', async () => {
    await using silent = await startSilentServer();
    await using scene = await openScene({}, { CCGRANT_TOKEN_ENDPOINT: `http://127.0.0.1:${silent.port}/token` });
    const start = performance.now();
    const { exitCode, stdout, stderr } = await scene.run(['token', '-m', '0.5']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
    expect(stderr).toMatch(/^error\[timeout\]: /);
    expect(performance.now() - start).toBeLessThan(patience);
    expect(silent.connections).toBe(1);
  });

  test('has one time limit for everything, the discovery included', async () => {
    let start = 0;
    let end = 0;
    await using scene = await openScene({
      '/.well-known/openid-configuration': async () => {
        start = performance.now();
        await sleep(1500);
        return metadata();
      },
      '/token': (_request, response) => {
        response.once('close', () => {
          end = performance.now();
        });
      },
    });
    const { exitCode, stderr } = await scene.run(['token', '--max-time', '2']);
    expect(exitCode).toBe(4);
    expect(stderr).toMatch(/^error\[timeout\]: /);
    expect(scene.server.requests('/token')).toHaveLength(1);
    expect(end - start).toBeGreaterThan(1500);
    expect(end - start).toBeLessThan(3000);
  });
});

describe.concurrent('a body', () => {
  test('that is compressed although nobody asked is read all the same', async () => {
    const body = gzipSync(JSON.stringify(tokenResponse));
    await using scene = await openScene({ '/token': text(body, 200, { 'content-encoding': 'gzip' }) });
    expect(await scene.run(['token'])).toMatchObject({ exitCode: 0, stdout: `${token}\n` });
    expect(scene.server.requests('/token')[0]?.headers['accept-encoding']).toBe('identity');
  });

  const memory = "process.on('exit', () => process.stderr.write('\\nmaxRSS ' + process.resourceUsage().maxRSS));";
  const peak = (stderr: string): number => Number(/maxRSS (\d+)$/.exec(stderr)?.[1]);
  const huge: { what: string; answer: Answer }[] = [
    {
      what: 'is a compressed bomb of 200 MB',
      answer: text(gzipSync(Buffer.alloc(200 * 1024 * 1024), { level: 1 }), 200, { 'content-encoding': 'gzip' }),
    },
    { what: 'never ends', answer: endless },
  ];
  for (const { what, answer } of huge) {
    test(`that ${what} is exit 3 in little memory and time`, async () => {
      await using scene = await openScene({ '/token': answer });
      const start = performance.now();
      const { exitCode, stdout, stderr } = await ended(scene.start(['token'], { preload: memory }));
      expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
      expect(stderr).toMatch(/^error\[response_too_large\]: /);
      expect(peak(stderr)).toBeGreaterThan(10_000);
      expect(peak(stderr)).toBeLessThan(150_000);
      expect(performance.now() - start).toBeLessThan(patience);
    });
  }

  test('that comes a byte a second is ended by --max-time', async () => {
    const drip: Answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{');
      const timer = setInterval(() => response.write(' '), 1000);
      response.once('close', () => clearInterval(timer));
    };
    await using scene = await openScene({ '/token': drip });
    const start = performance.now();
    const { exitCode, stdout, stderr } = await scene.run(['token', '-m', '1.5']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
    expect(stderr).toMatch(/^error\[timeout\]: /);
    expect(performance.now() - start).toBeLessThan(patience);
    expect(scene.server.requests('/token')).toHaveLength(1);
  });

  test('behind 100 000 headers is exit 3', async () => {
    const headers = Array.from({ length: 100_000 }, (_, index) => `x-${index}: value\r\n`).join('');
    await using scene = await openScene({ '/token': raw(`HTTP/1.1 200 OK\r\n${headers}content-length: 2\r\n\r\n{}`) });
    const { exitCode, stdout, stderr } = await scene.run(['token']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toMatch(/^error\[response_too_large\]: /);
  });

  for (const depth of [10_000, 400_000]) {
    test(`nested ${depth} levels deep does no harm`, async () => {
      const deep = `${'['.repeat(depth)}${']'.repeat(depth)}`;
      const body = JSON.stringify({ ...tokenResponse, deep: 0 }).replace(':0}', `:${deep}}`);
      await using scene = await openScene({
        '/token': text(body, 200, { 'content-type': 'application/json' }),
        '/introspect': text(`{"active":true,"deep":${deep}}`, 200, { 'content-type': 'application/json' }),
      });
      expect(await scene.run(['token'])).toMatchObject({ exitCode: 0, stdout: `${token}\n` });
      const { exitCode, stderr } = await scene.run(['introspect', 'a-token']);
      expect([0, 3]).toContain(exitCode);
      expect(stderr).not.toMatch(/bug|RangeError|at /);
    });
  }

  test('as text/plain, in any charset and with a byte order mark is read as JSON', async () => {
    const body = `\ufeff${JSON.stringify(tokenResponse)}`;
    await using scene = await openScene({
      '/token': text(body, 200, { 'content-type': 'text/plain; charset=latin1' }),
    });
    expect(await scene.run(['token'])).toMatchObject({ exitCode: 0, stdout: `${token}\n` });
  });
});

function chunk(body: string): string {
  return `${body.length.toString(16)}\r\n${body}\r\n`;
}
