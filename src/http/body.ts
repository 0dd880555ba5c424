import type { Transform } from 'node:stream';
import { NetworkError, ProtocolError } from '../errors.ts';
import type { HttpHeaders } from './headers.ts';
import type { HttpResponse } from './types.ts';

/**
 * Reads a whole body as text, decoded, and no more of it than `limit` bytes after decoding: a small
 * compressed answer can unfold to gigabytes.
 * @throws ProtocolError response_too_large
 * @throws NetworkError connection_lost when the body breaks off
 */
export async function readText(response: HttpResponse, limit: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of await decodedBody(response)) {
    length += chunk.length;
    if (length > limit) {
      throw new ProtocolError('response_too_large', `the answer is larger than ${limit} bytes`, {
        status: response.status,
      });
    }
    chunks.push(chunk);
  }
  // What node's TextDecoder does, which takes several times as long to begin.
  return Buffer.concat(chunks)
    .toString()
    .replace(/^\uFEFF/, '');
}

/** The body without its Content-Encoding (RFC 9110 section 8.4.1). */
export async function decodedBody({ headers, body }: HttpResponse): Promise<AsyncIterable<Uint8Array>> {
  const decoder = await createDecoder(headers);
  return decoder === undefined ? body : decode(body, decoder);
}

async function* decode(body: AsyncIterable<Uint8Array>, decoder: Transform): AsyncIterable<Uint8Array> {
  let isEmpty = true;
  async function* counted(): AsyncIterable<Uint8Array> {
    for await (const chunk of body) {
      isEmpty &&= chunk.length === 0;
      yield chunk;
    }
  }
  const { Readable } = await import('node:stream');
  const source = Readable.from(counted(), { objectMode: false });
  source.on('error', (error) => decoder.destroy(error));
  try {
    yield* source.pipe(decoder);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!/^(Z_|ERR__)/.test(code)) throw error;
    // Servers put the coding on answers without content too.
    if (isEmpty) return;
    throw new NetworkError('connection_lost', 'the compressed answer is broken or incomplete', { cause: error });
  } finally {
    source.destroy();
    decoder.destroy();
  }
}

async function createDecoder(headers: HttpHeaders): Promise<Transform | undefined> {
  const coding = headers.get('content-encoding')?.trim().toLowerCase();
  if (coding === undefined || coding === '' || coding === 'identity') return undefined;
  const { createBrotliDecompress, createGunzip, createInflate } = await import('node:zlib');
  if (coding === 'gzip' || coding === 'x-gzip') return createGunzip();
  if (coding === 'deflate') return createInflate();
  if (coding === 'br') return createBrotliDecompress();
  throw new ProtocolError('invalid_response', `the answer is encoded as ${coding}, which is not supported`);
}
