import { readFileSync } from 'node:fs';
import { absolutePath } from '../absolute-path.ts';
import type { Context } from '../context.ts';
import { ConfigError, UsageError } from '../errors.ts';
import type { JsonWebKeySet } from '../jwt/keys.ts';
import { parsePublicKeys, parseSharedSecret } from '../jwt/keys.ts';
import type { KeySource } from '../jwt/verify.ts';
import { unreadable } from '../unreadable.ts';
import type { Setting, Settings } from './settings.ts';
import type { OpenClient } from './with-client.ts';

/**
 * Where the keys come from: one place only, so that a shared secret never meets the keys of a server (RFC 8725 section 2.1).
 * @throws UsageError usage; ConfigError missing_setting, file_unusable
 */
export async function resolveKeySource(settings: Settings, openClient: OpenClient, ctx: Context): Promise<KeySource> {
  const file = settings.text('jwks');
  const secret = settings.text('verify-secret-file');
  if (file !== undefined && secret !== undefined) {
    throw new UsageError('usage', '--jwks and --verify-secret-file are both given', {
      hint: 'a token is signed by one kind of key',
    });
  }
  if (file !== undefined) {
    const { content, place } = readKeyFile(file, ctx);
    const keys = await parsePublicKeys(content.toString(), place);
    return async () => keys;
  }
  if (secret !== undefined) {
    let keys: Promise<JsonWebKeySet> | undefined;
    return () => {
      keys ??= readSharedSecret(secret, ctx);
      return keys;
    };
  }
  const { server } = await openClient();
  if (!server.isKnown) {
    throw new ConfigError('missing_setting', 'nothing says where the keys are', {
      hint: 'give --issuer URL, --jwks-uri URL, --jwks FILE or --verify-secret-file FILE',
    });
  }
  return keysOfRun((newer) => ctx.io.progress('fetching the keys', () => server.keys(newer)));
}

/**
 * The thumbprint of the certificate that the token must be bound to, RFC 8705 section 3.1.
 * @throws UsageError usage; ConfigError file_unusable
 */
export async function resolveBoundCertificate(settings: Settings, ctx: Context): Promise<string | undefined> {
  const file = bindingFile('bound-to-cert', settings);
  if (file === undefined) return undefined;
  const { content, place } = readKeyFile(file, ctx);
  const { parseCertificates, thumbprintOf } = await import('../config/certificate.ts');
  const [certificate] = await parseCertificates(
    content,
    place,
    'what a token is bound to by DPoP is --bound-to-key FILE',
  );
  return certificate && thumbprintOf(certificate);
}

/**
 * The thumbprint of the key that the token must be bound to, RFC 9449 section 6.1.
 * @throws UsageError usage; ConfigError file_unusable
 */
export async function resolveBoundKey(settings: Settings, ctx: Context): Promise<string | undefined> {
  const file = bindingFile('bound-to-key', settings);
  if (file === undefined) return undefined;
  const { content, place } = readKeyFile(file, ctx);
  const { keyThumbprint } = await import('../jwt/key-thumbprint.ts');
  return keyThumbprint(content.toString(), place);
}

function bindingFile(name: string, settings: Settings): Setting<string> | undefined {
  const file = settings.text(name);
  if (file === undefined || !settings.flag('signature-only')) return file;
  throw new UsageError('usage', `--${name} and --signature-only are both given`, {
    hint: 'what a token is bound to is a claim: leave --signature-only out',
  });
}

/** Asks once, and once more for newer keys, however many tokens there are and whatever keys they name. */
function keysOfRun(ask: KeySource): KeySource {
  let newest: { readonly isNewer: boolean; readonly keys: Promise<JsonWebKeySet> } | undefined;
  return (newer) => {
    if (newest === undefined || (newer && !newest.isNewer)) newest = { isNewer: newer, keys: ask(newer) };
    return newest.keys;
  };
}

async function readSharedSecret(file: Setting<string>, ctx: Context): Promise<JsonWebKeySet> {
  if (file.value === '-') return parseSharedSecret(await ctx.io.stdin.read(), 'standard input');
  const { content, place } = readKeyFile(file, ctx);
  return parseSharedSecret(content, place);
}

interface KeyFile {
  readonly content: Buffer;
  /** Its path and who named it, for messages. */
  readonly place: string;
}

/** @throws ConfigError file_unusable */
function readKeyFile({ value, origin }: Setting<string>, { host }: Context): KeyFile {
  const path = absolutePath(value, host);
  const place = `${path} (${origin.name})`;
  try {
    return { content: readFileSync(path), place };
  } catch (error) {
    throw new ConfigError('file_unusable', `${place} ${unreadable(error)}`);
  }
}
