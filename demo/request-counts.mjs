/** @import { RequestListener } from 'node:http' */

/**
 * Counts the requests per path before they are answered; `GET /test/requests` tells the counts,
 * so that a test sees what came from a cache and what did not.
 *
 * @param {RequestListener} handler
 * @returns {RequestListener}
 */
export function countRequests(handler) {
  /** @type {Map<string, number>} */
  const counts = new Map();

  return (request, response) => {
    const path = request.url?.split('?', 1)[0] ?? '';
    if (path === '/test/requests') {
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify(Object.fromEntries(counts)));
      return;
    }
    counts.set(path, (counts.get(path) ?? 0) + 1);
    handler(request, response);
  };
}
