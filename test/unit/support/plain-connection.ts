import type { ConnectionSettings } from '../../../src/client/oauth-client.ts';

/** A connection that nothing was said about, and that has all the time. */
export const plainConnection: ConnectionSettings = {
  certificateAuthorities: () => undefined,
  verifyCertificates: true,
  proxyFor: () => undefined,
  connectTimeout: 0,
  resolve: new Map(),
  allowHttp: false,
  identity: () => '',
  maxTime: 0,
};
