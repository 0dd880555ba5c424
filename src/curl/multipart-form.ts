import { basename } from 'node:path';
import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import type { RequestBody } from './request-body.ts';
import { openContent, readInput } from './request-body.ts';

/**
 * The form of `-F` as multipart/form-data (RFC 7578). Files stay on the disk until they are sent; unlike
 * the forms of browsers, every byte of a value is kept.
 * @param parts `NAME=VALUE`, `NAME=@FILE` or `NAME=<FILE`, with `;type=` and `;filename=` behind it
 */
export async function multipartForm(parts: readonly string[], ctx: Context): Promise<RequestBody> {
  const boundary = `ccgrant-${globalThis.crypto.randomUUID()}`;
  const pieces: (string | Blob | Uint8Array)[] = [];
  for (const part of parts) {
    const { head, content } = await readPart(part, ctx);
    pieces.push(`--${boundary}\r\n${head}\r\n\r\n`, content, '\r\n');
  }
  return {
    content: new Blob([...pieces, `--${boundary}--\r\n`]),
    contentType: `multipart/form-data; boundary=${boundary}`,
    isRepeatable: true,
  };
}

async function readPart(part: string, ctx: Context): Promise<{ head: string; content: string | Blob | Uint8Array }> {
  const [, name, rest = ''] = /^([^=]+)=([\s\S]*)$/.exec(part) ?? [];
  if (name === undefined) throw new UsageError('usage', '--form takes NAME=VALUE or NAME=@FILE');
  const { value, parameters } = splitParameters(rest.replace(/^[@<]/, ''));
  const isFile = rest.startsWith('@');
  const fileName = parameters.get('filename') ?? (isFile ? basename(value) : undefined);
  const type = parameters.get('type') ?? (isFile ? 'application/octet-stream' : undefined);
  const head = [
    `Content-Disposition: form-data; name="${quote(name)}"${fileName === undefined ? '' : `; filename="${quote(fileName)}"`}`,
    ...(type === undefined ? [] : [`Content-Type: ${requireMediaType(type)}`]),
  ].join('\r\n');
  if (isFile) return { head, content: await openContent(value, ctx) };
  return { head, content: rest.startsWith('<') ? await readInput(value, ctx) : value };
}

function splitParameters(content: string): { value: string; parameters: ReadonlyMap<string, string> } {
  const [value = '', ...rest] = content.split(/;(?=(?:type|filename)=)/);
  return {
    value,
    parameters: new Map(
      rest.map((parameter) => {
        const at = parameter.indexOf('=');
        return [parameter.slice(0, at), parameter.slice(at + 1)];
      }),
    ),
  };
}

/** Quotes and line ends in a name, as browsers and curl write them. */
function quote(name: string): string {
  return name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** A line end in a type would begin a header of its own. */
function requireMediaType(type: string): string {
  if (!/\p{Cc}/u.test(type)) return type;
  throw new UsageError('usage', 'the type of a --form part holds a control character');
}
