import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { multipartForm } from '../../../src/curl/multipart-form.ts';
import { failureOf } from '../support/failure.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { createContext } from '../support/test-context.ts';

const at = temporaryDirectory();

/** Builds the form and reads it as a server does. */
async function send(parts: string[], stdin = '') {
  const { ctx } = await createContext({ stdin, host: { workingDirectory: at() } });
  const { content, contentType = '' } = await multipartForm(parts, ctx);
  const bytes = Buffer.from(await (content as Blob).arrayBuffer());
  const form = await new Response(bytes, { headers: { 'content-type': contentType } }).formData();
  return { text: bytes.toString('latin1'), entries: [...form] };
}

describe('-F', () => {
  it.each<[string, string, string]>([
    ['a=b', 'a', 'b'],
    ['a=', 'a', ''],
    ['a=b=c;d', 'a', 'b=c;d'],
    ['a=x@y', 'a', 'x@y'],
    ['ü=€ 🦊', 'ü', '€ 🦊'],
  ])('%s is a value', async (part, name, value) => {
    expect((await send([part])).entries).toEqual([[name, value]]);
  });

  it('keeps every byte of a value, line ends too', async () => {
    expect((await send(['a=x\ny\r\nz'])).text).toContain('\r\n\r\nx\ny\r\nz\r\n--');
  });

  it('uploads a file with its name, its type and its bytes', async () => {
    writeFileSync(at('data.bin'), Buffer.of(0, 0xff, 0x0d, 0x0a));
    const { entries, text } = await send(['f=@data.bin', 'g=@data.bin;type=text/csv;filename=other.csv']);
    const [first, second] = entries.map(([, value]) => value as File);
    expect([first?.name, first?.type, second?.name, second?.type]).toEqual([
      'data.bin',
      'application/octet-stream',
      'other.csv',
      'text/csv',
    ]);
    expect(text).toContain('\r\n\r\n\u0000\u00ff\r\n\r\n--');
  });

  it('reads a value from a file, and standard input', async () => {
    writeFileSync(at('value'), 'content\n');
    expect((await send(['a=<value', 'b=<-'], 'piped')).entries).toEqual([
      ['a', 'content\n'],
      ['b', 'piped'],
    ]);
  });

  it('keeps the order, and a name twice', async () => {
    expect((await send(['a=1', 'b=2', 'a=3'])).entries).toEqual([
      ['a', '1'],
      ['b', '2'],
      ['a', '3'],
    ]);
  });

  it.each(['a"b', 'a\r\nContent-Type: text/html'])('lets no name end its header: %j', async (name) => {
    const { text, entries } = await send([`${name}=x`]);
    expect(entries).toHaveLength(1);
    expect(text.match(/\r\nContent-/g)).toHaveLength(1);
  });

  it.each(['noequals', '=x'])('refuses %j', async (part) => {
    expect(await failureOf(() => send([part]))).toMatchObject({
      code: 'usage',
      message: expect.stringContaining('--form'),
    });
  });

  it('refuses a file that is not there, and a directory', async () => {
    expect(await failureOf(() => send(['a=@none']))).toMatchObject({ code: 'file_unusable' });
    expect(await failureOf(() => send(['a=@.']))).toMatchObject({ code: 'file_unusable' });
  });

  it('refuses a type that would begin a header of its own', async () => {
    writeFileSync(at('f'), 'x');
    expect(await failureOf(() => send(['a=@f;type=text/csv\r\nX: y']))).toMatchObject({ code: 'usage' });
  });
});
