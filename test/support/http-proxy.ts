import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request as sendRequest } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream';
import type { TlsCredentials } from './http-server.ts';
import { close, listen } from './http-server.ts';

/** What a proxy was asked for. */
export interface ProxiedRequest {
  /** CONNECT for a tunnel. */
  readonly method: string;
  /** `host:port` of a tunnel, else the whole URL. */
  readonly target: string;
  /** The Proxy-Authorization field, decoded: `user:password`. */
  readonly credentials: string | undefined;
}

export interface HttpProxy extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  readonly requests: readonly ProxiedRequest[];
}

export interface HttpProxyOptions {
  /** `user:password`; others are answered 407. */
  readonly credentials?: string;
  /** Speaks TLS itself. */
  readonly tls?: TlsCredentials;
  /** Refuses everything with this status. */
  readonly refusal?: number;
  /** Called for each tunnel that is asked for. */
  readonly onConnect?: (message: IncomingMessage) => void;
  /** Takes requests and never answers them. */
  readonly isSilent?: boolean;
}

/**
 * Starts a forward proxy on a free loopback port, for tunnels and for plain http. Every host name there
 * is leads to loopback, so that servers of a test can be called by any name.
 */
export async function startHttpProxy(options: HttpProxyOptions = {}): Promise<HttpProxy> {
  const { tls, isSilent = false } = options;
  const requests: ProxiedRequest[] = [];

  function judge(message: IncomingMessage): number {
    const credentials = readCredentials(message.headers['proxy-authorization']);
    requests.push({ method: message.method ?? '', target: message.url ?? '', credentials });
    if (options.refusal !== undefined) return options.refusal;
    return options.credentials === undefined || options.credentials === credentials ? 200 : 407;
  }

  const server = tls === undefined ? createServer() : createTlsServer(tls);
  server.on('request', (message, response) => {
    const status = judge(message);
    if (isSilent) return;
    if (status === 200) forward(message, response);
    else response.writeHead(status, { 'proxy-authenticate': 'Basic realm="proxy"' }).end();
  });
  server.on('connect', (message: IncomingMessage, client: Duplex) => {
    client.on('error', () => {});
    options.onConnect?.(message);
    const status = judge(message);
    if (isSilent) return;
    if (status === 200) tunnel(message, client);
    else client.end(`HTTP/1.1 ${status} No\r\nproxy-authenticate: Basic realm="proxy"\r\n\r\n`);
  });
  const port = await listen(server);
  return {
    port,
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    requests,
    [Symbol.asyncDispose]: () => close(server),
  };
}

function readCredentials(field: string | undefined): string | undefined {
  const [, encoded] = /^Basic (.+)$/.exec(field ?? '') ?? [];
  return encoded && Buffer.from(encoded, 'base64').toString();
}

function forward(message: IncomingMessage, response: ServerResponse): void {
  const { port, pathname, search } = new URL(message.url ?? '');
  const { 'proxy-authorization': _, 'proxy-connection': __, ...headers } = message.headers;
  const upstream = sendRequest(
    { host: '127.0.0.1', port: port || 80, method: message.method, path: pathname + search, headers },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      pipeline(answer, response, () => {});
    },
  );
  upstream.on('error', () => response.writeHead(502).end());
  pipeline(message, upstream, () => {});
}

function tunnel(message: IncomingMessage, client: Duplex): void {
  const port = Number(/:(\d+)$/.exec(message.url ?? '')?.[1]);
  const upstream = connect(port, '127.0.0.1', () => {
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    pipeline(client, upstream, client, () => {});
  });
  upstream.on('error', () => client.end('HTTP/1.1 502 No\r\n\r\n'));
}
