import type { Stats } from 'node:fs';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import type { Context } from '../context.ts';
import { ConfigError } from '../errors.ts';
import { Secret } from '../secret.ts';
import { text } from '../text.ts';
import { unreadable } from '../unreadable.ts';
import type { SecretSource } from './secret-source.ts';

/**
 * Reads a secret from its source and conceals it from then on.
 * @param origin who named the source, for messages: `CCGRANT_CLIENT_SECRET_FILE`
 * @throws ConfigError secret_unusable
 */
export async function readSecret(source: SecretSource, origin: string, ctx: Context): Promise<Secret> {
  const secret = new Secret(await readValue(source, origin, ctx));
  ctx.io.conceal(secret.reveal(), '[secret]');
  return secret;
}

async function readValue(source: SecretSource, origin: string, ctx: Context): Promise<string> {
  switch (source.kind) {
    case 'variable':
      return source.value.reveal();
    case 'standard input':
      if (ctx.io.stdin.isTerminal) {
        throw new ConfigError(
          'secret_unusable',
          `the secret is to come from standard input (${origin}), which is a terminal`,
          {
            hint: 'pipe it in: at a terminal it would be seen',
          },
        );
      }
      return decodeSecret(await ctx.io.stdin.read(), 'standard input', origin);
    case 'command':
      return (await import('./secret-command.ts')).runSecretCommand(source, origin, ctx);
    case 'file':
      return decodeSecret(
        readFileOnce({ path: source.path, origin, noun: 'secret file', holdsSecret: () => true }, ctx),
        source.path,
        origin,
      );
  }
}

/** A file that may hold a secret. */
export interface SecretFile {
  readonly path: string;
  /** Who named it, for messages. */
  readonly origin: string;
  /** What it is, for messages. */
  readonly noun: string;
  /** Whether this content is to be read by nobody else. */
  readonly holdsSecret: (content: Uint8Array) => boolean;
}

/**
 * Reads a file once, as it may be a pipe, and looks at who else may read or write it if it holds a secret.
 * @throws ConfigError secret_unusable
 */
export function readFileOnce({ path, origin, noun, holdsSecret }: SecretFile, ctx: Context): Buffer {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    const stats = fstatSync(descriptor);
    const content = readFileSync(descriptor);
    if (holdsSecret(content)) checkPermissions(stats, path, noun, ctx);
    return content;
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const name = path.slice(ctx.host.workingDirectory.length + 1);
    // Somebody may have typed the secret where its file belongs, or after it as with curl's --cert FILE:PASSWORD.
    const isPath = code !== 'ENOENT' || (/\/|\.\w{1,5}$/.test(name) && !/:[^/\\]*$/.test(name));
    throw new ConfigError(
      'secret_unusable',
      `the ${noun} ${isPath ? `${path} (${origin})` : `of ${origin}`} ${unreadable(error)}`,
      { hint: code === 'ENOENT' ? missingFileHint(name) : undefined },
    );
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function missingFileHint(name: string): string {
  if (name === '-') return 'it takes a file: what standard input holds is /dev/stdin';
  if (/:[^/\\]*$/.test(name))
    return 'a password does not stand behind the file, but in a file of its own: --pass-file FILE';
  return 'it takes the path of a file, not what is in it; a relative one starts at the working directory, in a profile at its file';
}

/** Who can write the file can choose the secret; who can read it has it. Mounted secrets are often 0644. */
function checkPermissions(stats: Stats, path: string, noun: string, { io, host }: Context): void {
  if (!stats.isFile() || host.platform === 'win32') return;
  if (stats.mode & 0o022) {
    throw new ConfigError('secret_unusable', `other users may write to the ${noun} ${path}`, {
      hint: `chmod 600 ${path}`,
    });
  }
  if (stats.mode & 0o044 && stats.uid === host.userId && !/^\/(var\/)?run\/secrets\//.test(path)) {
    io.warn(text`other users may read the ${noun} ${path}: chmod 600 ${path}`);
  }
}

/** A secret as an editor or `echo` leaves it: without byte order mark and without one final line end. */
function decodeSecret(bytes: Uint8Array, place: string, origin: string): string {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    throw new ConfigError('secret_unusable', `the secret in ${place} (${origin}) is UTF-16`, {
      hint: 'save it as UTF-8; in PowerShell: Set-Content -Encoding utf8NoBOM',
    });
  }
  const secret = decodeUtf8(bytes, place, origin).replace(/\r?\n$/, '');
  if (secret === '') throw new ConfigError('secret_unusable', `the secret in ${place} (${origin}) is empty`);
  return secret;
}

function decodeUtf8(bytes: Uint8Array, place: string, origin: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ConfigError('secret_unusable', `the secret in ${place} (${origin}) is not UTF-8 text`);
  }
}
