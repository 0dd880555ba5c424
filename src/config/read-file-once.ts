import type { Stats } from 'node:fs';
import { closeSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import type { Context } from '../context.ts';
import { ConfigError } from '../errors.ts';
import { text } from '../text.ts';
import { unreadable } from '../unreadable.ts';
import type { SecretNoun } from './read-secret.ts';

/** A file that may hold a secret. */
export interface SecretFile {
  readonly path: string;
  /** Who named it, for messages. */
  readonly origin: string;
  /** What is in it, for messages. */
  readonly noun: SecretNoun | 'certificate';
  /** Whether this content is to be read by nobody else. */
  readonly holdsSecret: (content: Uint8Array) => boolean;
}

/** Bytes; keys, certificates and secrets are small. */
const sizeLimit = 1024 * 1024;
/** Bytes of a pipe at a time. */
const pieceSize = 64 * 1024;

/**
 * Reads a file once, as it may be a pipe, and looks at who else may read or write it if it holds a secret.
 * @throws ConfigError secret_unusable
 */
export async function readFileOnce({ path, origin, noun, holdsSecret }: SecretFile, ctx: Context): Promise<Buffer> {
  try {
    const { stats, content } = statSync(path).isFile() ? readRegularFile(path) : await readPipe(path);
    if (content === undefined) {
      throw new ConfigError(
        'secret_unusable',
        `the ${noun} file ${path} (${origin}) is larger than ${sizeLimit} bytes`,
      );
    }
    if (holdsSecret(content)) checkPermissions(stats, path, noun, ctx);
    return content;
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const name = path.slice(ctx.host.workingDirectory.length + 1);
    // Somebody may have typed the secret where its file belongs, or after it as with curl's --cert FILE:PASSWORD.
    const isPath =
      (code !== 'ENOENT' && code !== 'ENAMETOOLONG') || (/\/|\.\w{1,5}$/.test(name) && !/:[^/\\]*$/.test(name));
    throw new ConfigError(
      'secret_unusable',
      `the ${noun} file ${isPath ? `${path} (${origin})` : `of ${origin}`} ${unreadable(error)}`,
      { hint: hintForUnreadable(code, name, noun) },
    );
  }
}

/** What was in a file; undefined where that is more than anybody needs. */
interface FileContent {
  readonly stats: Stats;
  readonly content: Buffer | undefined;
}

function readRegularFile(path: string): FileContent {
  const descriptor = openSync(path, 'r');
  try {
    const stats = fstatSync(descriptor);
    return { stats, content: stats.size > sizeLimit ? undefined : readFileSync(descriptor) };
  } finally {
    closeSync(descriptor);
  }
}

/** By another thread: whoever waits for the other end of a pipe must hear a signal. */
async function readPipe(path: string): Promise<FileContent> {
  const { open } = await import('node:fs/promises');
  const handle = await open(path);
  try {
    const stats = await handle.stat();
    const chunks: Buffer[] = [];
    for (let length = 0; length <= sizeLimit; ) {
      const { bytesRead, buffer } = await handle.read({ buffer: Buffer.alloc(pieceSize) });
      if (bytesRead === 0) return { stats, content: Buffer.concat(chunks) };
      chunks.push(buffer.subarray(0, bytesRead));
      length += bytesRead;
    }
    return { stats, content: undefined };
  } finally {
    await handle.close();
  }
}

function hintForUnreadable(code: string | undefined, name: string, noun: string): string | undefined {
  if (code === 'EISDIR') return `name the file in it that holds the ${noun}`;
  return code === 'ENOENT' ? missingFileHint(name, noun) : undefined;
}

function missingFileHint(name: string, noun: string): string {
  if (name === '-') return 'it takes a file: what standard input holds is /dev/stdin';
  if (/:[^/\\]*$/.test(name))
    return 'a password does not stand behind the file, but in a file of its own: --pass-file FILE';
  return `it takes the path of a file, not the ${noun}; a relative one starts at the working directory, in a profile at its file`;
}

/** Who can write the file can choose the secret; who can read it has it. Mounted secrets are often 0644. */
function checkPermissions(stats: Stats, path: string, noun: string, { io, host }: Context): void {
  if (!stats.isFile() || host.platform === 'win32') return;
  if (stats.mode & 0o022) {
    throw new ConfigError('secret_unusable', `other users may write to the ${noun} file ${path}`, {
      hint: `chmod 600 ${path}`,
    });
  }
  if (stats.mode & 0o044 && stats.uid === host.userId && !/^\/(var\/)?run\/secrets\//.test(path)) {
    io.warn(text`other users may read the ${noun} file ${path}: chmod 600 ${path}`);
  }
}
