import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A request as it came in, its body read to the end. */
export interface ReceivedRequest {
  readonly method: string;
  /** Scheme, host and port as the client called them. */
  readonly origin: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The body as a form. */
  readonly form: URLSearchParams;
}

/** What a server does with one request: anything at all. It may also return the answer that it has chosen. */
export type Answer = (request: ReceivedRequest, response: ServerResponse) => unknown;

/** Answers by path. Of several the first is given first, and the last one from then on; elsewhere it is 404. */
export type Answers = Readonly<Record<string, Answer | readonly Answer[]>>;

export interface TlsCredentials {
  readonly cert: string;
  readonly key: string;
}

export interface HttpServer extends AsyncDisposable {
  readonly origin: string;
  readonly port: number;
  /** All requests so far, or those for one path. */
  requests(path?: string): ReceivedRequest[];
  /** How many connections there have been. */
  readonly connections: number;
  /** How many there are. */
  readonly openConnections: number;
}

/** Starts a server on a free loopback port; with credentials it speaks TLS. */
export async function startHttpServer(answers: Answers, tls?: TlsCredentials): Promise<HttpServer> {
  const scheme = tls === undefined ? 'http' : 'https';
  const received: ReceivedRequest[] = [];
  const respond: RequestListener = async (message, response) => {
    // Whoever is asked may go away in the middle of it: that is what some tests are about.
    response.on('error', () => {});
    const request = await read(message, scheme).catch(() => undefined);
    if (request === undefined) return;
    const count = received.filter(({ path }) => path === request.path).length;
    received.push(request);
    const choice = [answers[request.path] ?? empty(404)].flat();
    let answer: unknown = choice[Math.min(count, choice.length - 1)];
    while (typeof answer === 'function') answer = await answer(request, response);
  };
  const server = tls === undefined ? createServer(respond) : createTlsServer(tls, respond);
  let connections = 0;
  let openConnections = 0;
  server.on('connection', (socket) => {
    connections += 1;
    openConnections += 1;
    socket.once('close', () => {
      openConnections -= 1;
    });
  });
  const port = await listen(server);
  return {
    origin: `${scheme}://127.0.0.1:${port}`,
    port,
    requests: (path) => received.filter((request) => path === undefined || request.path === path),
    get connections() {
      return connections;
    },
    get openConnections() {
      return openConnections;
    },
    [Symbol.asyncDispose]: () => close(server),
  };
}

export interface SilentServer extends AsyncDisposable {
  readonly port: number;
  readonly connections: number;
}

/** Starts a server that takes connections and never says anything on them. */
export async function startSilentServer(): Promise<SilentServer> {
  let connections = 0;
  const server = createTcpServer(() => {
    connections += 1;
  });
  const port = await listen(server);
  return {
    port,
    get connections() {
      return connections;
    },
    [Symbol.asyncDispose]: () => close(server),
  };
}

/** A loopback port on which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await close(server);
  return port;
}

/** Answers with a value as JSON. */
export function json(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Answer {
  return text(JSON.stringify(body), status, { 'content-type': 'application/json', ...headers });
}

export function text(body: string | Buffer, status = 200, headers: Readonly<Record<string, string>> = {}): Answer {
  return (_request, response) => response.writeHead(status, headers).end(body);
}

export function empty(status: number, headers: Readonly<Record<string, string>> = {}): Answer {
  return text('', status, headers);
}

export function redirect(location: string, status = 302): Answer {
  return empty(status, { location });
}

/** Answers with these bytes, whatever they are, and ends the connection. */
export function raw(bytes: string | Buffer): Answer {
  return (_request, { socket }) => socket?.end(bytes);
}

/** Resets the connection instead of an answer. */
export const reset: Answer = (_request, { socket }) => socket?.resetAndDestroy();

/** Never answers. */
export const silence: Answer = () => {};

/** Sends as much as the other side takes, and never comes to an end. */
export const endless: Answer = (_request, response) => {
  const piece = Buffer.alloc(64 * 1024, ' ');
  const write = (): void => {
    while (!response.destroyed && response.write(piece));
  };
  response.writeHead(200).on('drain', write);
  write();
};

export async function listen(server: Server): Promise<number> {
  openSockets(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** Ends a server that was started by `listen`, with all its connections. */
export async function close(server: Server): Promise<void> {
  for (const socket of openSockets(server)) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
}

const socketsOf = new WeakMap<Server, Set<Socket>>();

function openSockets(server: Server): Set<Socket> {
  const known = socketsOf.get(server);
  if (known !== undefined) return known;
  const sockets = new Set<Socket>();
  socketsOf.set(server, sockets);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
}

async function read(message: IncomingMessage, scheme: string): Promise<ReceivedRequest> {
  const { pathname, searchParams } = new URL(message.url ?? '/', 'http://any.test');
  const body = await buffer(message);
  return {
    method: message.method ?? '',
    origin: `${scheme}://${message.headers.host}`,
    path: pathname,
    query: searchParams,
    headers: message.headers,
    body,
    form: new URLSearchParams(body.toString()),
  };
}
