import { readSecret } from '../config/read-secret.ts';
import type { NamedSource } from '../config/secret-source.ts';
import type { Context } from '../context.ts';
import type { SigningKey } from '../jwt/signing-key.ts';

/**
 * Reads a private key that signs, and its password where one was named.
 * @throws ConfigError secret_unusable
 */
export async function readSigningKey(
  key: NamedSource,
  password: NamedSource | undefined,
  ctx: Context,
): Promise<SigningKey> {
  const source = await readSecret(key.source, key.origin, ctx, 'private key');
  const opener = password && (await readSecret(password.source, password.origin, ctx, 'password'));
  const { parseSigningKey } = await import('../jwt/signing-key.ts');
  return parseSigningKey(source.reveal(), { name: nameOf(key), password: opener?.reveal() });
}

/** As messages call it: `/keys/key.pem (--private-key)`. */
export function nameOf({ source, origin }: NamedSource): string {
  return source.kind === 'file' ? `${source.path} (${origin})` : origin;
}
