/**
 * The demo's protected API: `node demo/protected-api.mjs --issuer URL`.
 *
 *   --issuer URL     the authorization server whose access tokens it accepts
 *   --port PORT      the loopback port to listen on (default: a free one)
 *   --audience URI   what it is called in the `aud` claim
 */
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { Refusal, requireBearerToken } from './bearer-token.mjs';
import { announce, closeWhenAsked, endWith, listen, readOptions } from './program.mjs';
import { registrations } from './registrations.mjs';

/** @import { IncomingMessage, ServerResponse } from 'node:http' */

/**
 * @typedef {(request: IncomingMessage) => object | Promise<object>} Resource
 * @typedef {{ methods?: string[], isPublic?: boolean, scope?: string, answer: Resource }} Route
 * @typedef {{ status: number, body: object, headers?: Record<string, string> }} Answer
 */

/** @type {Record<string, Route>} */
const routes = {
  '/public': {
    isPublic: true,
    answer: () => ({ message: 'No need of Authorization to see this' }),
  },
  '/private': {
    answer: () => ({ message: 'Authorization is required to see this' }),
  },
  '/private-scoped': {
    scope: 'api:read',
    answer: () => ({
      message: 'Authorization with a scope named api:read is required to see this',
    }),
  },
  '/echo': {
    methods: ['POST', 'PUT', 'PATCH', 'DELETE'],
    answer: async (request) => {
      const { authorization: _, ...headers } = request.headers;
      return { method: request.method, headers, body: await text(request) };
    },
  },
};

const options = readOptions({
  issuer: { type: 'string' },
  port: { type: 'string' },
  audience: { type: 'string', default: registrations.resources.jwt },
});
if (!options.issuer) endWith(2, 'protected-api: --issuer URL is missing');

try {
  const { issuer, audience } = options;
  const authorize = await requireBearerToken({ issuer, audience });
  const server = createServer((request, response) => {
    respond(request, authorize)
      .then((answer) => send(response, answer))
      // The client has gone away in the middle of its request, or this program has a bug.
      .catch((error) => response.destroy(error));
  });
  const url = `http://localhost:${await listen(server, options.port)}`;
  closeWhenAsked(server);
  announce({ url, audience });
} catch (error) {
  endWith(1, error);
}

/**
 * @param {IncomingMessage} request
 * @param {Awaited<ReturnType<typeof requireBearerToken>>} authorize
 * @returns {Promise<Answer>}
 */
async function respond(request, authorize) {
  const route = routes[request.url?.split('?', 1)[0] ?? ''];
  if (!route) return { status: 404, body: { message: 'there is nothing here' } };
  const { methods = ['GET', 'HEAD'], isPublic, scope, answer } = route;
  if (!methods.includes(request.method ?? '')) {
    const body = { message: 'this method is not allowed here' };
    return { status: 405, body, headers: { Allow: methods.join(', ') } };
  }
  try {
    if (!isPublic) await authorize(request, scope);
    return { status: 200, body: await answer(request) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { status, body, challenge } = error;
    return { status, body, headers: challenge ? { 'WWW-Authenticate': challenge } : {} };
  }
}

/**
 * @param {ServerResponse} response
 * @param {Answer} answer
 */
function send(response, { status, body, headers }) {
  const json = Buffer.from(`${JSON.stringify(body)}\n`);
  response.writeHead(status, {
    ...headers,
    'Content-Type': 'application/json',
    'Content-Length': json.length,
  });
  response.end(json);
}
