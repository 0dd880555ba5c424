import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { NetworkError } from '../../../src/errors.ts';
import { decodedBody, readText } from '../../../src/http/body.ts';
import { HttpHeaders } from '../../../src/http/headers.ts';
import type { HttpResponse } from '../../../src/http/types.ts';
import { failureOf } from '../support/failure.ts';

const limit = 1024 * 1024;

function response(body: AsyncIterable<Uint8Array>, encoding?: string): HttpResponse {
  const headers = new HttpHeaders(encoding === undefined ? [] : [['Content-Encoding', encoding]]);
  return { status: 200, statusText: 'OK', headers, body };
}

async function* chunks(...parts: (Uint8Array | string)[]): AsyncIterable<Uint8Array> {
  for (const part of parts) yield Buffer.from(part as string);
}

const read = (body: AsyncIterable<Uint8Array>, encoding?: string) => readText(response(body, encoding), limit);

describe('readText', () => {
  it('joins the pieces of a body, also in the middle of a character', async () => {
    const bytes = Buffer.from('a🦊b');
    expect(await read(chunks(bytes.subarray(0, 2), bytes.subarray(2, 4), bytes.subarray(4)))).toBe('a🦊b');
  });

  it('is empty for an empty body', async () => {
    expect(await read(chunks())).toBe('');
  });

  it('takes a byte order mark away, and replaces what is no UTF-8', async () => {
    expect(await read(chunks(Buffer.of(0xef, 0xbb, 0xbf, 0x61, 0xff)))).toBe('a\ufffd');
  });

  it.each<[string, Uint8Array]>([
    ['gzip', gzipSync('content')],
    ['x-gzip', gzipSync('content')],
    ['GZIP', gzipSync('content')],
    [' gzip ', gzipSync('content')],
    ['deflate', deflateSync('content')],
    ['br', brotliCompressSync('content')],
    ['identity', Buffer.from('content')],
    ['', Buffer.from('content')],
  ])('takes the coding %j off', async (encoding, bytes) => {
    expect(await read(chunks(bytes), encoding)).toBe('content');
    expect(await read(chunks(bytes.subarray(0, 3), bytes.subarray(3)), encoding)).toBe('content');
  });

  it.each(['zstd', 'compress', 'gzip, gzip', Array(200).fill('gzip').join(', ')])(
    'refuses the coding %s',
    async (encoding) => {
      expect(await failureOf(() => read(chunks('x'), encoding))).toMatchObject({ code: 'invalid_response' });
    },
  );

  it('takes a body of exactly the limit', async () => {
    expect(await read(chunks(Buffer.alloc(limit, 'x')))).toHaveLength(limit);
  });

  it('refuses one byte more', async () => {
    expect(await failureOf(() => read(chunks(Buffer.alloc(limit, 'x'), 'x')))).toMatchObject({
      code: 'response_too_large',
      status: 200,
    });
  });

  it('stops an endless body', async () => {
    let isClosed = false;
    async function* endless(): AsyncIterable<Uint8Array> {
      try {
        for (;;) yield Buffer.alloc(64 * 1024);
      } finally {
        isClosed = true;
      }
    }
    expect(await failureOf(() => read(endless()))).toMatchObject({ code: 'response_too_large' });
    expect(isClosed).toBe(true);
  });

  it.each<[string, Uint8Array]>([
    ['gzip', gzipSync(Buffer.alloc(64 * limit))],
    ['br', brotliCompressSync(Buffer.alloc(64 * limit))],
    ['deflate', deflateSync(Buffer.alloc(64 * limit))],
  ])('stops a %s bomb: a few kilobytes that unfold to 64 MB', async (encoding, bomb) => {
    expect(bomb.length).toBeLessThan(limit / 8);
    const before = process.memoryUsage().rss;
    expect(await failureOf(() => read(chunks(bomb), encoding))).toMatchObject({ code: 'response_too_large' });
    expect(process.memoryUsage().rss - before).toBeLessThan(32 * limit);
  });

  it.each<[string, Uint8Array]>([
    ['gzip', gzipSync('content'.repeat(100)).subarray(0, -10)],
    ['gzip', Buffer.from('not gzip at all')],
    ['deflate', deflateSync('content').subarray(0, -3)],
    ['br', brotliCompressSync('content').subarray(0, -3)],
    ['br', Buffer.from('not brotli at all')],
  ])('is a lost connection when the %s body is broken or breaks off', async (encoding, bytes) => {
    expect(await failureOf(() => read(chunks(bytes), encoding))).toMatchObject({ code: 'connection_lost' });
  });

  it.each(['gzip', 'deflate', 'br'])(
    'is empty for an empty body that claims the coding %s, as answers without content do',
    async (encoding) => {
      expect(await read(chunks(), encoding)).toBe('');
    },
  );

  it.each([undefined, 'gzip'])(
    'passes on the failure of a body that breaks off, with the coding %s',
    async (encoding) => {
      async function* broken(): AsyncIterable<Uint8Array> {
        yield gzipSync('content').subarray(0, 12);
        throw new NetworkError('timeout', 'no answer in time');
      }
      expect(await failureOf(() => read(broken(), encoding))).toMatchObject({ code: 'timeout' });
    },
  );
});

describe('decodedBody', () => {
  it('gives the bytes as they come', async () => {
    const body = chunks('a', 'b');
    expect(await decodedBody(response(body))).toBe(body);
  });
});
