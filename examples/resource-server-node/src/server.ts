import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createApi } from './api.ts';
import { discoverKeys } from './issuer-keys.ts';
import { readSettings, type TlsSettings } from './settings.ts';
import { SetupError } from './setup-error.ts';

try {
  const settings = readSettings(process.env);
  const server = createServerFor(settings.tls, createApi(settings, await discoverKeys(settings.issuer)));
  server.listen(settings.port, settings.host);
  await once(server, 'listening').catch((error: Error) => {
    throw new SetupError(`cannot listen: ${error.message}`);
  });
  process.stdout.write(`${settings.url} accepts access tokens of ${settings.issuer}\n`);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

function createServerFor(tls: TlsSettings | undefined, api: RequestListener): Server {
  if (tls === undefined) return createServer(api);
  const { cert, key, clientCa } = tls;
  try {
    // A certificate is asked for and not required: most routes need none. Whether it is good is for each request to say.
    return createTlsServer(
      { cert, key, ...(clientCa && { ca: clientCa }), requestCert: true, rejectUnauthorized: false },
      api,
    );
  } catch (error) {
    throw new SetupError(`API_TLS_CERT, API_TLS_KEY, API_TLS_CLIENT_CA: ${(error as Error).message}`);
  }
}
