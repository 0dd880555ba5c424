import { isUtf8 } from 'node:buffer';
import type { Context } from '../context.ts';
import { ConfigError } from '../errors.ts';
import { Secret } from '../secret.ts';
import { isPkcs12 } from './certificate.ts';
import { readFileOnce } from './read-file-once.ts';
import type { SecretSource } from './secret-source.ts';

/** What is read, as messages call it. */
export type SecretNoun = 'secret' | 'private key' | 'password' | 'assertion' | 'attestation';

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
      ctx.witness.noteUnrepeatable();
      return decodeSecret(await ctx.io.stdin.read(), 'standard input', name);
    case 'command':
      return (await import('./secret-command.ts')).runSecretCommand(source, name.origin, ctx, name.noun);
    case 'file':
      return decodeSecret(
        await readFileOnce({ path: source.path, origin: name.origin, noun: name.noun, holdsSecret: () => true }, ctx),
        source.path,
        name,
      );
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
  if (isUtf8(bytes))
    return Buffer.from(bytes)
      .toString()
      .replace(/^\uFEFF/, '');
  throw new ConfigError('secret_unusable', `the ${noun} in ${place} (${origin}) is not UTF-8 text`, {
    hint: binaryHint(bytes, noun),
  });
}

function binaryHint(bytes: Uint8Array, noun: SecretNoun): string | undefined {
  if (noun === 'private key') return 'it takes PEM or JWK: openssl pkey makes PEM of a binary key (DER)';
  return isPkcs12(bytes) ? 'it is PKCS#12, and belongs to --cert FILE' : undefined;
}
