import { openAsBlob, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Context } from '../context.ts';
import { ConfigError, UsageError } from '../errors.ts';
import type { FormPart, HttpBody } from '../http/types.ts';

/** What is sent, and how that must be said. */
export interface RequestBody {
  readonly content: HttpBody;
  /** Undefined where the content says it by itself (multipart). */
  readonly contentType: string | undefined;
  /** Whether it can be sent a second time. */
  readonly isRepeatable: boolean;
}

type DataOption = readonly [name: string, value: string];

const dataOptions = new Set(['data', 'data-raw', 'data-binary', 'data-urlencode', 'json']);

/**
 * The data of `-d` and its relatives in the order in which they were typed, as curl joins them: with an
 * ampersand, the parts of `--json` without anything.
 * @returns undefined when there are none
 */
export async function collectData(
  typed: readonly DataOption[],
  ctx: Context,
): Promise<{ bytes: Uint8Array; isJson: boolean } | undefined> {
  const parts = typed.filter(([name]) => dataOptions.has(name));
  if (parts.length === 0) return undefined;
  const chunks: Uint8Array[] = [];
  for (const [name, value] of parts) {
    if (chunks.length > 0 && name !== 'json') chunks.push(Buffer.from('&'));
    chunks.push(await readData(name, value, ctx));
  }
  return { bytes: Buffer.concat(chunks), isJson: parts.some(([name]) => name === 'json') };
}

async function readData(name: string, value: string, ctx: Context): Promise<Uint8Array> {
  if (name === 'data-urlencode') return Buffer.from(await urlencode(value, ctx));
  if (name === 'data-raw' || !value.startsWith('@')) return Buffer.from(value);
  const bytes = await readInput(value.slice(1), ctx);
  return name === 'data' ? bytes.filter((byte) => byte !== 0x0a && byte !== 0x0d && byte !== 0) : bytes;
}

/** curl's four forms: `VALUE` or `=VALUE`, `NAME=VALUE`, and, where there is no `=`, `@FILE` and `NAME@FILE`. */
async function urlencode(value: string, ctx: Context): Promise<string> {
  const separator = value.includes('=') ? '=' : '@';
  const at = value.indexOf(separator);
  const name = value.slice(0, Math.max(at, 0));
  const rest = value.slice(at + 1);
  const content = separator === '@' && at !== -1 ? await readInput(rest, ctx) : Buffer.from(rest);
  const encoded = percentEncode(content);
  return name === '' ? encoded : `${name}=${encoded}`;
}

function percentEncode(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9\-._~]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}

/** The parts of `-F`: `NAME=VALUE`, `NAME=@FILE` with `;type=` and `;filename=`, `NAME=<FILE`. */
export async function multipartForm(parts: readonly string[], ctx: Context): Promise<RequestBody> {
  return {
    content: await Promise.all(parts.map((part) => readPart(part, ctx))),
    contentType: undefined,
    isRepeatable: true,
  };
}

async function readPart(part: string, ctx: Context): Promise<FormPart> {
  const [, name, content = ''] = /^([^=]+)=([\s\S]*)$/.exec(part) ?? [];
  if (name === undefined) throw new UsageError('usage', '--form takes NAME=VALUE or NAME=@FILE');
  const { value, parameters } = splitParameters(content.replace(/^[@<]/, ''));
  const type = parameters.get('type');
  const fileName = parameters.get('filename');
  if (content.startsWith('@')) {
    const blob = await openFile(value, ctx, type ?? 'application/octet-stream');
    return { name, value: blob, fileName: fileName ?? basename(value) };
  }
  const text = content.startsWith('<') ? new TextDecoder().decode(await readInput(value, ctx)) : value;
  return type === undefined
    ? { name, value: text }
    : { name, value: new Blob([text], { type }), fileName: fileName ?? name };
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

/** The file of `-T`, streamed. */
export async function uploadBody(file: string, ctx: Context): Promise<RequestBody> {
  if (file === '-') return { content: ctx.io.stdin.stream(), contentType: undefined, isRepeatable: false };
  return { content: await openFile(file, ctx, ''), contentType: undefined, isRepeatable: true };
}

async function openFile(file: string, ctx: Context, type: string): Promise<Blob> {
  if (file === '-') return new Blob([await ctx.io.stdin.read()], { type });
  try {
    return await openAsBlob(resolve(ctx.host.workingDirectory, file), { type });
  } catch {
    throw new ConfigError('file_unusable', `${file} cannot be read`);
  }
}

/** A file, or standard input for `-`. */
export async function readInput(file: string, { io, host }: Context): Promise<Uint8Array> {
  if (file === '-') return io.stdin.read();
  try {
    return readFileSync(resolve(host.workingDirectory, file));
  } catch (error) {
    throw new ConfigError('file_unusable', `${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}
