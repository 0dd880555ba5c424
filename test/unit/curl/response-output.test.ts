import { existsSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { OutputPlan } from '../../../src/curl/response-output.ts';
import { outputResponse } from '../../../src/curl/response-output.ts';
import { HttpHeaders } from '../../../src/http/headers.ts';
import { failureOf } from '../support/failure.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { createContext } from '../support/test-context.ts';

const at = temporaryDirectory();
const plain: OutputPlan = {
  bodyFile: undefined,
  headerFile: undefined,
  showsHeaders: false,
  showsBody: true,
  decodes: false,
};

async function output(pieces: (string | Uint8Array)[], plan: Partial<OutputPlan> = {}, isTerminal = false) {
  const { ctx, stdout } = await createContext({ host: { workingDirectory: at() } });
  const io = { ...ctx.io, stdout: { ...ctx.io.stdout, isTerminal } };
  async function* body() {
    for (const piece of pieces) yield Buffer.from(piece as string);
  }
  const headers = new HttpHeaders([
    ['content-type', 'text/plain'],
    ['content-encoding', 'gzip'],
    ['x-a', '1'],
  ]);
  const size = await outputResponse(
    { status: 200, statusText: 'OK', headers, body: body() },
    { ...plain, ...plan },
    { ...ctx, io },
  );
  return { size, stdout: stdout() };
}

const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-encoding: gzip\r\nx-a: 1\r\n\r\n';

describe('outputResponse', () => {
  it('writes the body byte for byte, and nothing else', async () => {
    expect(await output(['a\r\n', 'b\u001b[2J', '🦊'])).toEqual({ size: 12, stdout: 'a\r\nb\u001b[2J🦊' });
  });

  it('writes the headers where they were asked for', async () => {
    expect((await output(['body'], { showsHeaders: true })).stdout).toBe(`${head}body`);
    expect(await output(['body'], { showsHeaders: true, showsBody: false })).toEqual({ size: 0, stdout: head });
    expect((await output(['body'], { headerFile: 'head' })).stdout).toBe('body');
    expect(readFileSync(at('head'), 'utf8')).toBe(head);
  });

  it('writes the body to a file, even an empty one', async () => {
    expect((await output(['body'], { bodyFile: 'out' })).stdout).toBe('');
    expect(readFileSync(at('out'), 'utf8')).toBe('body');
    await output([], { bodyFile: 'out' });
    expect(readFileSync(at('out'), 'utf8')).toBe('');
  });

  it('takes the coding off only where that was asked for', async () => {
    const bytes = gzipSync('content');
    expect(await output([bytes], { decodes: true })).toEqual({ size: 7, stdout: 'content' });
    await output([bytes], { bodyFile: 'out' });
    expect(readFileSync(at('out')).equals(bytes)).toBe(true);
  });

  it('fails for a file that cannot be written', async () => {
    expect(await failureOf(() => output(['x'], { bodyFile: 'none/out' }))).toMatchObject({ code: 'output_failed' });
    expect(await failureOf(() => output(['x'], { headerFile: 'none/head' }))).toMatchObject({ code: 'output_failed' });
    expect(existsSync(at('none'))).toBe(false);
  });

  it.each<[string, string[], string]>([
    ['an escape sequence', ['\u001b[2J'], '\\u{1b}[2J\n'],
    ['a bidirectional control', ['a\u202eb'], 'a\\u{202e}b\n'],
    ['line ends and tabs, which stay', ['a\n\tb\n'], 'a\n\tb\n'],
    ['CRLF', ['a\r\nb\r\n'], 'a\nb\n'],
    ['CRLF that comes in two pieces', ['a\r', '\nb\r', '\n'], 'a\nb\n'],
    ['a carriage return that would hide the line', ['a\rb'], 'a\\u{d}b\n'],
    ['no final line end', ['a'], 'a\n'],
    ['nothing', [], ''],
  ])('shows on a terminal %s', async (_, pieces, shown) => {
    expect((await output(pieces, {}, true)).stdout).toBe(shown);
  });

  it('shows on a terminal a character that comes in two pieces', async () => {
    const bytes = Buffer.from('a🦊');
    expect((await output([bytes.subarray(0, 3), bytes.subarray(3)], {}, true)).stdout).toBe('a🦊\n');
  });
});
