import { isIP } from 'node:net';
import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
// undici's entry loads fetch, WebSocket, caches and more, which takes longer than the request of a token.
import sendRequest from 'undici/lib/api/api-request.js';
import buildConnector from 'undici/lib/core/connect.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import Pool from 'undici/lib/dispatcher/pool.js';
import { HttpHeaders } from './headers.ts';
import { explainFailure } from './network-failure.ts';
import type { HttpBody, HttpClient, HttpRequest, HttpResponse, TlsIdentity, TransportSettings } from './types.ts';

/** Opens the HTTP client. This is the only file that knows undici. */
export function openHttpClient(settings: TransportSettings): HttpClient {
  const dispatchers = new Map<string, Dispatcher | Promise<Dispatcher>>();
  const handshakes: Handshakes = new Map();
  const dispatcherFor = (url: URL, identity: TlsIdentity | undefined): Dispatcher | Promise<Dispatcher> => {
    const proxy = settings.proxyFor(url);
    const key = JSON.stringify([proxy?.href, identity?.thumbprint]);
    const dispatcher = dispatchers.get(key) ?? openDispatcher(settings, proxy, identity, handshakes);
    dispatchers.set(key, dispatcher);
    return dispatcher;
  };
  return dispatcherClient(settings, dispatcherFor, handshakes);
}

/** What is known from the latest handshake with a server. */
interface Handshake {
  /** Whether it asked for a client certificate; undefined when that was not to be seen. */
  readonly asksForCertificate: boolean | undefined;
  /** What it said afterwards that ended the connection. */
  failure: Error | undefined;
}

/** By origin. */
type Handshakes = Map<string, Handshake>;

/** An HttpClient over any of undici's dispatchers. */
export function dispatcherClient(
  settings: TransportSettings,
  dispatcherFor: (url: URL, identity: TlsIdentity | undefined) => Dispatcher | Promise<Dispatcher>,
  handshakes: Handshakes = new Map(),
): HttpClient {
  const opened = new Set<Dispatcher>();
  return {
    async send(request, signal) {
      const explain = (error: unknown): unknown => {
        if (signal.aborted) return signal.reason;
        const { asksForCertificate = false, failure } = handshakes.get(request.url.origin) ?? {};
        const certificate = { identity: request.tls, isAskedFor: asksForCertificate };
        const reason = failure === undefined ? error : new AggregateError([failure, error]);
        return explainFailure(reason, request.url, settings.proxyFor(request.url), certificate);
      };
      try {
        signal.throwIfAborted();
        const dispatcher = await dispatcherFor(request.url, request.tls);
        opened.add(dispatcher);
        const response = toResponse(await untilAborted(dispatch(dispatcher, request, signal), signal), explain);
        const asksForCertificate = request.tls && handshakes.get(request.url.origin)?.asksForCertificate;
        return asksForCertificate === undefined ? response : { ...response, asksForCertificate };
      } catch (error) {
        throw explain(error);
      }
    },
    close() {
      // Nobody waits for this: a tunnel that is still being asked for would take its time, and a process that
      // ends now is faster without.
      setImmediate(() => {
        for (const dispatcher of opened) dispatcher.destroy().catch(() => {});
      });
    },
  };
}

/** undici hears of an abort only once it has a connection, which may be never. */
async function untilAborted<T>(pending: Promise<T>, signal: AbortSignal): Promise<T> {
  pending.catch(() => {});
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([pending, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function dispatch(dispatcher: Dispatcher, request: HttpRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
  const { url, method, headers, body } = request;
  const options: Dispatcher.RequestOptions<null> = {
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method: method as Dispatcher.HttpMethod,
    headers: [...headers].flat(),
    body: toUndiciBody(body),
    signal,
    // The signal carries the one deadline of the run.
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  return sendRequest.call(dispatcher, options);
}

function toUndiciBody(body: HttpBody | undefined): NonNullable<Dispatcher.DispatchOptions['body']> | null {
  if (body === undefined) return null;
  if (typeof body === 'string' || body instanceof Uint8Array) return body;
  // undici reads the length of a blob by itself, though its types do not say so.
  return body instanceof Blob ? (body as unknown as Readable) : Readable.from(body);
}

function toResponse(data: Dispatcher.ResponseData, explain: (error: unknown) => unknown): HttpResponse {
  return {
    status: data.statusCode,
    statusText: data.statusText,
    headers: new HttpHeaders(
      Object.entries(data.headers).flatMap(([name, value]) =>
        [value ?? []].flat().map((one): [string, string] => [name, one]),
      ),
    ),
    body: readBody(data.body, explain),
  };
}

async function* readBody(
  body: AsyncIterable<Uint8Array>,
  explain: (error: unknown) => unknown,
): AsyncIterable<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw explain(error);
  }
}

function openDispatcher(
  settings: TransportSettings,
  proxy: URL | undefined,
  identity: TlsIdentity | undefined,
  handshakes: Handshakes,
): Dispatcher | Promise<Dispatcher> {
  const tls = {
    timeout: settings.connectTimeout,
    rejectUnauthorized: settings.verifyCertificates,
    ...(settings.certificateAuthorities === undefined ? {} : { ca: settings.certificateAuthorities }),
    ...identityOptions(identity),
  };
  return proxy === undefined
    ? new Agent({ connect: observingConnector(resolvingConnector(tls, settings.resolve), handshakes) })
    : openProxy(proxy, tls, settings.connectTimeout);
}

/** The certificate is for the server and not for the proxy on the way. */
const noIdentity = { cert: undefined, key: undefined, pfx: undefined, passphrase: undefined };

function identityOptions(identity: TlsIdentity | undefined): buildConnector.BuildOptions {
  if (identity === undefined) return {};
  const { material } = identity;
  if (material.kind === 'PEM') return { cert: material.certificates, key: material.privateKey.reveal() };
  return {
    pfx: material.pfx,
    ...(material.passphrase === undefined ? {} : { passphrase: material.passphrase.reveal() }),
  };
}

/**
 * A connector that writes down which servers ask for a certificate. Only the request for one names the
 * signature algorithms that it may have (RFC 8446 section 4.3.2, RFC 5246 section 7.4.4); a resumed session has none.
 */
function observingConnector(connect: buildConnector.connector, handshakes: Handshakes): buildConnector.connector {
  return (target, callback) =>
    connect(target, (...result) => {
      const [, socket] = result;
      if (socket && 'getSharedSigalgs' in socket) {
        const origin = new URL(`${target.protocol}//${target.host ?? target.hostname}`).origin;
        const handshake: Handshake = {
          asksForCertificate: socket.isSessionReused()
            ? handshakes.get(origin)?.asksForCertificate
            : socket.getSharedSigalgs().length > 0,
          failure: undefined,
        };
        handshakes.set(origin, handshake);
        // undici forgets an alert when the end of the connection follows it.
        socket.once('error', (error) => {
          handshake.failure = error;
        });
      }
      callback(...result);
    });
}

async function openProxy(proxy: URL, tls: buildConnector.BuildOptions, timeout: number): Promise<Dispatcher> {
  const { default: ProxyAgent } = await import('undici/lib/dispatcher/proxy-agent.js');
  const { default: connect } = await import('undici/lib/api/api-connect.js');
  return new ProxyAgent({
    uri: `${proxy.protocol}//${proxy.host}`,
    ...proxyCredentials(proxy),
    // A plain http request goes to the proxy as it is, as with curl; only https is tunnelled.
    proxyTunnel: false,
    requestTls: tls,
    proxyTls: { ...tls, ...noIdentity },
    // A proxy that takes a connection and then says nothing is as good as one that cannot be reached.
    clientFactory: (origin, options) =>
      // The agent asks for its tunnels by a method that undici's entry puts on every dispatcher.
      Object.assign(new Pool(origin, { ...options, connect: namingHostsOnly(tls), headersTimeout: timeout }), {
        connect,
      }),
  });
}

/** A connector that asks for a host by name in TLS only where it has one: an address is none (RFC 6066 section 3). */
function namingHostsOnly(options: buildConnector.BuildOptions): buildConnector.connector {
  const connect = buildConnector({ ...options, ...noIdentity });
  return ({ servername, ...target }, callback) =>
    connect(servername === undefined || isIP(servername) !== 0 ? target : { ...target, servername }, callback);
}

/** A connector that honours curl's --resolve, and still asks for the certificate of the named host. */
function resolvingConnector(
  options: buildConnector.BuildOptions,
  resolve: ReadonlyMap<string, string>,
): buildConnector.connector {
  const connect = buildConnector(options);
  return (target, callback) => {
    const port = target.port || (target.protocol === 'https:' ? '443' : '80');
    const address = resolve.get(`${target.hostname}:${port}`);
    if (address === undefined) connect(target, callback);
    else connect({ ...target, hostname: address, servername: target.servername ?? target.hostname }, callback);
  };
}

function proxyCredentials({ username, password }: URL): { token?: string } {
  if (username === '') return {};
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { token: `Basic ${Buffer.from(credentials).toString('base64')}` };
}
