import type { BoundKey } from '../oauth/client-credentials.ts';
import { sha256Hex } from '../sha256.ts';
import type { CacheDirectory } from './cache-directory.ts';
import type { Ending, Turn } from './generation-lock.ts';
import type { CachedProofKey } from './proof-key-cache.ts';
import { ProofKeyCache } from './proof-key-cache.ts';
import type { Patience } from './turns.ts';
import { Turns } from './turns.ts';

/**
 * What a token was asked with, as the person said it: nothing in it comes from the server, so that a
 * token can be found without asking anybody. Leaving a part out would give one client's token to another.
 */
export interface TokenCacheKey {
  readonly issuer: string | undefined;
  readonly token_endpoint: string | undefined;
  readonly client_id: string | undefined;
  readonly auth_method: string | undefined;
  readonly basic_encoding: string | undefined;
  /** Which credential: its source, and for a lasting secret its state. Never the secret. */
  readonly credential: string;
  /** Which client certificate, where one is presented. */
  readonly certificate: string | undefined;
  /** What the token was to be bound to, where it was (RFC 9449). */
  readonly binding: string | undefined;
  /** Sorted, each once: the order of scopes means nothing (RFC 6749 section 3.3). */
  readonly scope: readonly string[];
  readonly audience: readonly string[];
  readonly resource: readonly string[];
  readonly parameters: readonly (readonly [string, string])[];
}

/** A token as it was issued, and what it was asked with. Times in epoch seconds. */
export interface CachedToken {
  readonly key: TokenCacheKey;
  readonly accessToken: string;
  readonly tokenType: string;
  readonly issuedOn: number;
  readonly expiresOn: number;
  /** From then on the first who comes replaces it, while it is still good. */
  readonly refreshOn: number;
  readonly response: Readonly<Record<string, unknown>>;
  /** The key that it is bound to (RFC 9449); undefined for a bearer token. */
  readonly boundTo?: BoundKey | undefined;
}

/** Seconds that clocks may differ. */
const clockTolerance = 60;

/** Access tokens on disk, one file per key. */
export class TokenCache {
  /** The keys that tokens are bound to. */
  readonly proofKeys: ProofKeyCache;
  readonly #directory: CacheDirectory;
  readonly #turns: Turns;
  /** Names of entries by their keys as JSON: one run asks for the same few times, and hashing takes long at first. */
  readonly #names = new Map<string, string>();

  constructor(directory: CacheDirectory) {
    this.proofKeys = new ProofKeyCache(directory);
    this.#directory = directory;
    this.#turns = new Turns(directory);
  }

  /** The name of the entry of a key. */
  nameOf(key: TokenCacheKey): string {
    const json = toJson(key);
    const name = this.#names.get(json) ?? sha256Hex(json);
    this.#names.set(json, name);
    return name;
  }

  /** The token that was stored under a key, good or not. */
  read(key: TokenCacheKey): CachedToken | undefined {
    return this.#open(this.nameOf(key));
  }

  /**
   * Stores a token, unless one that was issued later is there; whether the one that is there is good for others.
   * @param proofKey the key that was made for it, which is stored before
   */
  write(token: CachedToken, proofKey?: CachedProofKey): boolean {
    const other = this.read(token.key);
    if (this.#isLater(other, token)) return true;
    if (proofKey !== undefined && !this.proofKeys.write(proofKey)) return false;
    if (!this.#directory.write('tokens', this.nameOf(token.key), token)) {
      if (proofKey !== undefined) this.proofKeys.remove(proofKey.thumbprint);
      return false;
    }
    if (other?.boundTo?.thumbprint !== token.boundTo?.thumbprint) this.#dropKeyOf(other);
    return true;
  }

  /** Removes the token of a key that one has come for which is not stored, unless it was issued later than that one. */
  supersede(key: TokenCacheKey, token: Pick<CachedToken, 'issuedOn'>): void {
    if (!this.#isLater(this.read(key), token)) this.remove(key);
  }

  /** The turn to ask for the token of a key, if it can be had at once; see `Turns.take`. */
  takeTurn(key: TokenCacheKey, until: number | undefined): Promise<Turn | undefined> {
    return this.#turns.take(this.nameOf(key), until);
  }

  /** The turn to ask for the token of a key, or how the turn of somebody else has ended; see `Turns.wait`. */
  waitForTurn(key: TokenCacheKey, patience: Patience, signal: AbortSignal): Promise<Turn | Ending | undefined> {
    return this.#turns.wait(this.nameOf(key), patience, signal);
  }

  list(): CachedToken[] {
    return this.#directory.names('tokens').flatMap((name) => this.#open(name) ?? []);
  }

  remove(key: TokenCacheKey): boolean {
    const token = this.read(key);
    const isRemoved = this.#directory.remove('tokens', this.nameOf(key));
    if (isRemoved) this.#dropKeyOf(token);
    return isRemoved;
  }

  /**
   * Removes all tokens, damaged ones too, and their keys, and returns how many tokens those were.
   * @throws CacheTrouble when something cannot be removed
   */
  clear(): number {
    const count = this.#directory.clear('tokens');
    this.proofKeys.clear();
    return count;
  }

  /** Removes the tokens that are chosen, and returns how many those were. */
  removeAll(isChosen: (token: CachedToken) => boolean): number {
    return this.list().filter((token) => isChosen(token) && this.remove(token.key)).length;
  }

  #isLater(other: CachedToken | undefined, { issuedOn }: Pick<CachedToken, 'issuedOn'>): boolean {
    // After a clock was set back it would else have to catch up before a token is stored again.
    const latest = this.#directory.now() / 1000 + clockTolerance;
    return other !== undefined && other.issuedOn > issuedOn && other.issuedOn <= latest;
  }

  #dropKeyOf(token: CachedToken | undefined): void {
    if (token?.boundTo?.isOwn === true) this.proofKeys.remove(token.boundTo.thumbprint);
  }

  /** A record under its own name only: a copy under another one would be handed to another client. */
  #open(name: string): CachedToken | undefined {
    const record = this.#directory.read('tokens', name);
    return isCachedToken(record) && this.nameOf(record.key) === name ? record : undefined;
  }
}

function toJson(key: TokenCacheKey): string {
  const {
    issuer,
    token_endpoint,
    client_id,
    auth_method,
    basic_encoding,
    credential,
    certificate,
    binding,
    scope,
    audience,
    resource,
    parameters,
  } = key;
  return JSON.stringify([
    [issuer, token_endpoint, client_id, auth_method, basic_encoding, credential, certificate, binding].map(
      (part) => part ?? null,
    ),
    scope,
    audience,
    resource,
    parameters,
  ]);
}

/** The checksum tells damage, and not whether the record is one of ours. */
function isCachedToken(record: object | undefined): record is CachedToken {
  const { key, accessToken, issuedOn, expiresOn, refreshOn } = (record ?? {}) as Partial<CachedToken>;
  const isKey = typeof key === 'object' && [key.scope, key.audience, key.resource, key.parameters].every(Array.isArray);
  const isTimed = [issuedOn, expiresOn, refreshOn].every((instant) => typeof instant === 'number');
  return isKey && isTimed && typeof accessToken === 'string';
}
