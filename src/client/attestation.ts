import { readSecret } from '../config/read-secret.ts';
import type { NamedSource } from '../config/secret-source.ts';
import type { Context } from '../context.ts';
import type { SigningKey } from '../jwt/signing-key.ts';
import { attestedClient } from '../oauth/client-auth/attested-client.ts';
import type { CredentialOf } from '../oauth/client-auth/client-authentication.ts';
import type { Secret } from '../secret.ts';
import { readAnew, requireLiveJwt } from './foreign-jwt.ts';

/**
 * Reads the attestation for the first try, and makes sure that it is about this client and its key, as each must be
 * that comes after it.
 * @param keyPlace where the key comes from, for messages
 * @param given the client id, where the person gave one
 * @throws ConfigError secret_unusable; so does `read` of what is returned
 */
export async function openAttestation(
  { source, origin }: NamedSource,
  { key, keyPlace }: { readonly key: SigningKey; readonly keyPlace: string },
  given: string | undefined,
  ctx: Context,
): Promise<CredentialOf<'attestation'>> {
  const name = `the attestation from ${origin}`;
  const { thumbprint } = key;
  const readFor = async (
    client: string | undefined,
  ): Promise<{ readonly attestation: Secret; readonly clientId: string }> => {
    const attestation = await readSecret(source, origin, ctx, 'attestation');
    const decoded = requireLiveJwt(attestation.reveal().trim(), name, ctx.now() / 1000);
    return { attestation, clientId: await attestedClient(decoded, { clientId: client, thumbprint, keyPlace }, name) };
  };
  const { attestation, clientId } = await readFor(given);
  const read = readAnew(attestation, async () => (await readFor(clientId)).attestation);
  return { kind: 'attestation', key, clientId, read };
}
