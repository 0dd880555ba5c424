import type { CachedProofKey, ProofKeyCache } from '../cache/proof-key-cache.ts';
import type { NamedSource } from '../config/secret-source.ts';
import type { Context } from '../context.ts';
import { ConfigError } from '../errors.ts';
import type { KeptProofKey, ProofKey } from '../jwt/proof-key.ts';
import type { SigningKey } from '../jwt/signing-key.ts';
import type { BoundKey } from '../oauth/client-credentials.ts';
import type { DpopKeyFile, DpopSettings } from './dpop-settings.ts';
import { once } from './once.ts';
import { nameOf, readSigningKey } from './read-signing-key.ts';

/** The keys that the tokens of a run are bound to, RFC 9449. */
export interface DpopKeys {
  /**
   * The key for a token that is asked for: the one of the file, or a new one.
   *
   * Each token gets a key of its own, when it replaces an older one too: a key that never changes can be written
   * once and read by anybody at any time, and one that has been stolen is of no use for longer than its token.
   * @param askSupported algorithms that the server takes, undefined when it does not say; asked for once a key of a
   * file has been found fit to be used
   * @throws ConfigError file_unusable, secret_unusable, missing_setting
   */
  readonly forRequest: (askSupported: () => Promise<readonly string[] | undefined>) => Promise<ProofKey>;
  /**
   * The key that a token is bound to.
   * @throws ConfigError file_unusable, secret_unusable
   */
  readonly of: (token: BoundKey) => Promise<ProofKey>;
  /** Whether the key that was made for a token is to be had: without it the token is good for nothing. */
  readonly isThere: (token: BoundKey | undefined) => boolean;
  /** A key that was made in this run, as it is kept until its token expires (epoch seconds); undefined for any other. */
  readonly toKeep: (token: BoundKey | undefined, expiresOn: number) => CachedProofKey | undefined;
}

/** The keys of a run; nothing is read, made or loaded yet. */
export function openDpopKeys(settings: DpopSettings | undefined, cache: ProofKeyCache, ctx: Context): DpopKeys {
  const made = new Map<string, KeptProofKey>();
  // What was there once is not looked for again: whoever has the token may drop both meanwhile.
  const seen = new Map<string, KeptProofKey>();
  const find = (thumbprint: string): KeptProofKey | undefined => {
    const kept = made.get(thumbprint) ?? seen.get(thumbprint) ?? cache.read(thumbprint);
    if (kept !== undefined) seen.set(thumbprint, kept);
    return kept;
  };
  const fromFile = once((file: DpopKeyFile) => readKeyFile(file, ctx));
  const restore = async (kept: KeptProofKey): Promise<ProofKey | undefined> => {
    const { restoreProofKey } = await import('../jwt/proof-key.ts');
    ctx.io.conceal(kept.pem, '[secret]');
    return restoreProofKey(kept);
  };
  return {
    forRequest: async (askSupported) => {
      const { algorithmForNewKey, generateProofKey, toProofKey } = await import('../jwt/proof-key.ts');
      const file = settings?.keyFile;
      if (file !== undefined) {
        const signingKey = await fromFile(file);
        const supported = await askSupported();
        const key = toProofKey(signingKey, supported);
        if (key !== undefined) return key;
        throw new ConfigError(
          'file_unusable',
          `the key in ${nameOf(toSource(file))} signs by ${signingKey.algorithms.join(', ')}, and this server takes ${supported?.join(', ')}`,
          { hint: 'give a key that fits, or let --dpop make one' },
        );
      }
      const supported = await askSupported();
      const alg = algorithmForNewKey(supported);
      if (alg === undefined) {
        throw new ConfigError(
          'missing_setting',
          `this server takes no proofs that ccgrant can make: it lists ${supported?.join(', ')}`,
        );
      }
      const kept = await generateProofKey(alg);
      made.set(kept.thumbprint, kept);
      const key = await restore(kept);
      if (key === undefined) throw new Error('a key that was just made does not fit itself');
      return key;
    },
    of: async ({ thumbprint, alg, isOwn }) => {
      if (!isOwn && settings?.keyFile !== undefined) {
        const { toProofKey } = await import('../jwt/proof-key.ts');
        const key = toProofKey(await fromFile(settings.keyFile), [alg]);
        if (key?.thumbprint !== thumbprint) throw otherKey(settings.keyFile);
        return key;
      }
      const kept = find(thumbprint);
      const key = kept && (await restore(kept));
      if (key !== undefined) return key;
      throw new ConfigError('file_unusable', 'the key of the cached token is not there any more', {
        hint: 'get another token with --fresh',
      });
    },
    isThere: (token) => token?.isOwn !== true || find(token.thumbprint) !== undefined,
    toKeep: (token, expiresOn) => {
      const kept = token && made.get(token.thumbprint);
      return kept && { ...kept, expiresOn };
    },
  };
}

/**
 * The key of a file.
 * @throws ConfigError secret_unusable
 */
export function readKeyFile(file: DpopKeyFile, ctx: Context): Promise<SigningKey> {
  return readSigningKey(toSource(file), file.password, ctx);
}

function toSource({ path, origin }: DpopKeyFile): NamedSource {
  return { source: { kind: 'file', path }, origin };
}

export function otherKey(file: DpopKeyFile): ConfigError {
  return new ConfigError(
    'file_unusable',
    `the token is bound to another key than the one in ${nameOf(toSource(file))}`,
    {
      hint: 'give the key that the token was asked for with, or get another token with --fresh',
    },
  );
}
