import type { KeptProofKey } from '../jwt/proof-key.ts';
import type { CacheDirectory } from './cache-directory.ts';

/** The private key that a token is bound to, as it is kept (RFC 9449); the name of its file is made of its thumbprint. */
export interface CachedProofKey extends KeptProofKey {
  /** Epoch seconds: from then on nobody needs it. */
  readonly expiresOn: number;
}

/**
 * Private keys on disk, each in a file of its own, and never in the entry of the token that it belongs to:
 * who may see a token need not get its key. A key is written before its token and removed after it, and is never
 * changed: so no token is ever seen with the key of another one, and a crash leaves at the most a key that
 * belongs to nothing, which a sweep removes when the token would have expired.
 */
export class ProofKeyCache {
  readonly #directory: CacheDirectory;

  constructor(directory: CacheDirectory) {
    this.#directory = directory;
  }

  /** The key with a thumbprint, or undefined when there is none that is whole. */
  read(thumbprint: string): CachedProofKey | undefined {
    const record = this.#directory.read('keys', proofKeyName(thumbprint)) as unknown as CachedProofKey | undefined;
    return record?.thumbprint === thumbprint && typeof record.pem === 'string' ? record : undefined;
  }

  /** Writes a key; whether it is there. */
  write(key: CachedProofKey): boolean {
    return this.#directory.write('keys', proofKeyName(key.thumbprint), key);
  }

  remove(thumbprint: string): void {
    this.#directory.remove('keys', proofKeyName(thumbprint));
  }

  /** @throws CacheTrouble when something cannot be removed */
  clear(): void {
    this.#directory.clear('keys');
  }
}

/** The name of the record of a key, in hexadecimal digits as those of all records. */
export function proofKeyName(thumbprint: string): string {
  return Buffer.from(thumbprint, 'base64url').toString('hex');
}
