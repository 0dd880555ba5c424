import type { Stats } from 'node:fs';
import { accessSync, constants, createReadStream, openAsBlob, readFileSync, statSync } from 'node:fs';
import { absolutePath } from '../absolute-path.ts';
import type { Context } from '../context.ts';
import { ConfigError } from '../errors.ts';
import type { HttpBody } from '../http/types.ts';
import { unreadable } from '../unreadable.ts';

/** What is sent, and how that must be said. */
export interface RequestBody {
  readonly content: HttpBody;
  /** Undefined where curl says nothing either. */
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

/** As a form has it: a blank is a plus. */
function percentEncode(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => {
    const character = String.fromCharCode(byte);
    if (character === ' ') return '+';
    return /[A-Za-z0-9\-._~]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}

/** The file of `-T`, streamed. */
export async function uploadBody(file: string, ctx: Context): Promise<RequestBody> {
  if (file === '-') return { content: ctx.io.stdin.stream(), contentType: undefined, isRepeatable: false };
  const path = absolutePath(file, ctx.host);
  // A pipe, such as the shell makes of `<(command)`, has no size and is read once.
  if (!requireReadable(path, file).isFile()) {
    return { content: createReadStream(path), contentType: undefined, isRepeatable: false };
  }
  return { content: await openAsBlob(path), contentType: undefined, isRepeatable: true };
}

/** What a file holds, left on the disk until it is sent where that is possible. */
export async function openContent(file: string, ctx: Context): Promise<Blob> {
  const path = absolutePath(file, ctx.host);
  if (file !== '-' && requireReadable(path, file).isFile()) return openAsBlob(path);
  return new Blob([await readInput(file, ctx)]);
}

function requireReadable(path: string, file: string): Stats {
  try {
    accessSync(path, constants.R_OK);
    const stats = statSync(path);
    if (!stats.isDirectory()) return stats;
  } catch (error) {
    throw new ConfigError('file_unusable', `${file} ${unreadable(error)}`);
  }
  throw new ConfigError('file_unusable', `${file} is a directory`);
}

/** A file, or standard input for `-`. */
export async function readInput(file: string, { io, host }: Context): Promise<Uint8Array> {
  if (file === '-') return io.stdin.read();
  try {
    return readFileSync(absolutePath(file, host));
  } catch (error) {
    throw new ConfigError('file_unusable', `${file} ${unreadable(error)}`);
  }
}
