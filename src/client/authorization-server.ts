import type { DocumentCache } from '../cache/document-cache.ts';
import { ConfigError, NetworkError, ProtocolError } from '../errors.ts';
import type { Transport } from '../http/transport.ts';
import { isHttpUrl } from '../http/url-policy.ts';
import type { JsonWebKeySet } from '../jwt/keys.ts';
import type { EndpointName } from '../oauth/endpoint-names.ts';
import type { Discovery, ServerIdentity } from '../oauth/metadata.ts';
import { discover } from '../oauth/metadata.ts';
import { text } from '../text.ts';

export interface ServerSettings {
  readonly identity: ServerIdentity | undefined;
  /** Endpoints that win over the metadata. */
  readonly endpoints: ReadonlyMap<EndpointName, URL>;
}

/** The authorization server of a run: knows its endpoints, and asks for its metadata when it must. */
export class AuthorizationServer {
  readonly #settings: ServerSettings;
  readonly #transport: Transport;
  readonly #cache: DocumentCache | undefined;
  #discovery: { readonly value: Discovery; readonly isFromCache: boolean } | undefined;

  constructor(settings: ServerSettings, transport: Transport, cache: DocumentCache | undefined) {
    this.#settings = settings;
    this.#transport = transport;
    this.#cache = cache;
  }

  /**
   * Uses an endpoint. When it fails and its URL came from the cache, the metadata is asked anew, and a
   * URL that has changed is tried once.
   * @param withCertificate whether the connection presents a certificate, for mtls_endpoint_aliases (RFC 8705 section 5)
   * @throws ConfigError missing_setting; ProtocolError missing_endpoint; and what the action throws
   */
  async use<T>(name: EndpointName, withCertificate: boolean, action: (endpoint: URL) => Promise<T>): Promise<T> {
    const endpoint = await this.#endpoint(name, withCertificate);
    try {
      return await action(endpoint);
    } catch (error) {
      if (this.#discovery?.isFromCache !== true || !isFaultOfEndpoint(error)) throw error;
      await this.discover([name]);
      const newer = await this.#endpoint(name, withCertificate);
      if (newer.href === endpoint.href) throw error;
      return action(newer);
    }
  }

  /** Whether an endpoint is given, or may be found in the metadata. */
  get isKnown(): boolean {
    return this.#settings.identity !== undefined || this.#settings.endpoints.size > 0;
  }

  /** The issuer that tokens must name, undefined when only endpoints are known. */
  async issuer(): Promise<string | undefined> {
    const { identity } = this.#settings;
    if (identity === undefined || identity.kind === 'issuer') return identity?.issuer;
    return (await this.#metadata([])).issuer;
  }

  /**
   * The URL of the token endpoint as it is written in the metadata, or was given; undefined when neither is known.
   * A server that names the token endpoint of another one would get what it could use there, as if it were the client.
   * @param target where an assertion for the token endpoint is sent
   * @throws ProtocolError invalid_response when the metadata has the token endpoint of somebody else
   */
  async tokenEndpointFor(target: URL): Promise<string | undefined> {
    const given = this.#settings.endpoints.get('token_endpoint');
    if (given !== undefined || this.#settings.identity === undefined) return given?.href;
    const { token_endpoint: url, issuer } = await this.#metadata(['token_endpoint']);
    if (typeof url !== 'string' || !URL.canParse(url)) return undefined;
    const { href, origin } = new URL(url);
    if (href === target.href || origin === target.origin || origin === new URL(issuer).origin) return url;
    throw new ProtocolError('invalid_response', `the assertion would be for ${url}, and be sent to ${target.host}`, {
      hint: 'if that is right, name it yourself: --assertion-audience URL',
    });
  }

  /**
   * What an endpoint takes of something: introspection and revocation may have a list of their own (RFC 8414 section
   * 2). Where they have none, servers take there what they take at the token endpoint, whatever the RFC says of it.
   */
  async accepted(
    what: 'auth_methods' | 'auth_signing_alg_values',
    endpoint: EndpointName,
  ): Promise<readonly string[] | undefined> {
    const own = await this.listed(`${endpoint}_${what}_supported`, endpoint);
    return own ?? this.listed(`token_endpoint_${what}_supported`, endpoint);
  }

  /** A list in the metadata; undefined when there is none, or when no metadata is needed for this endpoint. */
  async listed(member: string, endpoint: EndpointName): Promise<readonly string[] | undefined> {
    if (this.#settings.endpoints.has(endpoint) || this.#settings.identity === undefined) return undefined;
    const list = (await this.#metadata([endpoint]))[member];
    return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : undefined;
  }

  /**
   * The server's keys, from the cache if they are not older than ten minutes.
   * @param newer asks anew
   */
  async keys(newer: boolean): Promise<JsonWebKeySet> {
    return this.use('jwks_uri', false, async (jwksUri) => {
      const cached = newer ? undefined : this.#cache?.read<JsonWebKeySet>(`keys at ${jwksUri.href}`);
      if (cached !== undefined) return cached;
      await this.#noteForeignKeys(jwksUri);
      const { fetchJwks } = await import('../oauth/jwks.ts');
      const keySet = await fetchJwks(jwksUri, this.#transport);
      this.#cache?.write(`keys at ${jwksUri.href}`, keySet);
      return keySet;
    });
  }

  /**
   * Asks the server for its metadata.
   * @throws ConfigError missing_setting; ProtocolError; NetworkError
   */
  async discover(needed: readonly EndpointName[]): Promise<Discovery> {
    const { identity } = this.#settings;
    if (identity === undefined) throw missingIssuer(needed);
    const value = await discover(identity, needed, this.#transport);
    this.#discovery = { value, isFromCache: false };
    this.#cache?.write(placeOf(identity), value);
    return value;
  }

  /** Legal, and worth a look: whoever serves the keys decides which tokens are valid. */
  async #noteForeignKeys(jwksUri: URL): Promise<void> {
    const issuer = await this.issuer();
    if (issuer === undefined || new URL(issuer).host === jwksUri.host) return;
    this.#transport.trace(text`* the keys of ${issuer} are on another host: ${jwksUri.host}`);
  }

  async #endpoint(name: EndpointName, withCertificate: boolean): Promise<URL> {
    const given = this.#settings.endpoints.get(name);
    if (given !== undefined) return given;
    const metadata = await this.#metadata([name]);
    const aliases = (metadata.mtls_endpoint_aliases ?? {}) as Readonly<Record<string, unknown>>;
    const value = (withCertificate ? aliases[name] : undefined) ?? metadata[name];
    if (value === undefined) {
      throw new ProtocolError('missing_endpoint', `the metadata of ${metadata.issuer} has no ${name}`, {
        hint: `if the server has one: --${name.replaceAll('_', '-')} URL`,
      });
    }
    if (typeof value === 'string' && isHttpUrl(value)) return new URL(value);
    throw new ProtocolError(
      'invalid_response',
      `${name} in the metadata of ${metadata.issuer} is not an http or https URL`,
    );
  }

  async #metadata(needed: readonly EndpointName[]): Promise<Discovery['metadata']> {
    const { identity } = this.#settings;
    if (identity === undefined) throw missingIssuer(needed);
    if (this.#discovery === undefined) {
      const cached = this.#cache?.read<Discovery>(placeOf(identity));
      if (cached !== undefined) this.#discovery = { value: cached, isFromCache: true };
    }
    const known = this.#discovery?.value;
    const hasAll = known !== undefined && (known.isExhaustive || needed.every((name) => name in known.metadata));
    return (hasAll ? known : await this.discover(needed)).metadata;
  }
}

function placeOf(identity: ServerIdentity): string {
  return identity.kind === 'issuer' ? `metadata of ${identity.issuer}` : `metadata at ${identity.url}`;
}

function missingIssuer(needed: readonly EndpointName[]): ConfigError {
  const [endpoint] = needed;
  const alternative =
    endpoint === undefined ? '' : `, or only what is needed here: --${endpoint.replaceAll('_', '-')} URL`;
  return new ConfigError('missing_setting', 'no authorization server is named', {
    hint: `give its issuer: --issuer URL or CCGRANT_ISSUER${alternative}`,
  });
}

function isFaultOfEndpoint(error: unknown): boolean {
  if (error instanceof NetworkError) return error.code !== 'timeout' && error.code !== 'server_unavailable';
  return error instanceof ProtocolError && [404, 405, 410].includes(error.facts.status ?? 0);
}
