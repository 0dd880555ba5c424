import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { importTypeScript } from './import-typescript.mjs';

/** @import { Answer } from '../test/support/http-server.ts' */

/** @type {typeof import('../test/support/http-server.ts')} */
const { json, startHttpServer } = await importTypeScript('../test/support/http-server.ts');
/** @type {typeof import('../test/support/tls.ts')} */
const { createCertificateAuthority } = await importTypeScript('../test/support/tls.ts');

/** How long the token endpoint of the single flight takes, in milliseconds. */
export const slowEndpointDelay = 300;

/** What a download holds, in bytes. */
export const downloadSize = 2 ** 30;

/**
 * An authorization server over https whose access tokens differ from each other, and a protected API over http.
 *
 * @typedef {object} Servers
 * @property {string} issuer
 * @property {string} tokenEndpoint
 * @property {string} slowTokenEndpoint over http
 * @property {string} slowTlsTokenEndpoint
 * @property {string} downloadUrl
 * @property {string} certificate that of the certificate authority, PEM
 * @property {() => number} tokenRequests how many there have been
 * @property {() => Promise<void>} stop
 */

/** @returns {Promise<Servers>} */
export async function startServers() {
  const { certificate, credentials } = await certify('127.0.0.1');
  const slowToken = async () => {
    await setTimeout(slowEndpointDelay);
    return issueToken();
  };
  const server = await startHttpServer(
    {
      '/.well-known/openid-configuration': ({ origin }) =>
        json({ issuer: origin, token_endpoint: `${origin}/token`, jwks_uri: `${origin}/jwks` }),
      '/token': issueToken,
      '/slow-token': slowToken,
    },
    credentials,
  );
  const api = await startHttpServer({ '/download': download, '/slow-token': slowToken });
  return {
    issuer: server.origin,
    tokenEndpoint: `${server.origin}/token`,
    slowTokenEndpoint: `${api.origin}/slow-token`,
    slowTlsTokenEndpoint: `${server.origin}/slow-token`,
    downloadUrl: `${api.origin}/download`,
    certificate,
    tokenRequests: () =>
      [server, api].flatMap((one) => one.requests()).filter(({ form }) => form.has('grant_type')).length,
    async stop() {
      await Promise.all([server, api].map((each) => each[Symbol.asyncDispose]()));
    },
  };
}

/** @param {string} address */
async function certify(address) {
  const authority = await createCertificateAuthority();
  try {
    return { certificate: authority.certificate, credentials: await authority.issue([address]) };
  } finally {
    await authority[Symbol.asyncDispose]();
  }
}

function issueToken() {
  return json({ access_token: randomBytes(512).toString('base64url'), token_type: 'Bearer', expires_in: 8 * 3600 });
}

const piece = Buffer.alloc(2 ** 20, '.');

/** @type {Answer} */
const download = (_request, response) => {
  let left = downloadSize;
  const write = () => {
    while (left > 0 && !response.destroyed) {
      left -= piece.length;
      if (!response.write(piece)) return;
    }
    response.end();
  };
  response.writeHead(200, { 'content-length': downloadSize, 'content-type': 'application/octet-stream' });
  response.on('drain', write);
  write();
};
