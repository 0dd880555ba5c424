import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

/** A request as the server got it, its body read to the end. */
export interface ReceivedRequest {
  readonly method: string;
  /** Path and query as they were sent. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Answers one request; whoever wants something odder than a response has its socket. */
export type OddHandler = (request: ReceivedRequest, response: ServerResponse, socket: Socket) => void;

export interface OddServer {
  /** `http://127.0.0.1:PORT`, with `https` for a server with a certificate. */
  readonly origin: string;
  readonly port: number;
  /** Every request so far, in the order of arrival. */
  readonly requests: readonly ReceivedRequest[];
  /** Ends the server and every connection to it. */
  close(): Promise<void>;
}

/** Starts a server on a free loopback port that answers as the handler says. With a certificate it speaks TLS. */
export async function startOddServer(handler: OddHandler, certificate?: ServerCertificate): Promise<OddServer> {
  const requests: ReceivedRequest[] = [];
  const server = certificate === undefined ? createHttpServer() : createHttpsServer(certificate);
  server.on('request', async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const { method = '', url = '', headers } = incoming;
    const request = { method, path: url, headers, body: Buffer.concat(chunks).toString() };
    requests.push(request);
    handler(request, response, incoming.socket);
  });
  server.on('connect', (incoming, socket) => {
    const { method = '', url = '', headers } = incoming;
    const request = { method, path: url, headers, body: '' };
    requests.push(request);
    socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    requests,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Answers with a JSON document. */
export function answerJson(response: ServerResponse, status: number, document: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(document));
}

/** A port on which nothing listens. */
export async function unusedPort(): Promise<number> {
  const server = createHttpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A certificate and its key, PEM. */
export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
}

/** Makes a certificate for 127.0.0.1 that its own key has signed, RFC 5280 section 4.1. */
export function selfSignedCertificate(): ServerCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(objectIdentifier('2a8648ce3d040302'));
  const name = sequence(der(0x31, sequence(objectIdentifier('550403'), der(0x0c, Buffer.from('odd server')))));
  const day = 86_400_000;
  const validity = sequence(time(Date.now() - day), time(Date.now() + day));
  const loopback = der(0x04, sequence(der(0x87, Buffer.from([127, 0, 0, 1]))));
  const extensions = der(0xa3, sequence(sequence(objectIdentifier('551d11'), loopback)));
  const version = der(0xa0, der(0x02, Buffer.from([2])));
  const serial = der(0x02, Buffer.from([1]));
  const subjectKey = publicKey.export({ type: 'spki', format: 'der' });
  const content = sequence(version, serial, algorithm, name, validity, name, subjectKey, extensions);
  const signature = der(0x03, Buffer.from([0]), sign('sha256', content, privateKey));
  const base64 = sequence(content, algorithm, signature).toString('base64').replace(/.{64}/g, '$&\n');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, ...parts);
}

function objectIdentifier(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

/** UTCTime, which names the years from 1950 to 2049. */
function time(milliseconds: number): Buffer {
  const digits = new Date(milliseconds).toISOString().replace(/\D/g, '').slice(2, 14);
  return der(0x17, Buffer.from(`${digits}Z`));
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
