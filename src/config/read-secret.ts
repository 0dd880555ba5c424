import type { Stats } from 'node:fs';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import type { Context } from '../context.ts';
import { ConfigError } from '../errors.ts';
import { Secret } from '../secret.ts';
import { text } from '../text.ts';
import type { SecretSource } from './secret-source.ts';

/** What is read, as messages call it. */
export type SecretNoun = 'secret' | 'private key' | 'password' | 'assertion';

/**
 * Reads a secret from its source and conceals it from then on.
 * @param origin who named the source, for messages: `CCGRANT_CLIENT_SECRET_FILE`
 * @throws ConfigError secret_unusable
 */
export async function readSecret(
  source: SecretSource,
  origin: string,
  ctx: Context,
  noun: SecretNoun = 'secret',
): Promise<Secret> {
  const secret = new Secret(await readValue(source, { origin, noun }, ctx));
  ctx.io.conceal(secret.reveal(), `[${noun}]`);
  return secret;
}

/** A secret for messages. */
interface SecretName {
  readonly origin: string;
  readonly noun: SecretNoun;
}

async function readValue(source: SecretSource, name: SecretName, ctx: Context): Promise<string> {
  switch (source.kind) {
    case 'variable':
      return source.value.reveal();
    case 'standard input':
      if (ctx.io.stdin.isTerminal) {
        throw new ConfigError(
          'secret_unusable',
          `the ${name.noun} is to come from standard input (${name.origin}), which is a terminal`,
          {
            hint: 'pipe it in: at a terminal it would be seen',
          },
        );
      }
      return decodeSecret(await ctx.io.stdin.read(), 'standard input', name);
    case 'command':
      return (await import('./secret-command.ts')).runSecretCommand(source, name.origin, ctx, name.noun);
    case 'file':
      return decodeSecret(readSecretFile(source.path, name, ctx), source.path, name);
  }
}

function readSecretFile(path: string, { origin, noun }: SecretName, ctx: Context): Uint8Array {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    checkPermissions(fstatSync(descriptor), path, noun, ctx);
    return readFileSync(descriptor);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    // Somebody may have typed the secret where its file belongs.
    const isPath =
      (code !== 'ENOENT' && code !== 'ENAMETOOLONG') ||
      /\/|\.\w{1,5}$/.test(path.slice(ctx.host.workingDirectory.length + 1));
    throw new ConfigError(
      'secret_unusable',
      `the ${noun} file ${isPath ? `${path} (${origin})` : `of ${origin}`} ${unreadable(code)}`,
      {
        hint:
          code === 'ENOENT'
            ? `it takes the path of a file, not the ${noun}; a relative one starts at the working directory`
            : undefined,
      },
    );
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function unreadable(code: string | undefined): string {
  if (code === 'ENOENT') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by this user';
  if (code === 'EISDIR') return 'is a directory';
  return `cannot be read (${code})`;
}

/** Who can write the file can choose the secret; who can read it has it. Mounted secrets are often 0644. */
function checkPermissions(stats: Stats, path: string, noun: SecretNoun, { io, host }: Context): void {
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

/** A secret as an editor or `echo` leaves it: without byte order mark and without one final line end. */
function decodeSecret(bytes: Uint8Array, place: string, name: SecretName): string {
  const { origin, noun } = name;
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    throw new ConfigError('secret_unusable', `the ${noun} in ${place} (${origin}) is UTF-16`, {
      hint: 'save it as UTF-8; in PowerShell: Set-Content -Encoding utf8NoBOM',
    });
  }
  const secret = decodeUtf8(bytes, place, name).replace(/\r?\n$/, '');
  if (secret === '') throw new ConfigError('secret_unusable', `the ${noun} in ${place} (${origin}) is empty`);
  return secret;
}

function decodeUtf8(bytes: Uint8Array, place: string, { origin, noun }: SecretName): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ConfigError('secret_unusable', `the ${noun} in ${place} (${origin}) is not UTF-8 text`, {
      hint: noun === 'private key' ? 'it takes PEM or JWK: openssl pkey makes PEM of a binary key (DER)' : undefined,
    });
  }
}
