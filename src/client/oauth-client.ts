import { CacheDirectory } from '../cache/cache-directory.ts';
import { DocumentCache } from '../cache/document-cache.ts';
import { identifyProcess } from '../cache/process-identity.ts';
import { TokenCache } from '../cache/token-cache.ts';
import type { Credential, NamedSource } from '../config/secret-source.ts';
import type { TlsFiles } from '../config/tls-files.ts';
import type { Context } from '../context.ts';
import { Transport } from '../http/transport.ts';
import type { TransportSettings } from '../http/types.ts';
import type { BasicEncoding } from '../oauth/client-auth/client-authentication.ts';
import type { Nonces } from '../oauth/dpop.ts';
import { text } from '../text.ts';
import type { ServerSettings } from './authorization-server.ts';
import { AuthorizationServer } from './authorization-server.ts';
import type { Credentials } from './credentials.ts';
import { openCredentials } from './credentials.ts';
import type { DpopKeys } from './dpop-keys.ts';
import { openDpopKeys } from './dpop-keys.ts';
import type { DpopSettings } from './dpop-settings.ts';
import { openNonces } from './nonces.ts';
import { once } from './once.ts';

/** What a person said about assertions. */
export interface AssertionSettings {
  /** `issuer`, `token-endpoint`, or a URL as it is. */
  readonly audience: string | undefined;
  /** Registered name, RFC 7518 section 3.1. */
  readonly algorithm: string | undefined;
  readonly keyId: string | undefined;
  /** The certificate of the private key, whose thumbprint goes into the header. */
  readonly certificate: { readonly path: string; readonly origin: string } | undefined;
  /** URN of the type of somebody else's assertion. */
  readonly type: string;
  /** The password of the private key. */
  readonly password: NamedSource | undefined;
}

/** Who the client is, as the person said it. */
export interface ClientSettings {
  readonly clientId: string | undefined;
  readonly credential: Credential | undefined;
  /** A client certificate: the credential where there is no other, else for the connection alone. */
  readonly certificate: TlsFiles | undefined;
  /** Registered name, RFC 7591 section 2. */
  readonly authMethod: string | undefined;
  readonly basicEncoding: BasicEncoding | undefined;
  readonly assertion: AssertionSettings;
}

/** Which answers of earlier runs may be used. */
export interface CacheSettings {
  readonly directory: string;
  /** Whether the cache may be read and written at all. */
  readonly isEnabled: boolean;
  /** Whether what is in it may be used. */
  readonly mayRead: boolean;
  /** Seconds that a cached token must still be good for. */
  readonly minimumLifetime: number;
}

/** How requests are sent. Durations in milliseconds, 0 for no limit. */
export interface ConnectionSettings extends Omit<TransportSettings, 'certificateAuthorities'> {
  /** Certificates (PEM) trusted instead of the built-in roots; read when a connection is made. */
  readonly certificateAuthorities: () => string | undefined;
  readonly allowHttp: boolean;
  /** What tells this way of sending requests from others. */
  readonly identity: () => string;
  /** For everything together; undefined when nobody said anything. */
  readonly maxTime: number | undefined;
}

export interface OAuthClientSettings {
  readonly server: ServerSettings;
  readonly client: ClientSettings;
  /** How tokens are to be bound to a key (RFC 9449); undefined for bearer tokens. */
  readonly dpop: DpopSettings | undefined;
  readonly cache: CacheSettings;
  readonly connection: ConnectionSettings;
}

/** A client of the authorization server for one run: what it was told, and the means to act on it. */
export interface OAuthClient {
  readonly settings: OAuthClientSettings;
  readonly server: AuthorizationServer;
  readonly transport: Transport;
  readonly cacheDirectory: CacheDirectory;
  readonly tokens: TokenCache;
  readonly credentials: Credentials;
  readonly dpopKeys: DpopKeys;
  /** The nonces that servers want in proofs. */
  readonly nonces: Nonces;
  /** Milliseconds for everything that it does; 0 for no limit. */
  readonly maxTime: number;
  /** The same client with another time limit. */
  readonly within: (maxTime: number) => OAuthClient;
  /** What is to be done before the run ends, and after its answer. */
  readonly afterAnswer: (() => Promise<void> | void)[];
}

/** Milliseconds for everything where nobody said anything. */
const defaultMaxTime = 30_000;

/** Builds the client of a run; nothing is read or sent yet. */
export function createClient(settings: OAuthClientSettings, ctx: Context): OAuthClient {
  const { cache, connection } = settings;
  const cacheDirectory = openCacheDirectory(cache.directory, ctx);
  const documentsOf = (mayRead: boolean): DocumentCache | undefined =>
    cache.isEnabled && isTrustworthy(connection) ? new DocumentCache(cacheDirectory, mayRead, ctx.now) : undefined;
  const documents = documentsOf(cache.mayRead);
  const tokens = new TokenCache(cacheDirectory);
  const afterAnswer: OAuthClient['afterAnswer'] = [];
  const common = {
    settings,
    cacheDirectory,
    tokens,
    dpopKeys: openDpopKeys(settings.dpop, tokens.proofKeys, ctx),
    // Who wants a fresh token does not want to be refused first.
    nonces: openNonces(documentsOf(true), afterAnswer),
    credentials: openCredentials(settings.client, ctx),
    afterAnswer,
  };
  const within = (maxTime: number): OAuthClient => {
    const transport = createTransport(connection, maxTime, ctx);
    return {
      ...common,
      maxTime,
      within,
      transport,
      server: new AuthorizationServer(settings.server, transport, documents),
    };
  };
  return within(connection.maxTime ?? defaultMaxTime);
}

/** What came over a connection that anybody can have answered must not be believed by a later run that asks for more. */
function isTrustworthy({ verifyCertificates, allowHttp, resolve }: ConnectionSettings): boolean {
  return verifyCertificates && !allowHttp && resolve.size === 0;
}

/** The transport of one run, or of the part of it that has a time limit of its own (milliseconds, 0 for none). */
export function createTransport(connection: ConnectionSettings, maxTime: number, ctx: Context): Transport {
  return new Transport({
    connect: async () => ctx.connect({ ...connection, certificateAuthorities: connection.certificateAuthorities() }),
    signal: ctx.signal,
    maxTime,
    allowHttp: connection.allowHttp,
    now: ctx.now,
    elapsed: ctx.elapsed,
    trace: ctx.io.trace,
  });
}

/** The cache directory; what is wrong with it becomes one warning. */
export function openCacheDirectory(path: string, { io, host, now, elapsed }: Context): CacheDirectory {
  return new CacheDirectory({
    path,
    userId: host.userId,
    self: once(async () => identifyProcess(host.processId, await host.name(), host.hasProcess)),
    now,
    elapsed,
    warn: once((reason: string) => io.warn(text`the cache is not used: ${reason}`)),
  });
}
